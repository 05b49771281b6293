import type { Position } from './event';
import { BEGINNING } from './event';
import type { EventFilter, EventStore, LogPage } from './event-store';

export interface PagesWanted {
  /** Events after this position; the beginning by default. */
  readonly after?: Position;
  readonly filter?: EventFilter;
  /** Most events in a page, 1 to 10 000; 2 000 by default. */
  readonly limit?: number;
}

/** The pages of a log in order, to its present end; the next one is read while somebody works on the last. Rejects as `readAll` does. */
export async function* pagesOf(
  log: Pick<EventStore, 'readAll'>,
  { after = BEGINNING, filter, limit = 2_000 }: PagesWanted = {},
): AsyncGenerator<LogPage> {
  const read = (from: Position) => {
    const page = log.readAll({ from, direction: 'forward', limit, ...(filter && { filter }) });
    // Nobody may come for it.
    page.catch(() => undefined);
    return page;
  };
  for (let next = read(after); ;) {
    const page = await next;
    if (!page.endOfLog) next = read(page.next);
    yield page;
    if (page.endOfLog) return;
  }
}
