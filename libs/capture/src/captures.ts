import type { Exchange, Log, Meter, Witness } from '@app/kernel';
import { codedError } from '@app/kernel';
import { existsSync } from 'node:fs';
import type { CapturedExchange, CapturedRow, CaptureFilter, CaptureSettings } from './captured';
import { headersWorthKeeping } from './headers';
import type { CaptureReply, Forgettable, TakenExchange } from './messages';
import type { SqliteDatabase } from './sqlite/file';
import { openForReading } from './sqlite/file';
import { findCaptured, listCaptured } from './sqlite/queries';
import type { WritingThread } from './writing-thread';
import { startWriting } from './writing-thread';

export interface CapturesOptions {
  readonly file: string;
  readonly settings: CaptureSettings;
  readonly log: Log;
  readonly meter: Meter;
  /** Most that waits to be written. */
  readonly waiting?: { readonly exchanges: number; readonly bytes: number };
}

interface Forgetting {
  readonly resolve: (count: number) => void;
  readonly reject: (error: Error) => void;
}

const roomForWaiting = { exchanges: 2_000, bytes: 32 * 1024 * 1024 } as const;
/** Milliseconds: how long a list waits for what was taken before it, and a thread that ended rests before the next begins. */
const patience = 10_000;
const rest = 10_000;

/** What charge boxes sent and were answered, for a limited time. Whatever comes faster than it can be written is dropped and counted. */
export class Captures implements Witness {
  private readonly room: { readonly exchanges: number; readonly bytes: number };
  private thread: WritingThread | undefined;
  private threadEndedAt = -Infinity;
  private reader: SqliteDatabase | undefined;
  private gathered: TakenExchange[] = [];
  /** Bytes of each exchange that waits, in order. */
  private waiting: number[] = [];
  private waitingBytes = 0;
  private taken = 0;
  private settled = 0;
  private readonly watchers = new Set<() => void>();
  private readonly forgetting = new Map<number, Forgetting>();
  private tickets = 0;
  private stopping = false;

  constructor(private readonly options: CapturesOptions) {
    this.room = options.waiting ?? roomForWaiting;
    // What an earlier run kept grows old also when nothing more is taken.
    if (existsSync(options.file)) this.writing();
  }

  wants(isOdd: boolean): boolean {
    const { mode } = this.options.settings;
    return mode === 'all' || (mode === 'odd' && isOdd);
  }

  take(exchange: Exchange): void {
    const bytes = exchange.body.length + 2 * exchange.answer.length;
    if (!this.hasRoomFor(bytes) || this.writing() === undefined) {
      this.options.meter.count('captures_dropped_total');
      return;
    }
    if (this.gathered.length === 0) setImmediate(() => this.send());
    // A copy: the body may be a slice of something larger, all of which would be handed over.
    this.gathered.push({
      ...exchange,
      headers: headersWorthKeeping(exchange.headers),
      body: new Uint8Array(exchange.body),
    });
    this.waiting.push(bytes);
    this.waitingBytes += bytes;
    this.taken += 1;
  }

  /** Newest first, with everything that was taken before. */
  async list(
    filter: CaptureFilter,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<readonly CapturedRow[]> {
    await this.settle();
    const db = this.reading();
    return db === undefined ? [] : listCaptured(db, filter, page);
  }

  async find(id: number): Promise<CapturedExchange | undefined> {
    const db = this.reading();
    return db && findCaptured(db, id);
  }

  /** Removes everything that came from a box; tells how many exchanges that were. */
  forget(identity: string): Promise<number> {
    return this.forgetAll({ identity });
  }

  /** Removes every message in clear that has an idTag in it; tells how many exchanges that were. */
  forgetIdTag(idTag: string): Promise<number> {
    return this.forgetAll({ idTag });
  }

  private async forgetAll(what: Forgettable): Promise<number> {
    if (!existsSync(this.options.file) && this.taken === 0) return 0;
    this.send();
    const thread = this.writing();
    if (thread === undefined) throw codedError('captures-unavailable');
    this.tickets += 1;
    const ticket = this.tickets;
    return new Promise((resolve, reject) => {
      this.forgetting.set(ticket, { resolve, reject });
      thread.post({ kind: 'forget', ticket, what });
    });
  }

  /** Writes what was taken, then ends. */
  async stop(): Promise<void> {
    this.send();
    this.stopping = true;
    this.thread?.post({ kind: 'close' });
    await this.thread?.ended;
    this.reader?.close();
    this.reader = undefined;
  }

  private hasRoomFor(bytes: number): boolean {
    return this.waiting.length < this.room.exchanges && this.waitingBytes + bytes <= this.room.bytes;
  }

  private send(): void {
    const exchanges = this.gathered;
    this.gathered = [];
    if (exchanges.length > 0) this.thread?.post({ kind: 'take', exchanges }, exchanges);
  }

  /** The thread, begun if need be; `undefined` shortly after it ended. */
  private writing(): WritingThread | undefined {
    if (this.thread !== undefined || this.stopping || performance.now() - this.threadEndedAt < rest) return this.thread;
    const { file, settings, log } = this.options;
    const thread = startWriting({ file, settings }, (reply) => this.hear(reply), log);
    this.thread = thread;
    void thread.ended.then(() => this.ended());
    return thread;
  }

  private hear(reply: CaptureReply): void {
    switch (reply.kind) {
      case 'kept':
        return this.settleSome(reply.count);
      case 'failed':
        this.lose(reply.count);
        return this.options.log.error({ reason: reply.reason, file: this.options.file }, 'Captures could not be kept');
      case 'forgotten':
        return this.forgotten(reply.ticket, ({ resolve }) => resolve(reply.count));
      case 'not-forgotten':
        return this.forgotten(reply.ticket, ({ reject }) => reject(codedError('captures-unavailable', reply.reason)));
    }
  }

  private forgotten(ticket: number, tell: (waiting: Forgetting) => void): void {
    const waiting = this.forgetting.get(ticket);
    this.forgetting.delete(ticket);
    if (waiting !== undefined) tell(waiting);
  }

  private ended(): void {
    this.thread = undefined;
    this.threadEndedAt = performance.now();
    this.gathered = [];
    this.lose(this.waiting.length);
    for (const ticket of [...this.forgetting.keys()])
      this.forgotten(ticket, ({ reject }) => reject(codedError('captures-unavailable')));
  }

  private lose(count: number): void {
    for (let lost = 0; lost < count; lost += 1) this.options.meter.count('captures_dropped_total');
    this.settleSome(count);
  }

  private settleSome(count: number): void {
    for (const bytes of this.waiting.splice(0, count)) this.waitingBytes -= bytes;
    this.settled += count;
    for (const look of this.watchers) look();
  }

  /** Resolves when everything that was taken by now is written or lost, or patience is over. */
  private async settle(): Promise<void> {
    const wanted = this.taken;
    if (this.settled >= wanted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.watchers.delete(look);
        resolve();
      };
      const look = () => void (this.settled >= wanted && end());
      const timer = setTimeout(end, patience);
      this.watchers.add(look);
    });
  }

  private reading(): SqliteDatabase | undefined {
    this.reader ??= openForReading(this.options.file);
    return this.reader;
  }
}
