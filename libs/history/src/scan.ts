import type { EventFilter, EventStore, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING, pagesOf } from '@app/kernel';

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
  for await (const { events, next, endOfLog } of pagesOf(log, { after, ...(filter && { filter }) })) {
    const isLast = endOfLog || next >= end;
    yield {
      events: events.filter(({ position }) => position <= end),
      share: isLast ? 1 : Number(next) / Number(end),
    };
    if (isLast) return;
  }
}
