import { isKnownType, upcast } from '@app/charge-box';
import type { Position, RecordedEvent } from '@app/kernel';
import { hasCode } from '@app/kernel';
import type { Occasion, ProjectedEvent, Projection } from '../projection';
import { occasionOf } from '../projection';
import type { Anchor, Cause } from './anchor';
import { anchorIn, anchorOf, causeOf, causeText, isKept, readAnchor } from './anchor';
import { AppendedTables } from './appended-tables';
import type { SqliteDatabase } from './database';
import { builtIn, makeTables } from './database';
import type { Gone } from './veil-keys';
import { emptyLog, VeilKeys, withoutIdTag } from './veil-keys';

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
class Table {
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
      kept.row = after;
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

/** What became of one batch. */
export interface Applied {
  readonly skipped: readonly { readonly event: RecordedEvent; readonly error: unknown }[];
  /** Why nothing from one event on was taken: a newer program stored it. */
  readonly newer?: unknown;
}

/** Brings batches of events into the tables: rows and checkpoint in one transaction, so an event counts once. */
export class ProjectorTables {
  private readonly tables: readonly Table[];
  private readonly byType = new Map<string, readonly Table[]>();
  private readonly appended: AppendedTables | undefined;
  private readonly veilKeys: VeilKeys;
  /** A text was erased that may still stand in the log of SQLite. */
  private readonly gone: Gone[] = [];
  private toPurge = false;
  private toRebuild = false;
  private readonly keepCheckpoint;
  private readonly readCheckpoint;
  /** The newest event that no retention takes away. */
  private kept: Anchor | undefined;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly kind = builtIn,
  ) {
    const { projections, appended } = kind;
    this.veilKeys = new VeilKeys(database, projections);
    this.tables = projections.map((projection) => new Table(database, projection));
    this.appended = appended.length === 0 ? undefined : new AppendedTables(database, appended);
    this.keepCheckpoint = database.prepare(
      'UPDATE checkpoint SET position = ?, skipped = skipped + ?, anchor = coalesce(?, anchor)',
    );
    this.readCheckpoint = database.prepare<[], { position: string; anchor: string | null }>(
      'SELECT position, anchor FROM checkpoint',
    );
  }

  get checkpoint(): Position {
    return this.readCheckpoint.get()?.position ?? '';
  }

  /** Applies what lies after the checkpoint. An event that a projection cannot take is skipped and reported; at one of a newer program it ends. */
  apply(events: readonly RecordedEvent[], checkpoint: Position): Applied {
    const run = this.database.transaction((): Applied => {
      const { position: from = '', anchor = null } = this.readCheckpoint.get() ?? {};
      this.kept = readAnchor(anchor);
      const { skipped, taken, newer } = this.applyAll(events.filter(({ position }) => position > from));
      for (const table of this.tables) table.flush();
      const reached = newer === undefined ? checkpoint : (taken.at(-1)?.position ?? from);
      if (reached > from) this.keepCheckpoint.run(reached, skipped.length, anchorIn(taken));
      for (const gone of this.gone.splice(0)) this.veilKeys.eraseAnchor(gone);
      return { skipped, newer };
    });
    try {
      const applied = run();
      this.purge();
      return applied;
    } catch (error) {
      for (const table of this.tables) table.forget();
      throw error;
    }
  }

  /** True once an erasure has thrown all rows away: the log is to be read from its beginning. */
  startsAnew(): boolean {
    const anew = this.toRebuild;
    this.toRebuild = false;
    return anew;
  }

  private purge(): void {
    if (this.toRebuild) {
      for (const table of this.tables) table.forget();
      makeTables(this.database, this.kind);
    }
    if (this.toPurge) this.toPurge = !emptyLog(this.database);
  }

  /** Applies events whatever the checkpoint, which stays. Throws at an event of a newer program. */
  replay(events: readonly RecordedEvent[]): void {
    this.database.transaction(() => {
      const { newer } = this.applyAll(events);
      if (newer !== undefined) throw newer as Error;
      for (const table of this.tables) table.flush();
    })();
  }

  private applyAll(events: readonly RecordedEvent[]): Applied & { readonly taken: readonly RecordedEvent[] } {
    const skipped: Applied['skipped'][number][] = [];
    for (const [place, event] of events.entries()) {
      if (isKept(event)) this.kept = anchorOf(event);
      try {
        this.applyOne(event);
      } catch (error) {
        if (hasCode(error, 'event-newer')) return { skipped, taken: events.slice(0, place), newer: error };
        skipped.push({ event, error });
      }
    }
    return { skipped, taken: events };
  }

  private applyOne(recorded: RecordedEvent): void {
    const gone = this.veilKeys.take(recorded);
    if (gone !== undefined) this.erase(gone);
    const occasion = occasionOf(recorded);
    if (occasion === undefined) return;
    // Rows of a type that a later program brings come with a new version of a projection, which builds them anew.
    if (!isKnownType(recorded.type)) return;
    const event = upcast<ProjectedEvent>(recorded);
    const cause = causeOf(anchorOf(recorded), this.kept);
    for (const table of this.tablesOf(event.type)) table.apply(event, occasion, cause);
    this.appended?.apply(recorded, event, { ...occasion, cause });
  }

  private erase(gone: Gone): void {
    this.gone.push(gone);
    this.toPurge = true;
    if (this.kind.opaque) {
      this.toRebuild = true;
      return;
    }
    for (const table of this.tables) table.flush();
    for (const table of this.tables) table.forget();
    this.veilKeys.erase(gone);
    this.kept = this.kept && withoutIdTag(this.kept, gone);
  }

  private tablesOf(type: string): readonly Table[] {
    const known = this.byType.get(type);
    if (known !== undefined) return known;
    const tables = this.tables.filter((table) => table.changesWith(type));
    this.byType.set(type, tables);
    return tables;
  }
}
