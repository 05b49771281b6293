import { decodeIdentity, identityOfStream, snapshotPrefix } from '@app/charge-box';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { withMaskedStream } from './personal';
import { scan } from './scan';

interface Extreme {
  readonly position: string;
  readonly stream: string;
  readonly type: string;
  readonly receivedAt: string;
}

interface Amount {
  readonly events: number;
  /** Characters of data and metadata as JSON. */
  readonly characters: number;
}

/** What a history is made of. */
export interface HistoryStats extends Amount {
  readonly streams: number;
  readonly boxes: number;
  readonly snapshots: number;
  readonly first?: Extreme;
  readonly last?: Extreme;
  readonly types: readonly ({ readonly type: string } & Amount)[];
  /** Those with most events. */
  readonly largestBoxes: readonly ({ readonly identity: string } & Amount)[];
  readonly days: readonly ({ readonly day: string } & Amount)[];
}

class Tally {
  private readonly amounts = new Map<string, { events: number; characters: number }>();

  add(name: string, characters: number): void {
    const amount = this.amounts.get(name);
    if (amount === undefined) this.amounts.set(name, { events: 1, characters });
    else {
      amount.events += 1;
      amount.characters += characters;
    }
  }

  get size(): number {
    return this.amounts.size;
  }

  /** Most first. */
  largest(most = Infinity): readonly (readonly [string, Amount])[] {
    return [...this.amounts].sort(([, one], [, other]) => other.events - one.events).slice(0, most);
  }

  byName(): readonly (readonly [string, Amount])[] {
    return [...this.amounts].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

/** Counts a whole log. What is kept in memory grows with boxes, streams and days, not with events. */
export async function statsOf(
  log: Pick<EventStore, 'readAll' | 'head'>,
  {
    boxes: most,
    onProgress,
  }: { readonly boxes: number; readonly onProgress?: (share: number, events: number) => void },
): Promise<HistoryStats> {
  const [types, boxes, days, streams] = [new Tally(), new Tally(), new Tally(), new Set<string>()];
  let [events, characters, snapshots] = [0, 0, 0];
  let first: RecordedEvent | undefined;
  let last: RecordedEvent | undefined;
  for await (const stretch of scan(log)) {
    for (const event of stretch.events) {
      const size = JSON.stringify(event.data).length + JSON.stringify(event.metadata).length;
      events += 1;
      characters += size;
      streams.add(event.stream);
      types.add(event.type, size);
      days.add(event.metadata.receivedAt.slice(0, 10), size);
      const identity = boxOf(event.stream);
      if (identity !== undefined) boxes.add(identity, size);
      if (event.stream.startsWith(snapshotPrefix)) snapshots += 1;
      first ??= event;
      last = event;
    }
    onProgress?.(stretch.share, events);
  }
  return {
    events,
    characters,
    streams: streams.size,
    boxes: boxes.size,
    snapshots,
    ...(first === undefined ? {} : { first: extremeOf(first) }),
    ...(last === undefined ? {} : { last: extremeOf(last) }),
    types: types.largest().map(([type, amount]) => ({ type, ...amount })),
    largestBoxes: boxes.largest(most).map(([identity, amount]) => ({ identity, ...amount })),
    days: days.byName().map(([day, amount]) => ({ day, ...amount })),
  };
}

/** Snapshots count for their box as well. */
function boxOf(stream: string): string | undefined {
  if (stream.startsWith(snapshotPrefix)) return decodeIdentity(stream.slice(snapshotPrefix.length));
  return identityOfStream(stream);
}

function extremeOf({ position, stream, type, metadata }: RecordedEvent): Extreme {
  return { position, stream: withMaskedStream(stream), type, receivedAt: metadata.receivedAt };
}
