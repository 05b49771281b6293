import type { Clock, EventStore, EventToAppend, LogPage, Position, RecordedEvent } from '@app/kernel';

/** A store to try, and what the trial needs to know about it. It may hold events of others, as a server would. */
interface StoreUnderTest {
  readonly store: EventStore;
  /** Time as the store has it; a server cannot be told. */
  readonly clock: FakeClock | undefined;
}

export type OpenStore = () => Promise<StoreUnderTest>;

export class FakeClock implements Clock {
  private time = Date.parse('2026-01-01T00:00:00.000Z');

  now(): number {
    return this.time;
  }

  /** In seconds. */
  advance(seconds: number): void {
    this.time += seconds * 1000;
  }
}

let counter = 0;

/** A name that no other test of this run has. */
export function fresh(kind: string): string {
  counter += 1;
  return `${kind}-${process.pid}-${counter}`;
}

export function event(part: Partial<EventToAppend> = {}): EventToAppend {
  return {
    id: fresh('id'),
    type: 'MeterRead',
    data: { value: counter },
    metadata: {
      schema: 1,
      correlationId: 'correlation',
      causationId: 'causation',
      actor: 'charge-box',
      receivedAt: '2026-01-01T00:00:00.000Z',
    },
    ...part,
  };
}

export function events(count: number, part: Partial<EventToAppend> = {}): EventToAppend[] {
  return Array.from({ length: count }, () => event(part));
}

export function ids(list: readonly { readonly id: string }[]): string[] {
  return list.map(({ id }) => id);
}

/** All events of one stream, read in one page. */
export async function stored(store: EventStore, stream: string): Promise<readonly RecordedEvent[]> {
  return (await store.readStream(stream, { limit: 10_000 })).events;
}

/** Reads pages to the end of the log. */
export async function allPages(
  store: EventStore,
  options: Parameters<EventStore['readAll']>[0],
): Promise<{ events: RecordedEvent[]; pages: LogPage[] }> {
  const pages: LogPage[] = [];
  let page = await store.readAll(options);
  for (pages.push(page); !page.endOfLog; pages.push(page)) page = await store.readAll({ ...options, from: page.next });
  return { events: pages.flatMap((one) => one.events), pages };
}

/** What a subscriber has been given so far, and a way to wait for more of it. */
export class Collector {
  readonly events: RecordedEvent[] = [];
  readonly batchSizes: number[] = [];
  checkpoint: Position | undefined;
  caughtUp = false;
  private waiting: (() => void)[] = [];

  readonly take = (batch: {
    readonly events: readonly RecordedEvent[];
    readonly checkpoint: Position;
    readonly caughtUp: boolean;
  }): void => {
    this.events.push(...batch.events);
    this.batchSizes.push(batch.events.length);
    this.checkpoint = batch.checkpoint;
    this.caughtUp = batch.caughtUp;
    for (const look of this.waiting.splice(0)) look();
  };

  /** Resolves when the condition holds after some batch. */
  async until(condition: (collector: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
