import type { Cover, Covered } from '@app/event-store';
import type { EventStore, Position } from '@app/kernel';
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

/** How events are stored where that is another form than they are read in. */
export interface Storing {
  readonly raw: EventStore;
  readonly cover: Cover;
}

type Run = Covered;

/** A history in an event store. */
export class StoreSide implements Side {
  /** Revision of the last event of each stream that was written to. */
  private readonly revisions = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  /** The last append of each box. */
  private readonly tails = new Map<string, Promise<void>>();
  private failure: unknown;
  readonly isAsStored = true;

  private constructor(
    private readonly store: EventStore,
    private readonly lanes: Lanes,
    private readonly storing: Storing,
    private end: Position,
  ) {}

  /** `store`: as it is read; `storing`: how it is written to, the same way by default. */
  static async open(store: EventStore, lanes: Lanes, storing: Storing = asItIs(store)): Promise<StoreSide> {
    return new StoreSide(store, lanes, storing, await store.head());
  }

  get isEmpty(): boolean {
    return this.end === BEGINNING;
  }

  read(): AsyncIterable<Stretch> {
    return scan(this.store, { end: this.end });
  }

  async write(events: readonly MovedEvent[], countOf: (stream: string) => number): Promise<void> {
    const runs = [...runsOf(events)];
    for (let from = 0; from < runs.length; from += this.lanes.most) {
      const some = runs.slice(from, from + this.lanes.most);
      // All before the first is appended: an append that waited for its tokens would come after later ones.
      const ready = await Promise.all(
        some.map(async ({ stream, events: run }) => ({ stream, covered: await this.storing.cover(stream, run) })),
      );
      for (const { stream, covered } of ready) await this.append(stream, covered, countOf);
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

  private async append(stream: string, covered: Covered, countOf: (stream: string) => number): Promise<void> {
    const expected = this.revisions.get(stream) ?? countOf(stream) - 1;
    this.revisions.set(stream, expected + covered.events.length);
    const box = stream.slice(stream.indexOf('-') + 1);
    const before = this.lanes.inOrder ? undefined : this.tails.get(box);
    const work = this.appendAt(covered, { expected, before }).catch((error: unknown) => {
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
    { stream, events }: Covered,
    { expected, before }: { readonly expected: number; readonly before: Promise<void> | undefined },
  ): Promise<void> {
    if (before !== undefined) await before;
    // After a failure nothing more of the box may follow, or its order would have a gap.
    if (this.failure !== undefined) return;
    const { outcome } = await this.storing.raw.append(stream, events, expected < 0 ? NO_STREAM : expected);
    if (outcome === 'conflict') throw codedError('history-changed', `somebody else writes to ${stream}`);
  }
}

const asItIs = (raw: EventStore): Storing => ({ raw, cover: async (stream, events) => ({ stream, events }) });

/** Events of one stream that follow each other, as many as go in one append. */
function* runsOf(events: readonly MovedEvent[]): Generator<Run> {
  for (let from = 0; from < events.length;) {
    const until = endOfRun(events, from);
    const run = events.slice(from, until).map(({ id, type, data, metadata }) => ({ id, type, data, metadata }));
    yield { stream: events[from]?.stream ?? '', events: run };
    from = until;
  }
}

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
