import type { Position, QuirkNote, RecordedEvent } from '@app/kernel';
import { meterValuesOf } from '../projections/meter-values';
import type { Occasion, ProjectedEvent, Projection } from '../projection';
import { occasionOf } from '../projection';
import { projections } from '../projections';
import { anchorIn } from './anchor';
import type { SqliteDatabase } from './database';

type Row = object | undefined;

/** A change whose type of event is known only at run time. */
interface AnyChange {
  keys(data: object, identity: string): readonly (string | number)[];
  apply(row: Row, data: object, occasion: Occasion): Row;
}

interface Kept {
  row: Row;
  /** Values of the indexed columns as the file has them; `undefined` for a row that it has not. */
  indexed: string | undefined;
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
  private readonly changes: Readonly<Record<string, AnyChange | undefined>>;

  constructor(database: SqliteDatabase, projection: Projection<object>) {
    const { name, columns } = projection;
    const names = ['key', 'row', ...Object.keys(columns)];
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
    // Leaves the indexes alone, which cost more than the row.
    this.update = database.prepare(
      `UPDATE ${name} SET row = ?${free.map(([column]) => `, ${column} = ?`).join('')} WHERE key = ?`,
    );
    this.remove = database.prepare(`DELETE FROM ${name} WHERE key = ?`);
  }

  apply(event: ProjectedEvent, occasion: Omit<Occasion, 'key'>): void {
    const change = this.changes[event.type];
    if (change === undefined) return;
    for (const named of change.keys(event.data, occasion.identity)) {
      const key = String(named);
      const kept = this.load(key);
      const after = change.apply(kept.row, event.data, { ...occasion, key });
      if (after === kept.row) continue;
      kept.row = after;
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
    if (row === undefined) {
      this.remove.run(key);
      kept.indexed = undefined;
      return;
    }
    const indexed = this.indexOf(row);
    const text = JSON.stringify(row);
    if (indexed === kept.indexed) this.update.run(text, ...this.unindexed.map((valueOf) => valueOf(row)), key);
    else this.upsert.run(key, text, ...this.columns.map((valueOf) => valueOf(row)));
    kept.indexed = indexed;
  }

  private load(key: string): Kept {
    const known = this.rows.get(key);
    if (known !== undefined) return known;
    const stored = this.select.get(key);
    const row = stored === undefined ? undefined : (JSON.parse(stored.row) as object);
    const kept = { row, indexed: row === undefined ? undefined : this.indexOf(row) };
    this.rows.set(key, kept);
    return kept;
  }

  private indexOf(row: object): string {
    return JSON.stringify(this.indexed.map((valueOf) => valueOf(row)));
  }
}

/** What became of one batch. */
export interface Applied {
  readonly skipped: readonly { readonly event: RecordedEvent; readonly error: unknown }[];
}

/** Brings batches of events into the tables: rows and checkpoint in one transaction, so an event counts once. */
export class ProjectorTables {
  private readonly tables: readonly Table[];
  private readonly insertMeterValue;
  private readonly countQuirk;
  private readonly insertAddress;
  private readonly keepCheckpoint;
  private readonly readCheckpoint;

  constructor(private readonly database: SqliteDatabase) {
    this.tables = projections.map((projection) => new Table(database, projection));
    this.insertMeterValue = database.prepare(
      `INSERT INTO meter_values (identity, connector_id, transaction_id, timestamp, received_at, value, number, context, format, measurand,
         location, unit, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.countQuirk = database.prepare(
      `INSERT INTO quirks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count, last_seen_at = excluded.last_seen_at,
         last_path = excluded.last_path, last_text = excluded.last_text`,
    );
    this.insertAddress = database.prepare('INSERT OR IGNORE INTO addresses VALUES (?, ?, ?, ?, ?, ?)');
    this.keepCheckpoint = database.prepare(
      'UPDATE checkpoint SET position = ?, skipped = skipped + ?, anchor = coalesce(?, anchor)',
    );
    this.readCheckpoint = database.prepare<[], { position: string }>('SELECT position FROM checkpoint');
  }

  get checkpoint(): Position {
    return this.readCheckpoint.get()?.position ?? '';
  }

  /** Applies what is newer than the checkpoint. An event that a projection cannot take is skipped and reported. */
  apply(events: readonly RecordedEvent[], checkpoint: Position): Applied {
    const skipped: Applied['skipped'][number][] = [];
    const run = this.database.transaction(() => {
      const from = this.checkpoint;
      for (const event of events) {
        if (event.position <= from) continue;
        try {
          this.applyOne(event);
        } catch (error) {
          skipped.push({ event, error });
        }
      }
      for (const table of this.tables) table.flush();
      if (checkpoint > from) this.keepCheckpoint.run(checkpoint, skipped.length, anchorIn(events));
    });
    try {
      run();
    } catch (error) {
      for (const table of this.tables) table.forget();
      throw error;
    }
    return { skipped };
  }

  private applyOne(recorded: RecordedEvent): void {
    const occasion = occasionOf(recorded);
    if (occasion === undefined) return;
    const event = { type: recorded.type, data: recorded.data } as ProjectedEvent;
    for (const table of this.tables) table.apply(event, occasion);
    this.appendReadings(event, occasion);
    if (event.type === 'AddressObserved') this.appendAddress(event.data, occasion);
    for (const { name, count = 1, path = null, text = null } of quirksOf(recorded, event)) {
      this.countQuirk.run(occasion.identity, name, count, occasion.receivedAt, path, text);
    }
  }

  private appendReadings(event: ProjectedEvent, occasion: Omit<Occasion, 'key'>): void {
    for (const row of meterValuesOf(event, occasion)) {
      const { identity, connectorId = null, transactionId = null, timestamp, receivedAt, value, number = null } = row;
      const { context, format, measurand, location, unit = null, source } = row;
      const where = [identity, connectorId, transactionId, timestamp, receivedAt];
      this.insertMeterValue.run(...where, value, number, context, format, measurand, location, unit, source);
    }
  }

  private appendAddress(
    {
      from = null,
      replyTo = null,
      remoteAddress = null,
      at,
    }: { from?: string | null; replyTo?: string | null; remoteAddress?: string | null; at: string },
    { identity, position }: Omit<Occasion, 'key'>,
  ): void {
    this.insertAddress.run(identity, position, from, replyTo, remoteAddress, at);
  }
}

/** The deviations that an event tells of: those of its request, counted with the first event that the request led to. */
function quirksOf(
  recorded: RecordedEvent,
  event: ProjectedEvent,
): readonly (QuirkNote & { readonly count?: number })[] {
  if (event.type === 'QuirksNoted') return event.data.quirks;
  const alternates = event.type === 'AddressObserved' && event.data.alternating === true;
  // Old heartbeats are forgotten, so their deviations are noted apart.
  if (event.type === 'HeartbeatReceived') return [];
  const own = alternates ? [{ name: 'identity-changed-address', path: undefined, text: event.data.remoteAddress }] : [];
  return [...(recorded.metadata.quirks ?? []), ...own];
}
