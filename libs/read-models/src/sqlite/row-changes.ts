import type { Position } from '@app/kernel';
import type { Anchor, Cause } from './anchor';
import { readAnchor } from './anchor';
import type { SqliteDatabase } from './database';
import type { FollowedTable, KeptChange } from './followed-tables';

/** A place among the changes of rows. Without a key, everything up to the position is behind it. */
export interface RowPlace {
  readonly position: Position;
  readonly key?: string;
}

/** A row that changed last at its place, or is gone. */
export interface RowChange {
  readonly place: RowPlace;
  readonly key: string;
  readonly cause: Cause;
  /** The row as JSON; absent when it is gone. */
  readonly row?: string;
}

/** What a reading came to. */
export interface ChangesRead {
  /** Where to go on. */
  readonly next: RowPlace;
  /** Nothing has changed after `next`. */
  readonly complete: boolean;
  readonly anchor: Anchor | undefined;
}

/** What is read, and how much: rows looked at, and characters of rows that are wanted. */
export interface ReadRequest {
  readonly rows: number;
  readonly characters: number;
  /** Takes a change in its order; false for one that is not wanted. */
  readonly wants: (change: RowChange) => boolean;
  /** Only rows with this value in one of the columns that the table can be narrowed by. */
  readonly narrow?: { readonly column: string; readonly value: string | number };
}

// SQLite orders every blob after every text.
const afterAllKeys = Buffer.alloc(0);

type Value = string | number | Buffer;

interface Statement {
  iterate(...values: Value[]): IterableIterator<KeptChange>;
}

/** The changes of the rows of one table in the order in which they happened, a row only where it changed last. */
export class ChangeReader {
  private readonly statements = new Map<string, Statement>();
  private prepared: SqliteDatabase | undefined;

  /** The connection may become another one when rows are built anew beside the old. */
  constructor(
    private readonly database: () => SqliteDatabase,
    private readonly table: FollowedTable,
  ) {}

  /** Changes after a place; with the place none, every row there is. */
  read(after: RowPlace, request: ReadRequest): ChangesRead {
    const database = this.database();
    const statement = this.statement(database, request.narrow?.column);
    // One moment for rows and checkpoint.
    return database.transaction(() => {
      const { position, anchor } = checkpointOf(database);
      const { last, complete } = this.walk(statement, after, request);
      return { next: complete ? this.table.endOf(last, position) : last, complete, anchor: readAnchor(anchor) };
    })();
  }

  /** Whether so few rows have a value that they are better read by it. */
  isFew(column: string, value: string | number, few: number): boolean {
    const sql = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${this.table.name} WHERE ${column} = ? LIMIT ?)`;
    const found = this.database()
      .prepare<[string | number, number], { rows: number }>(sql)
      .get(value, few + 1);
    return found !== undefined && found.rows <= few;
  }

  private walk(statement: Statement, after: RowPlace, { rows, characters, wants, narrow }: ReadRequest) {
    const place: Value[] = [after.position, after.key === undefined ? afterAllKeys : this.table.keyOf(after.key)];
    const values = [...(narrow === undefined ? [] : [narrow.value]), ...place];
    const gone = this.table.leavesTombstones ? place : [];
    let [last, looked, taken] = [after, 0, 0];
    for (const kept of statement.iterate(...values, ...gone, rows)) {
      const change = this.table.changeOf(kept);
      last = change.place;
      looked += 1;
      if (wants(change)) taken += change.row?.length ?? 0;
      if (taken >= characters) return { last, complete: false };
    }
    return { last, complete: looked < rows };
  }

  private statement(database: SqliteDatabase, narrow = ''): Statement {
    if (this.prepared !== database) this.statements.clear();
    this.prepared = database;
    const known = this.statements.get(narrow) ?? database.prepare<Value[], KeptChange>(this.table.select(narrow));
    this.statements.set(narrow, known);
    return known;
  }
}

function checkpointOf(database: SqliteDatabase): { readonly position: Position; readonly anchor: string | null } {
  const kept = database
    .prepare<[], { position: string; anchor: string | null }>('SELECT position, anchor FROM checkpoint')
    .get();
  return kept ?? { position: '', anchor: null };
}
