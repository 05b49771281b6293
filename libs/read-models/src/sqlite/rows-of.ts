import { projections } from '../projections';
import { openForReading, tableNames } from './database';
import { conditionsOf } from './pages';

/** Which rows of a file of read models are wanted. */
export interface WantedRows {
  readonly table: string;
  /** Of one row. */
  readonly key?: string | undefined;
  /** Charge box that the rows are about. */
  readonly identity?: string | undefined;
}

/** The rows of one table, one after the other. Throws a RangeError for a table that is not there. */
export function* rowsOf(file: string, { table, key, identity }: WantedRows): Generator<{ key?: string; row: object }> {
  if (!tableNames.includes(table)) throw new RangeError(`There is no table ${table}.`);
  const isKeyed = projections.some(({ name }) => name === table);
  const database = openForReading(file);
  try {
    const conditions = conditionsOf([
      [isKeyed ? 'key = ?' : 'FALSE AND ?', key],
      [isKeyed ? `json_extract(row, '$.identity') = ?` : 'identity = ?', identity],
    ]);
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
    const order = isKeyed ? 'key' : 'identity';
    const rows = database
      .prepare<(string | number)[], Record<string, unknown>>(`SELECT * FROM ${table} ${where} ORDER BY ${order}`)
      .iterate(...conditions.flatMap(({ values }) => values));
    for (const row of rows) {
      if (isKeyed) yield { key: String(row.key), row: JSON.parse(String(row.row)) as object };
      else yield { row: shownOf(row) };
    }
  } finally {
    database.close();
  }
}

// By what a change is known again is for those who follow changes.
const shownOf = ({ changed_by: _by, ...row }: Record<string, unknown>): object => row;

/** The charge box of a transaction as far as the read models know it. */
export function identityOfTransaction(file: string, transactionId: number): string | undefined {
  const database = openForReading(file);
  try {
    return database
      .prepare<[number], string>('SELECT identity FROM transactions WHERE id = ?')
      .pluck()
      .get(transactionId);
  } finally {
    database.close();
  }
}
