import { isKnownType, upcast } from '@app/charge-box';
import type { Position, RecordedEvent } from '@app/kernel';
import { hasCode } from '@app/kernel';
import type { ProjectedEvent } from '../projection';
import { occasionOf } from '../projection';
import type { Anchor } from './anchor';
import { anchorOf, causeOf, isKept, readAnchor } from './anchor';
import { AppendedTables } from './appended-tables';
import type { SqliteDatabase } from './database';
import { builtIn, makeTables } from './database';
import { KeyedTable } from './keyed-table';
import type { Gone } from './veil-keys';
import { emptyLog, VeilKeys, withoutIdTag } from './veil-keys';

/** What became of one batch. */
export interface Applied {
  readonly skipped: readonly { readonly event: RecordedEvent; readonly error: unknown }[];
  /** Why nothing from one event on was taken: a newer program stored it. */
  readonly newer?: unknown;
}

/** Brings batches of events into the tables: rows and checkpoint in one transaction, so an event counts once. */
export class ProjectorTables {
  private readonly tables: readonly KeyedTable[];
  private readonly byType = new Map<string, readonly KeyedTable[]>();
  private readonly appended: AppendedTables | undefined;
  private readonly veilKeys: VeilKeys;
  /** A text was erased that may still stand in the log of SQLite. */
  private readonly gone: Gone[] = [];
  private toPurge: boolean;
  private toRebuild = false;
  private skipped = 0;
  private readonly keepCheckpoint;
  private readonly readCheckpoint;
  /** The newest event that no retention takes away. */
  private kept: Anchor | undefined;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly kind = builtIn,
  ) {
    const { projections, appended } = kind;
    // An earlier process may have been killed between an erasure and this.
    this.toPurge = !emptyLog(database);
    this.veilKeys = new VeilKeys(database, projections);
    this.tables = projections.map((projection) => new KeyedTable(database, projection));
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
      const from = this.readAnchor();
      const { skipped, taken, newer } = this.applyAll(events.filter(({ position }) => position > from));
      const reached = newer === undefined ? checkpoint : (taken.at(-1)?.position ?? from);
      this.write(reached > from ? reached : undefined, skipped.length);
      return { skipped, newer };
    });
    const applied = this.orAsBefore(run);
    this.purge();
    return applied;
  }

  private orAsBefore<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      for (const table of this.tables) table.forget();
      this.gone.length = 0;
      this.toRebuild = false;
      throw error;
    }
  }

  /**
   * Applies what follows a place, page by page; `settle` writes it. A row that many events change is written once, and there are few commits:
   * building from zero takes less time. Throws at an event of a newer program, and when the rows are not at that place any more.
   */
  build(events: readonly RecordedEvent[], after: Position): void {
    if (!this.database.inTransaction) {
      this.database.exec('BEGIN IMMEDIATE');
      if (this.readAnchor() !== after) throw new Error('Somebody else builds the same rows.');
    }
    const { skipped, newer } = this.applyAll(events);
    if (newer !== undefined) throw newer as Error;
    this.skipped += skipped.length;
  }

  /** Writes everything that `build` took, up to a place in the log. */
  settle(checkpoint: Position): void {
    if (!this.database.inTransaction) return;
    this.write(checkpoint, this.skipped);
    this.skipped = 0;
    this.database.exec('COMMIT');
    this.purge();
  }

  private readAnchor(): Position {
    const { position = '', anchor = null } = this.readCheckpoint.get() ?? {};
    this.kept = readAnchor(anchor);
    return position;
  }

  private write(checkpoint: Position | undefined, skipped: number): void {
    if (this.toRebuild) return this.throwAway();
    for (const table of this.tables) table.flush();
    const anchor = this.kept === undefined ? null : JSON.stringify(this.kept);
    if (checkpoint !== undefined) this.keepCheckpoint.run(checkpoint, skipped, anchor);
    for (const gone of this.gone.splice(0)) this.veilKeys.eraseAnchor(gone);
  }

  /** True once an erasure has thrown all rows away: the log is to be read from its beginning. */
  startsAnew(): boolean {
    const anew = this.toRebuild;
    this.toRebuild = false;
    return anew;
  }

  /** In the transaction in which the erasure is taken: whatever ends the work, no row outlives it. */
  private throwAway(): void {
    for (const table of this.tables) table.forget();
    this.gone.length = 0;
    makeTables(this.database, this.kind);
  }

  private purge(): void {
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

  private tablesOf(type: string): readonly KeyedTable[] {
    const known = this.byType.get(type);
    if (known !== undefined) return known;
    const tables = this.tables.filter((table) => table.changesWith(type));
    this.byType.set(type, tables);
    return tables;
  }
}
