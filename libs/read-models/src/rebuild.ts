import type { EventStore } from '@app/kernel';
import { makeIndexes, openForWriting } from './sqlite/database';
import { ProjectorTables } from './sqlite/projector-tables';

/** Builds read models from the whole log into a file. The log is read to its present end. Rejects with `event-newer` at an event of a newer program. */
export async function rebuildFromZero(store: Pick<EventStore, 'readAll'>, file: string): Promise<void> {
  const database = openForWriting(file);
  try {
    const tables = new ProjectorTables(database);
    for (let from = tables.checkpoint, end = false; !end;) {
      const page = await store.readAll({ from, direction: 'forward', limit: 5_000 });
      const { newer } = tables.apply(page.events, page.next);
      if (newer !== undefined) throw newer as Error;
      from = page.next;
      end = page.endOfLog;
    }
    makeIndexes(database);
  } finally {
    database.close();
  }
}
