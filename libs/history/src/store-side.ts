import type { EventStore, EventToAppend, Position } from '@app/kernel';
import { BEGINNING, codedError, NO_STREAM } from '@app/kernel';
import type { Resumable, Stretch } from './side';
import type { MovedEvent } from './summary';

const pageSize = 2_000;
/** Events of one stream that go in one append, and the characters of their data: stores have limits. */
const batch = { events: 200, characters: 400_000 } as const;

/** A history in an event store. */
export class StoreSide implements Resumable {
  private readonly revisions = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  private failure: unknown;

  private constructor(
    private readonly store: EventStore,
    /** Appends at a time. More than one only where the order of calls is the order of the log. */
    private readonly lanes: number,
    private readonly end: Position,
  ) {}

  static async open(store: EventStore, lanes: number): Promise<StoreSide> {
    return new StoreSide(store, lanes, await store.head());
  }

  get isEmpty(): boolean {
    return this.end === BEGINNING;
  }

  async *read(): AsyncIterable<Stretch> {
    const end = await this.endOfReading();
    let next = this.page(BEGINNING);
    for (;;) {
      const page = await next;
      // The next page is read while this one is worked on.
      const isLast = page.endOfLog || page.next >= end;
      if (!isLast) next = this.page(page.next);
      const events = page.events.filter(({ position }) => position <= end);
      yield { events, share: isLast ? 1 : Number(page.next) / Number(end) };
      if (isLast) return;
    }
  }

  known({ stream, revision }: MovedEvent): void {
    this.revisions.set(stream, revision);
  }

  async write(events: readonly MovedEvent[]): Promise<void> {
    for (let from = 0; from < events.length;) {
      const until = endOfRun(events, from);
      await this.append(events.slice(from, until));
      from = until;
    }
  }

  async flush(): Promise<void> {
    await Promise.all(this.underWay);
    if (this.failure !== undefined) throw this.failure as Error;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.underWay);
    await this.store.close();
  }

  private async endOfReading(): Promise<Position> {
    await this.flush();
    return this.revisions.size > 0 ? this.store.head() : this.end;
  }

  private page(from: Position) {
    const page = this.store.readAll({ from, direction: 'forward', limit: pageSize });
    // Nobody may come for it.
    page.catch(() => undefined);
    return page;
  }

  private async append(run: readonly MovedEvent[]): Promise<void> {
    const stream = run[0]?.stream ?? '';
    const expected = this.revisions.get(stream) ?? NO_STREAM;
    this.revisions.set(stream, expected + run.length);
    const work = this.appendAt(stream, run, expected).catch((error: unknown) => {
      this.failure ??= error;
    });
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
    if (this.underWay.size >= this.lanes) await Promise.race(this.underWay);
    if (this.failure !== undefined) throw this.failure as Error;
  }

  /** At an explicit revision with the ids of the source: whatever is tried twice is stored once. */
  private async appendAt(stream: string, run: readonly MovedEvent[], expected: number): Promise<void> {
    const events = run.map(({ id, type, data, metadata }): EventToAppend => ({ id, type, data, metadata }));
    const { outcome } = await this.store.append(stream, events, expected);
    if (outcome === 'conflict') throw codedError('history-changed', `somebody else writes to ${stream}`);
  }
}

/** Events of one stream that follow each other, as many as go in one append. */
function endOfRun(events: readonly MovedEvent[], from: number): number {
  const stream = events[from]?.stream;
  let characters = 0;
  let until = from;
  for (; until < events.length && until - from < batch.events; until += 1) {
    const event = events[until];
    if (event?.stream !== stream) break;
    characters += JSON.stringify(event?.data).length;
    if (until > from && characters > batch.characters) break;
  }
  return until;
}
