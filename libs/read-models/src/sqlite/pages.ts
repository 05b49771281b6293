import type { Page, Paging } from '../queries';
import type { SqliteDatabase } from './database';
import type { CursorValue } from './cursor';
import { readCursor, writeCursor } from './cursor';

/** A condition on rows: SQL with a `?` for each value. Values never become SQL. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** One list of rows: where they are, in which order. */
export interface Listing<Stored, Row> {
  readonly name: string;
  readonly select: string;
  /** Columns that order the rows, all in one direction; together they tell rows apart. */
  readonly order: readonly string[];
  readonly descending?: boolean;
  readonly place: (stored: Stored) => readonly CursorValue[];
  readonly row: (stored: Stored) => Row;
}

/** A page by keyset: it costs the same however far it is, and rows that come or go meanwhile are neither doubled nor lost. */
export function readPage<Stored, Row>(
  database: SqliteDatabase,
  listing: Listing<Stored, Row>,
  request: { readonly filter: object; readonly conditions: readonly Condition[]; readonly paging: Paging },
): Page<Row> {
  const { filter, paging } = request;
  const conditions = [...request.conditions];
  if (paging.cursor !== undefined) {
    const values = readCursor(listing.name, filter, paging.cursor, listing.order.length);
    const comparison = listing.descending ? '<' : '>';
    conditions.push({
      sql: `(${listing.order.join(', ')}) ${comparison} (${values.map(() => '?').join(', ')})`,
      values,
    });
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
  const order = listing.order.map((column) => `${column} ${listing.descending ? 'DESC' : 'ASC'}`).join(', ');
  const values = conditions.flatMap((condition) => condition.values);
  const stored = database
    .prepare<(string | number)[], Stored>(`${listing.select} ${where} ORDER BY ${order} LIMIT ?`)
    .all(...values, paging.limit + 1);
  const page = stored.slice(0, paging.limit);
  const last = page.at(-1);
  const rows = page.map(listing.row);
  if (stored.length <= paging.limit || last === undefined) return { rows };
  return { rows, next: writeCursor(listing.name, filter, listing.place(last)) };
}

/** A condition for each part of a filter that is given. */
export function conditionsOf(parts: readonly (readonly [string, string | number | undefined])[]): readonly Condition[] {
  return parts.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]));
}

/** Text to look for with LIKE: its own wildcards mean themselves. */
export function containing(text: string | undefined): string | undefined {
  return text === undefined
    ? undefined
    : `%${text.toLowerCase().replaceAll(/[\\%_]/g, (wildcard) => `\\${wildcard}`)}%`;
}
