import type { Clock, EventStore, EventToAppend, Log, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING, NO_STREAM, pagesOf } from '@app/kernel';
import { randomUUID } from 'node:crypto';
import type { ChainHead } from './chained';
import { partsOf } from './link';

/** Where the heads of streams are anchored: a chain alone does not show that its end was cut off. */
export const sealStream = 'seals';
export const sealType = 'HistorySealed';

/** Heads of streams that changed since the seal before: `[stream, revision, link]`. */
export interface SealData {
  readonly heads: readonly (readonly [stream: string, revision: number, link: string])[];
  readonly at: string;
}

/** So that a seal stays far below what a store takes in one append. */
const headsInSeal = 2_000;
const tries = 5;

/** Notes which streams have changed, and writes it down as seals. */
export class Seals {
  private changed = new Map<string, ChainHead>();
  private sealing: Promise<void> = Promise.resolve();

  /** `most`: streams that change before a seal is written ahead of time. */
  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly most = 50_000,
  ) {}

  /** The chained store, through which seals are appended. Set before the first event. */
  store: EventStore | undefined;

  note(head: ChainHead): void {
    const before = this.changed.size;
    this.keep(head);
    if (before < this.most && this.changed.size === this.most) void this.seal();
  }

  private keep(head: ChainHead): void {
    const known = this.changed.get(head.stream);
    if (head.stream !== sealStream && (known?.revision ?? NO_STREAM) < head.revision)
      this.changed.set(head.stream, head);
  }

  /**
   * Takes up what was stored after the last seal, which a killed run could not seal, before the next seal is written. Nobody has to wait:
   * it may be much.
   */
  recover(): void {
    this.sealing = this.sealing.then(() => this.takeUp()).catch((error: unknown) => this.leftUnsealed(error));
  }

  /** Seals everything that was noted. Never rejects: what could not be sealed is sealed the next time. */
  seal(): Promise<void> {
    this.sealing = this.sealing.then(() => this.write());
    return this.sealing;
  }

  private async takeUp(): Promise<void> {
    const { store } = this;
    if (store === undefined) return;
    const [last] = (await store.readStream(sealStream, { direction: 'backward', limit: 1 })).events;
    // Before the first seal there is nothing that anybody relied on, and perhaps a long history without links.
    if (last === undefined) return;
    for await (const { events } of pagesOf(store, { after: await this.placeOf(last) }))
      for (const { stream, revision, metadata } of events)
        if (partsOf(metadata.chain)?.mode === 'c') this.note({ stream, revision, link: metadata.chain ?? '' });
  }

  /** Some servers do not say where in the log an event of a stream is; it is among the last. */
  private async placeOf(last: RecordedEvent): Promise<Position> {
    if (last.position !== '') return last.position;
    const filter = { types: [sealType] };
    const { events } = (await this.store?.readAll({ direction: 'backward', limit: 1, filter })) ?? { events: [] };
    return events[0]?.position ?? BEGINNING;
  }

  private leftUnsealed(error: unknown): void {
    this.log.warn({ err: error }, 'What a killed run stored last is not sealed; its links are whole all the same');
  }

  private async write(): Promise<void> {
    const heads = [...this.changed.values()];
    this.changed = new Map();
    for (let from = 0; from < heads.length; from += headsInSeal) {
      try {
        await this.append(heads.slice(from, from + headsInSeal));
      } catch (error) {
        for (const head of heads.slice(from)) this.keep(head);
        this.log.warn({ err: error, streams: heads.length - from }, 'The history was not sealed; it is tried again');
        return;
      }
    }
  }

  private async append(heads: readonly ChainHead[]): Promise<void> {
    const { store } = this;
    if (store === undefined) return;
    const event = this.sealOf(heads);
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const { lastRevision } = await store.readStream(sealStream, { direction: 'backward', limit: 1 });
      const { outcome } = await store.append(sealStream, [event], lastRevision < 0 ? NO_STREAM : lastRevision);
      if (outcome === 'appended') return;
    }
    throw new Error('Other instances seal all the time.');
  }

  private sealOf(heads: readonly ChainHead[]): EventToAppend {
    const id = randomUUID();
    const at = new Date(this.clock.now()).toISOString();
    const data: SealData = { heads: heads.map(({ stream, revision, link }) => [stream, revision, link]), at };
    const metadata = { schema: 1, correlationId: id, causationId: id, actor: 'system', receivedAt: at };
    return { id, type: sealType, data, metadata };
  }
}
