import type { EventStore, Position } from '@app/kernel';
import Database from 'better-sqlite3';
import { isMadeOf } from './anchor';
import type { SqliteDatabase } from './database';
import { openForReading, shape } from './database';

/** A row that two files of read models do not have alike. */
export interface RowDifference {
  readonly table: string;
  /** Of the row, or the row itself where it has no key. */
  readonly key: string;
  /** As JSON; absent where there is none. */
  readonly here?: string;
  readonly there?: string;
}

export interface ReadModelsCopy {
  readonly checkpoint: Position;
  /** False when other versions of the projections made it: then the service will build it anew. */
  readonly isOfThisShape: boolean;
  /** False when its rows come from another log than this. */
  readonly isOfThisLog: boolean;
}

/** Copies read models as they are at one moment, beside the service that builds them, and says what they are. */
export async function copyReadModels(
  store: Pick<EventStore, 'readStream'>,
  file: string,
  to: string,
): Promise<ReadModelsCopy> {
  copyFile(file, to);
  const copy = openForReading(to);
  try {
    const kept = copy.prepare<[], { position: string; shape: string }>('SELECT position, shape FROM checkpoint').get();
    if (kept?.shape !== shape) return { checkpoint: '', isOfThisShape: false, isOfThisLog: true };
    return { checkpoint: kept.position, isOfThisShape: true, isOfThisLog: await isMadeOf(store, copy) };
  } finally {
    copy.close();
  }
}

function copyFile(file: string, to: string): void {
  const source = new Database(file, { readonly: true, fileMustExist: true, timeout: 10_000 });
  try {
    source.prepare('VACUUM INTO ?').run(to);
  } finally {
    source.close();
  }
}

/** Rows that differ, a few of each table, and how many there are in all. */
export function differencesBetween(
  here: string,
  there: string,
  most: number,
): { readonly count: number; readonly examples: readonly RowDifference[] } {
  const database = new Database(here, { readonly: true });
  try {
    database.prepare('ATTACH ? AS there').run(there);
    let count = 0;
    const examples: RowDifference[] = [];
    for (const difference of allDifferences(database)) {
      count += 1;
      if (examples.length < most) examples.push(difference);
    }
    return { count, examples };
  } finally {
    database.close();
  }
}

function* allDifferences(database: SqliteDatabase): Generator<RowDifference> {
  for (const table of tablesOf(database)) yield* differingRows(database, table);
}

/** Every table of rows; how far they are is no row, and what tokens of the log mean is none either. */
function tablesOf(database: SqliteDatabase): readonly string[] {
  return database
    .prepare<[], string>(
      `SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT IN ('checkpoint', 'veil_keys') AND name NOT LIKE 'sqlite%' ORDER BY name`,
    )
    .pluck()
    .all();
}

function* differingRows(database: SqliteDatabase, table: string): Generator<RowDifference> {
  const columns = database
    .prepare<[], { name: string }>(`PRAGMA main.table_info(${table})`)
    .all()
    .map(({ name }) => name)
    // It names streams, and those have idTags in their names.
    .filter((name) => name !== 'changed_by')
    // Numbers of their own, by the order in which rows came.
    .filter((name) => name !== 'id' || table !== 'meter_values');
  if (columns.includes('key')) yield* byKey(database, table, columns);
  else yield* bySet(database, table, columns);
}

function* byKey(database: SqliteDatabase, table: string, columns: readonly string[]): Generator<RowDifference> {
  const json = (side: string) => `json_object(${columns.map((column) => `'${column}', ${side}.${column}`).join(', ')})`;
  const differ = columns.map((column) => `a.${column} IS NOT b.${column}`).join(' OR ');
  const rows = database.prepare<[], { key: string; here: string | null; there: string | null }>(
    `SELECT a.key AS key, ${json('a')} AS here, iif(b.key IS NULL, NULL, ${json('b')}) AS there
       FROM main.${table} a LEFT JOIN there.${table} b ON b.key = a.key WHERE b.key IS NULL OR ${differ}
     UNION ALL
     SELECT b.key, NULL, ${json('b')} FROM there.${table} b WHERE NOT EXISTS (SELECT 1 FROM main.${table} a WHERE a.key = b.key)`,
  );
  for (const { key, here, there } of rows.iterate()) yield { table, key, ...sides(here, there) };
}

/** Tables without a key: each row is compared as a whole, and how often it is there. */
function* bySet(database: SqliteDatabase, table: string, columns: readonly string[]): Generator<RowDifference> {
  const counted = (side: string) =>
    `SELECT json_array(${columns.join(', ')}) AS line, count(*) AS times FROM ${side}.${table} GROUP BY ${columns.join(', ')}`;
  const only = (one: string, other: string) =>
    database.prepare<[], { line: string; times: number }>(`${counted(one)} EXCEPT ${counted(other)}`);
  for (const { line, times } of only('main', 'there').iterate()) yield { table, key: line, here: `${times} times` };
  for (const { line, times } of only('there', 'main').iterate()) yield { table, key: line, there: `${times} times` };
}

function sides(here: string | null, there: string | null) {
  return { ...(here === null ? {} : { here }), ...(there === null ? {} : { there }) };
}
