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
  readonly order: readonly [string, ...string[]];
  readonly descending?: boolean;
  /** Columns with an index that goes on in this order, the most telling first. A page then looks at a bounded number of rows. */
  readonly leading?: readonly string[];
  /** Columns with another index; they lead where they leave few rows. */
  readonly single?: readonly string[];
  readonly place: (stored: Stored) => readonly CursorValue[];
  readonly row: (stored: Stored) => Row;
}

/** Rows that a page looks at: some milliseconds, in which nothing else is done. */
const stride = 2_000;

interface PageRequest {
  readonly filter: object;
  readonly conditions: readonly Condition[];
  readonly paging: Paging;
}

interface Search {
  /** By these an index leads to the rows. */
  readonly guiding: readonly Condition[];
  /** These must be looked at row by row. */
  readonly sifting: readonly Condition[];
  /** Up to where, if not to the end. */
  readonly end?: readonly CursorValue[];
}

/**
 * A page by keyset: it costs the same however far it is, and rows that come or go meanwhile are neither doubled nor lost.
 * A page may be short, or empty, and yet have a next one: where few rows are wanted of many, they are looked for over several pages.
 */
export function readPage<Stored, Row>(
  database: SqliteDatabase,
  listing: Listing<Stored, Row>,
  request: PageRequest,
): Page<Row> {
  const { filter, paging } = request;
  const { guiding, sifting, end } = searchFor(database, listing, request);
  const all = [...guiding, ...sifting, ...(end === undefined ? [] : [upTo(listing, end)])];
  const stored = database
    .prepare<(string | number)[], Stored>(`${listing.select} ${whereOf(all)} ${orderOf(listing)} LIMIT ?`)
    .all(...valuesOf(all), paging.limit + 1);
  const page = stored.slice(0, paging.limit);
  const last = page.at(-1);
  const rows = page.map(listing.row);
  const isFull = stored.length > paging.limit && last !== undefined;
  const place = isFull ? listing.place(last) : end;
  return place === undefined ? { rows } : { rows, next: writeCursor(listing.name, filter, place) };
}

function searchFor(
  database: SqliteDatabase,
  listing: Listing<never, unknown>,
  { filter, conditions, paging }: PageRequest,
): Search {
  const { leading, name, order } = listing;
  const from =
    paging.cursor === undefined ? [] : [after(listing, readCursor(name, filter, paging.cursor, order.length))];
  if (leading === undefined) return { guiding: [...conditions, ...from], sifting: [] };
  const few = singledOut(database, listing, conditions);
  if (few !== undefined) return { guiding: few, sifting: [...without(few, conditions), ...from].map(sifted) };

  const lead = leading.find((column) => conditions.some((condition) => isAbout(column, condition)));
  const [first] = order;
  const begins = (one: Condition) => isAbout(first, one) && one.sql.includes(listing.descending ? '<' : '>');
  const ends = (one: Condition) => isAbout(first, one) && !begins(one);
  const led = conditions.filter(
    (one) => (lead !== undefined && isAbout(lead, one)) || (from.length === 0 && begins(one)),
  );
  const bounds = conditions.filter(ends);
  const guiding = [...led, ...from];
  const sifting = without([...led, ...bounds], conditions).filter((one) => !begins(one));
  if (sifting.length === 0) return { guiding: [...guiding, ...bounds], sifting };
  const end = placeAfter(database, listing, [...guiding, ...bounds]);
  // One bound on either side, or SQLite may be led by the wider one.
  return end === undefined
    ? { guiding: [...guiding, ...bounds], sifting: sifting.map(sifted) }
    : { guiding, sifting: sifting.map(sifted), end };
}

/** The conditions on one column that leave so few rows that all of them may be looked at. */
function singledOut(
  database: SqliteDatabase,
  { name, single = [] }: Listing<never, unknown>,
  conditions: readonly Condition[],
): readonly Condition[] | undefined {
  return single
    .map((column) => conditions.filter((condition) => isAbout(column, condition)))
    .find((some) => {
      if (some.length === 0) return false;
      const sql = `SELECT 1 FROM ${name} ${whereOf(some)} LIMIT 1 OFFSET ?`;
      return database.prepare<(string | number)[]>(sql).get(...valuesOf(some), stride - 1) === undefined;
    });
}

/** Where the rows that a page may look at end; `undefined` when there are no more of them. */
function placeAfter(
  database: SqliteDatabase,
  listing: Listing<never, unknown>,
  conditions: readonly Condition[],
): readonly CursorValue[] | undefined {
  const sql = `SELECT ${listing.order.join(', ')} FROM ${listing.name} ${whereOf(conditions)} ${orderOf(listing)} LIMIT 1 OFFSET ?`;
  return database
    .prepare<(string | number)[], CursorValue[]>(sql)
    .raw()
    .get(...valuesOf(conditions), stride - 1);
}

const without = (some: readonly Condition[], all: readonly Condition[]) => all.filter((one) => !some.includes(one));

// The plus keeps SQLite from being led by it.
const sifted = ({ sql, values }: Condition): Condition => ({ sql: `+(${sql})`, values });

type Ordered = Pick<Listing<never, unknown>, 'order' | 'descending'>;

const isAbout = (column: string, { sql }: Condition): boolean => /^(\w+) [<>=]+ \?$/.exec(sql)?.[1] === column;

function compared({ order }: Ordered, comparison: string, values: readonly CursorValue[]): Condition {
  return { sql: `(${order.join(', ')}) ${comparison} (${values.map(() => '?').join(', ')})`, values };
}

const after = (listing: Ordered, place: readonly CursorValue[]): Condition =>
  compared(listing, listing.descending ? '<' : '>', place);

const upTo = (listing: Ordered, place: readonly CursorValue[]): Condition =>
  compared(listing, listing.descending ? '>=' : '<=', place);

const whereOf = (conditions: readonly Condition[]): string =>
  conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;

const orderOf = ({ order, descending }: Ordered): string =>
  `ORDER BY ${order.map((column) => `${column} ${descending ? 'DESC' : 'ASC'}`).join(', ')}`;

const valuesOf = (conditions: readonly Condition[]) => conditions.flatMap(({ values }) => values);

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
