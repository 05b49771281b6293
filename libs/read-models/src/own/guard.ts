import type { Occasion } from '../projection';
import type { Tables } from '../sqlite/database';
import { tablesVersion } from '../sqlite/database';
import type { OwnChange, OwnProjection } from './definition';

/** What a projection from outside may make: characters of a row as JSON, of a key, of a value of a column; keys of one event. */
export const ownLimits = { row: 16_384, key: 500, column: 1_000, keys: 1_000 } as const;

/** The table of its rows, whatever the projection is called. */
export const ownTable = 'own_rows';

/** The column of the table that holds values of a declared one, by its place. */
export const ownColumn = (place: number): string => `c${place}`;

/** The tables of a projection from outside. What it does is checked at every event: an event at which it does wrong is skipped. */
export function tablesOfOwn({ name, version, columns, indexes, on }: OwnProjection): Tables {
  const names = Object.keys(columns);
  const columnOf = (column: string) => ownColumn(names.indexOf(column));
  const values = Object.entries(columns).map(([column, valueOf]) => guardedColumn(column, valueOf));
  const changes = Object.entries(on).map(([type, change]) => [type, guardedChange(change, values)] as const);
  const projection = {
    name: ownTable,
    version,
    columns: Object.fromEntries(values.map((valueOf, place) => [ownColumn(place), valueOf])),
    indexes: indexes.map(columnOf),
    on: Object.fromEntries(changes),
  };
  return {
    projections: [projection],
    shape: `own:${tablesVersion} ${name}:${version} ${JSON.stringify([names, indexes])}`,
    appended: [],
    opaque: true,
  };
}

type ColumnValue = (row: object) => string | null;

/** Values are kept as text: that is how they are asked for. */
function guardedColumn(column: string, valueOf: (row: object) => unknown): ColumnValue {
  return (row) => {
    const value = valueOf(row) ?? null;
    if (value === null) return null;
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new TypeError(`The column ${column} must give a text, a number or null.`);
    return bounded(String(value), ownLimits.column, `The value of the column ${column}`);
  };
}

function guardedChange(change: OwnChange, columns: readonly ColumnValue[]) {
  return {
    keys: (data: object, occasion: Omit<Occasion, 'key'>) => keysIn(change.keys(frozen(data), occasion)),
    apply: (row: object | undefined, data: object, occasion: Occasion): object | undefined => {
      // It gets a copy, so that a row that it changes in place and then drops by an error is as it was.
      const before = row === undefined ? undefined : JSON.stringify(row);
      const after = textOf(
        change.apply(before === undefined ? undefined : (JSON.parse(before) as object), data, occasion),
      );
      if (after === before) return row;
      if (after === undefined) return undefined;
      const changed = JSON.parse(after) as object;
      for (const valueOf of columns) valueOf(changed);
      return changed;
    },
  };
}

function keysIn(given: unknown): readonly string[] {
  if (!Array.isArray(given)) throw new TypeError('keys must give an array of keys.');
  if (given.length > ownLimits.keys) throw new RangeError(`One event may change ${ownLimits.keys} rows at most.`);
  const keys = given.map((key: unknown) => {
    if ((typeof key !== 'string' && typeof key !== 'number') || key === '')
      throw new TypeError('A key must be a text or a number, and not empty.');
    return bounded(String(key), ownLimits.key, 'A key');
  });
  return [...new Set(keys)];
}

function textOf(row: unknown): string | undefined {
  if (row === undefined || row === null) return undefined;
  if (typeof row !== 'object' || Array.isArray(row) || 'then' in row)
    throw new TypeError('apply must give an object, or undefined to take the row away; it must not be async.');
  // What has a JSON of its own may be anything there.
  const text = JSON.stringify(row) as string | undefined;
  if (!text?.startsWith('{')) throw new TypeError('A row must be an object as JSON, too.');
  return bounded(text, ownLimits.row, 'A row');
}

function bounded(text: string, most: number, what: string): string {
  if (text.length > most)
    throw new RangeError(`${what} may have ${most} characters at most; this one has ${text.length}.`);
  return text;
}

/** What is given cannot be changed: the next row, or the next event, would be told something else. */
function frozen<Value extends object>(value: Value): Value {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) frozen(member as object);
  return Object.freeze(value);
}
