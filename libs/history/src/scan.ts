import type { EventFilter, EventStore, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING } from '@app/kernel';

const pageSize = 2_000;

/** A stretch of the log of a store. */
export interface LogStretch {
  readonly events: readonly RecordedEvent[];
  /** How much of the log lies behind it, from 0 to 1. */
  readonly share: number;
}

export interface Scan {
  readonly after?: Position;
  /** Ends with the event at this place; the present end of the log by default. */
  readonly end?: Position;
  readonly filter?: EventFilter;
}

/** A log in order, page by page; the next page is read while one is worked on. */
export async function* scan(log: Pick<EventStore, 'readAll' | 'head'>, wanted: Scan = {}): AsyncGenerator<LogStretch> {
  const { after = BEGINNING, filter } = wanted;
  const end = wanted.end ?? (await log.head());
  if (end <= after) return;
  const read = (from: Position) => {
    const page = log.readAll({
      from,
      direction: 'forward',
      limit: pageSize,
      ...(filter === undefined ? {} : { filter }),
    });
    // Nobody may come for it.
    page.catch(() => undefined);
    return page;
  };
  for (let next = read(after); ;) {
    const page = await next;
    const isLast = page.endOfLog || page.next >= end;
    if (!isLast) next = read(page.next);
    yield {
      events: page.events.filter(({ position }) => position <= end),
      share: isLast ? 1 : Number(page.next) / Number(end),
    };
    if (isLast) return;
  }
}
