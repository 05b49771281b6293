import { setTimeout as pause } from 'node:timers/promises';
import type { CapturedExchange } from '../captured';
import { comparable, differencesOf } from './comparison';
import { ReplayReport } from './report';
import { requestOf } from './request';

export interface ReplayOptions {
  readonly to: URL;
  /** `recorded`: with the pauses that there were between the messages. */
  readonly speed: 'recorded' | 'max';
  /** Only these boxes; all without it. */
  readonly boxes?: ReadonlySet<string>;
  readonly onProgress?: (sent: number) => void;
}

/** Requests that wait for an answer at a time, exchanges that wait for their turn, milliseconds for one answer: longer than a deadline. */
const bounds = { inFlight: 64, waiting: 1_000, answer: 300_000, idsOfBox: 1_000 } as const;

/** Nobody took a single request. */
export class TargetUnreachable extends Error {}

/** Sends requests again, those of each box one after the other in their order, and compares the answers. */
export async function replay(exchanges: Iterable<CapturedExchange>, options: ReplayOptions): Promise<ReplayReport> {
  const replaying = new Replay(options);
  let begin: { readonly recorded: number; readonly now: number } | undefined;
  for (const exchange of exchanges) {
    if (options.boxes !== undefined && !options.boxes.has(exchange.identity ?? '')) continue;
    const recorded = Date.parse(exchange.at);
    begin ??= { recorded, now: performance.now() };
    const early = recorded - begin.recorded - (performance.now() - begin.now);
    if (options.speed === 'recorded' && early > 0) await pause(early);
    await replaying.add(exchange);
  }
  return replaying.end();
}

/** What goes on for one box: its last request, and the ids of its transactions as recorded and as they are now. */
interface Lane {
  tail: Promise<void>;
  readonly ids: Map<string, string>;
}

class Replay {
  private readonly report = new ReplayReport();
  private readonly lanes = new Map<string, Lane>();
  private readonly underWay = new Set<Promise<void>>();
  private places: number = bounds.inFlight;
  private readonly queue: (() => void)[] = [];
  private answered = false;
  private failure: unknown;

  constructor(private readonly options: ReplayOptions) {}

  /** Resolves when there is room for more. */
  async add(exchange: CapturedExchange): Promise<void> {
    const lane = this.laneOf(exchange.identity ?? '');
    const work = lane.tail.then(() => this.sendInTurn(exchange, lane));
    lane.tail = work;
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
    while (this.underWay.size >= bounds.waiting) await Promise.race(this.underWay);
    this.refuseToGoOn();
  }

  async end(): Promise<ReplayReport> {
    await Promise.all(this.underWay);
    this.refuseToGoOn();
    return this.report;
  }

  private refuseToGoOn(): void {
    if (this.failure !== undefined && !this.answered)
      throw new TargetUnreachable(`Nobody answers at ${this.options.to.href}: ${reasonOf(this.failure)}`);
  }

  private laneOf(identity: string): Lane {
    const known = this.lanes.get(identity);
    if (known !== undefined) return known;
    const lane = { tail: Promise.resolve(), ids: new Map<string, string>() };
    this.lanes.set(identity, lane);
    return lane;
  }

  private async sendInTurn(exchange: CapturedExchange, lane: Lane): Promise<void> {
    if (this.places === 0) await new Promise<void>((resolve) => this.queue.push(resolve));
    else this.places -= 1;
    try {
      await this.send(exchange, lane);
    } finally {
      const next = this.queue.shift();
      if (next === undefined) this.places += 1;
      else next();
    }
  }

  private async send(exchange: CapturedExchange, { ids }: Lane): Promise<void> {
    const { response } = exchange;
    const request = requestOf(exchange, ids);
    if (request === undefined || !('text' in response)) {
      this.report.withheld += 1;
      return;
    }
    if (this.failure !== undefined && !this.answered) return;
    const answer = await this.answerTo(request);
    this.report.sent += 1;
    this.options.onProgress?.(this.report.sent);
    if (answer === undefined) return this.report.unanswered(exchange);
    const { operation, masked, status } = exchange;
    const recorded = comparable({ text: response.text, status }, operation, masked);
    const now = comparable(answer, operation, masked);
    note(ids, recorded.transactionId, now.transactionId);
    this.report.compared(exchange, differencesOf(recorded, now));
  }

  private async answerTo({ headers, body }: NonNullable<ReturnType<typeof requestOf>>) {
    try {
      const response = await fetch(this.options.to, {
        method: 'POST',
        headers: { ...headers },
        // As bytes, for a text would be given a media type that the box did not name.
        body: new Uint8Array(Buffer.from(body)),
        redirect: 'manual',
        signal: AbortSignal.timeout(bounds.answer),
      });
      const text = await response.text();
      this.answered = true;
      return { status: response.status, text };
    } catch (error) {
      this.failure ??= error;
      return undefined;
    }
  }
}

function note(ids: Map<string, string>, recorded: number | undefined, now: number | undefined): void {
  if (recorded === undefined || now === undefined) return;
  ids.set(String(recorded), String(now));
  const [oldest] = ids.keys();
  if (ids.size > bounds.idsOfBox && oldest !== undefined) ids.delete(oldest);
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { readonly cause?: { readonly code?: string }; readonly message?: string };
  return cause?.code ?? message ?? String(error);
}
