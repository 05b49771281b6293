import type { EventStore, Position } from '@app/kernel';
import { pagesOf } from '@app/kernel';
import { existsSync } from 'node:fs';
import { isMadeOf } from './sqlite/anchor';
import {
  checkpointOf,
  hasIndexes,
  makeIndexes,
  onlyTable,
  openForReading,
  openForWriting,
  shape,
  shapeOf,
  tableNames,
} from './sqlite/database';
import type { SqliteDatabase } from './sqlite/database';
import type { Learning } from './sqlite/veil-keys';
import { knownTokens } from './sqlite/veil-keys';
import { ProjectorTables } from './sqlite/projector-tables';
import { discard, nextFileOf } from './take-over';

type Log = Pick<EventStore, 'readAll'> & Partial<Learning>;

/** Events taken so far, and up to where in the log. */
export type RebuildProgress = (events: number, position: Position) => void;

// What a call that was killed has to take again, and what waits in memory to be written.
const eventsAtOnce = 50_000;

/**
 * Builds read models from the whole log into a file; goes on where an earlier call was interrupted. The log is read to its present end.
 * Rejects with `event-newer` at an event of a newer program.
 */
export async function rebuildFromZero(store: Log, file: string, onProgress?: RebuildProgress): Promise<void> {
  const database = openForWriting(file);
  try {
    const tables = new ProjectorTables(database);
    store.learn?.(knownTokens(database));
    await buildAll(store, tables, onProgress);
    makeIndexes(database);
  } finally {
    database.close();
  }
}

async function buildAll(store: Log, tables: ProjectorTables, onProgress: RebuildProgress | undefined): Promise<void> {
  let events = 0;
  let settled = 0;
  let reached = tables.checkpoint;
  let isWhole = true;
  try {
    for await (const page of pagesOf(store, { after: reached })) {
      isWhole = false;
      tables.build(page.events, reached);
      isWhole = true;
      reached = page.next;
      events += page.events.length;
      onProgress?.(events, reached);
      if (events - settled < eventsAtOnce) continue;
      tables.settle(reached);
      settled = events;
    }
  } finally {
    // Whatever ends the reading, what was taken need not be taken again.
    if (isWhole) tables.settle(reached);
  }
}

/** What `rebuildBeside` can build: everything, or one table. */
export const rebuildable: readonly string[] = ['all', ...tableNames];

/** Builds everything, or one table, of the read models in `file` anew in the file next to them, and leaves them as they are. */
export async function rebuildBeside(
  store: Pick<EventStore, 'readAll' | 'readStream'> & Partial<Learning>,
  file: string,
  name: string,
  onProgress?: RebuildProgress,
): Promise<void> {
  const next = nextFileOf(file);
  if (name === 'all') {
    if (existsSync(next) && !(await isHalfBuilt(store, next))) discard(file);
    return rebuildFromZero(store, next, onProgress);
  }
  discard(file);
  await copyOf(file, next);
  const database = openForWriting(next);
  try {
    await rebuildTable(store, database, name, onProgress);
  } finally {
    database.close();
  }
}

/** Whether an interrupted call left something here that can be gone on with. A table that was built alone is begun anew. */
async function isHalfBuilt(store: Pick<EventStore, 'readStream'>, next: string): Promise<boolean> {
  const database = openForReading(next);
  try {
    return !hasIndexes(database) && shapeOf(database) === shape && (await isMadeOf(store, database));
  } finally {
    database.close();
  }
}

async function copyOf(file: string, next: string): Promise<void> {
  const database = openForReading(file);
  try {
    await database.backup(next);
  } finally {
    database.close();
  }
}

async function rebuildTable(
  store: Log,
  database: SqliteDatabase,
  name: string,
  onProgress: RebuildProgress | undefined,
): Promise<void> {
  const end = checkpointOf(database);
  database.exec(`DELETE FROM ${name}`);
  database.prepare('DELETE FROM removed WHERE projection = ?').run(name);
  const tables = new ProjectorTables(database, onlyTable(name));
  let events = 0;
  for await (const page of pagesOf(store)) {
    tables.replay(page.events.filter(({ position }) => position <= end));
    onProgress?.((events += page.events.length), page.next);
    if (page.next >= end) break;
  }
}
