import type { EventStore, EventToAppend, Position } from '@app/kernel';
import { BEGINNING, codedError, NO_STREAM } from '@app/kernel';
import { scan } from './scan';
import type { Side, Stretch } from './side';
import type { MovedEvent } from './summary';

/** Events of one stream that go in one append, and their bytes: servers take a mebibyte. */
const batch = { events: 200, bytes: 400_000 } as const;

/** How a store takes many appends at a time. */
export interface Lanes {
  readonly most: number;
  /** The order of the calls is the order of the log. Elsewhere the streams of one box wait for each other. */
  readonly inOrder: boolean;
}

/** A history in an event store. */
export class StoreSide implements Side {
  /** Revision of the last event of each stream that was written to. */
  private readonly revisions = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  /** The last append of each box. */
  private readonly tails = new Map<string, Promise<void>>();
  private failure: unknown;

  private constructor(
    private readonly store: EventStore,
    private readonly lanes: Lanes,
    private end: Position,
  ) {}

  static async open(store: EventStore, lanes: Lanes): Promise<StoreSide> {
    return new StoreSide(store, lanes, await store.head());
  }

  get isEmpty(): boolean {
    return this.end === BEGINNING;
  }

  read(): AsyncIterable<Stretch> {
    return scan(this.store, { end: this.end });
  }

  async write(events: readonly MovedEvent[], countOf: (stream: string) => number): Promise<void> {
    for (let from = 0; from < events.length;) {
      const until = endOfRun(events, from);
      await this.append(events.slice(from, until), countOf);
      from = until;
    }
  }

  async flush(): Promise<void> {
    await Promise.all(this.underWay);
    if (this.failure !== undefined) throw this.failure as Error;
    if (this.revisions.size > 0) this.end = await this.store.head();
  }

  /** A store has no end. */
  async seal(): Promise<void> {}

  async hasForgotten(stream: string): Promise<boolean> {
    const { events } = await this.store.readStream(stream, { limit: 1 });
    return (events[0]?.revision ?? 0) > 0;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.underWay);
    await this.store.close();
  }

  private async append(run: readonly MovedEvent[], countOf: (stream: string) => number): Promise<void> {
    const stream = run[0]?.stream ?? '';
    const expected = this.revisions.get(stream) ?? countOf(stream) - 1;
    this.revisions.set(stream, expected + run.length);
    const box = stream.slice(stream.indexOf('-') + 1);
    const before = this.lanes.inOrder ? undefined : this.tails.get(box);
    const work = this.appendAt(stream, run, { expected, before }).catch((error: unknown) => {
      this.failure ??= error;
    });
    this.underWay.add(work);
    this.tails.set(box, work);
    void work.finally(() => {
      this.underWay.delete(work);
      if (this.tails.get(box) === work) this.tails.delete(box);
    });
    if (this.underWay.size >= this.lanes.most) await Promise.race(this.underWay);
    if (this.failure !== undefined) throw this.failure as Error;
  }

  /** At an explicit revision with the ids of the source: whatever is tried twice is stored once. */
  private async appendAt(
    stream: string,
    run: readonly MovedEvent[],
    { expected, before }: { readonly expected: number; readonly before: Promise<void> | undefined },
  ): Promise<void> {
    if (before !== undefined) await before;
    // After a failure nothing more of the box may follow, or its order would have a gap.
    if (this.failure !== undefined) return;
    const events = run.map(({ id, type, data, metadata }): EventToAppend => ({ id, type, data, metadata }));
    const { outcome } = await this.store.append(stream, events, expected < 0 ? NO_STREAM : expected);
    if (outcome === 'conflict') throw codedError('history-changed', `somebody else writes to ${stream}`);
  }
}

/** Events of one stream that follow each other, as many as go in one append. */
function endOfRun(events: readonly MovedEvent[], from: number): number {
  const stream = events[from]?.stream;
  let bytes = 0;
  let until = from;
  for (; until < events.length && until - from < batch.events; until += 1) {
    const event = events[until];
    if (event?.stream !== stream) break;
    bytes += Buffer.byteLength(JSON.stringify([event?.data, event?.metadata]));
    if (until > from && bytes > batch.bytes) break;
  }
  return until;
}
