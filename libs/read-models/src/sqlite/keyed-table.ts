import type { Position } from '@app/kernel';
import type { Occasion, ProjectedEvent, Projection } from '../projection';
import type { Cause } from './anchor';
import { causeText } from './anchor';
import type { SqliteDatabase } from './database';

type Row = object | undefined;

/** A change whose type of event is known only at run time. */
interface AnyChange {
  keys(data: object, occasion: Omit<Occasion, 'key'>): readonly (string | number)[];
  apply(row: Row, data: object, occasion: Occasion): Row;
}

interface Kept {
  row: Row;
  /** Of its last change that is not in the file yet. */
  change: Change | undefined;
  /** Values of the indexed columns as the file has them; `undefined` for a row that it has not. */
  indexed: string | undefined;
}

/** The place of a change in the log, and its cause. */
interface Change {
  readonly position: Position;
  readonly cause: Cause;
}

/** One projection at work: loads rows when first asked for, keeps them during a batch, writes each once at its end. */
export class KeyedTable {
  private readonly rows = new Map<string, Kept>();
  private readonly changed = new Map<string, Kept>();
  private readonly select;
  private readonly upsert;
  private readonly update;
  private readonly remove;
  private readonly columns;
  private readonly indexed;
  private readonly unindexed;
  private readonly tombstones: Tombstones | undefined;
  private readonly changes: Readonly<Record<string, AnyChange | undefined>>;

  constructor(database: SqliteDatabase, projection: Projection<object>) {
    const { name, columns, internal } = projection;
    this.tombstones = internal ? undefined : new Tombstones(database, name);
    const names = ['key', 'row', ...(internal ? [] : ['changed', 'changed_by']), ...Object.keys(columns)];
    this.columns = Object.values(columns);
    const isIndexed = (column: string) => projection.indexes.some((index) => index.split(', ').includes(column));
    const free = Object.entries(columns).filter(([column]) => !isIndexed(column));
    this.indexed = Object.entries(columns).flatMap(([column, valueOf]) => (isIndexed(column) ? [valueOf] : []));
    this.unindexed = free.map(([, valueOf]) => valueOf);
    this.changes = projection.on;
    this.select = database.prepare<[string], { row: string }>(`SELECT row FROM ${name} WHERE key = ?`);
    this.upsert = database.prepare(
      `INSERT OR REPLACE INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    );
    // Leaves most indexes alone, which cost more than the row.
    this.update = database.prepare(
      `UPDATE ${name} SET row = ?${internal ? '' : ', changed = ?, changed_by = ?'}${free.map(([column]) => `, ${column} = ?`).join('')} WHERE key = ?`,
    );
    this.remove = database.prepare(`DELETE FROM ${name} WHERE key = ?`);
  }

  changesWith(type: string): boolean {
    return this.changes[type] !== undefined;
  }

  apply(event: ProjectedEvent, occasion: Omit<Occasion, 'key'>, cause: Cause): void {
    const change = this.changes[event.type];
    if (change === undefined) return;
    const { identity, receivedAt, position } = occasion;
    for (const named of change.keys(event.data, occasion)) {
      const key = String(named);
      const kept = this.load(key);
      // Written out: a copy of the occasion would cost as much as the change.
      const after = change.apply(kept.row, event.data, { identity, key, receivedAt, position });
      if (after === kept.row) continue;
      kept.row = present(after);
      kept.change = { position, cause };
      this.changed.set(key, kept);
    }
  }

  flush(): void {
    for (const [key, kept] of this.changed) this.write(key, kept);
    this.changed.clear();
    // Rows are worth keeping for the next batch, not for ever.
    if (this.rows.size > 20_000) this.rows.clear();
  }

  forget(): void {
    this.rows.clear();
    this.changed.clear();
  }

  private write(key: string, kept: Kept): void {
    const { row } = kept;
    const change = kept.change === undefined ? [] : valuesOf(kept.change);
    // Rows are kept for the next batches, events are not.
    kept.change = undefined;
    if (row === undefined) {
      this.remove.run(key);
      this.tombstones?.put(key, change);
      kept.indexed = undefined;
      return;
    }
    if (kept.indexed === undefined) this.tombstones?.take(key);
    const indexed = this.indexOf(row);
    const values = [JSON.stringify(row), ...(this.tombstones === undefined ? [] : change)];
    if (indexed === kept.indexed) this.update.run(...values, ...this.unindexed.map((valueOf) => valueOf(row)), key);
    else this.upsert.run(key, ...values, ...this.columns.map((valueOf) => valueOf(row)));
    kept.indexed = indexed;
  }

  private load(key: string): Kept {
    const known = this.rows.get(key);
    if (known !== undefined) return known;
    const stored = this.select.get(key);
    const row = stored === undefined ? undefined : (JSON.parse(stored.row) as object);
    const kept = { row, change: undefined, indexed: row === undefined ? undefined : this.indexOf(row) };
    this.rows.set(key, kept);
    return kept;
  }

  private indexOf(row: object): string {
    return JSON.stringify(this.indexed.map((valueOf) => valueOf(row)));
  }
}

/** A row without members that are absent: its text is the same whether it was kept here or comes from the file. */
function present(row: Row): Row {
  if (row === undefined) return row;
  const members = row as Readonly<Record<string, unknown>>;
  for (const name in members) if (members[name] === undefined) return withoutAbsent(members);
  return row;
}

// Member by member: V8 then gives rows with the same members one shape, and copies them fast.
function withoutAbsent(members: Readonly<Record<string, unknown>>): object {
  const there: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) there[name] = members[name];
  return there;
}

const valuesOf = ({ position, cause }: Change): readonly string[] => [position, causeText(cause)];

/** The rows of one projection that are gone, so that whoever follows it hears of that. A row that comes back is not gone. */
class Tombstones {
  private readonly insert;
  private readonly remove;
  private any: boolean;

  constructor(
    database: SqliteDatabase,
    private readonly projection: string,
  ) {
    this.insert = database.prepare('INSERT OR REPLACE INTO removed VALUES (?, ?, ?, ?)');
    this.remove = database.prepare('DELETE FROM removed WHERE projection = ? AND key = ?');
    this.any = database.prepare('SELECT 1 FROM removed WHERE projection = ?').get(projection) !== undefined;
  }

  put(key: string, change: readonly string[]): void {
    this.insert.run(this.projection, key, ...change);
    this.any = true;
  }

  // Most projections never lose a row: theirs are made without a look here.
  take(key: string): void {
    if (this.any) this.remove.run(this.projection, key);
  }
}
