import type { Position } from '@app/kernel';
import { BEGINNING, codedError } from '@app/kernel';
import Database from 'better-sqlite3';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { projections } from '../projections';
import type { Projection } from '../projection';

export type SqliteDatabase = Database.Database;

// Goes up with the tables that are not made from projections.
export const tablesVersion = 7;

/** What a file of rows holds. */
export interface Tables {
  readonly projections: readonly Projection<object>[];
  /** One text for the shape of everything; another text in the file means that the rows must be built anew. */
  readonly shape: string;
  /** Tables that grow with events instead of being changed by them. */
  readonly appended: readonly AppendedName[];
  /** What its rows say of an idTag nobody knows: when one is erased they are built anew. */
  readonly opaque?: true;
}

const appendedNames = ['meter_values', 'quirks', 'addresses'] as const;
export type AppendedName = (typeof appendedNames)[number];

/** The tables of the read models. */
export const builtIn: Tables = {
  projections,
  shape: [`tables:${tablesVersion}`, ...projections.map(({ name, version }) => `${name}:${version}`)].join(' '),
  appended: appendedNames,
};

export const { shape } = builtIn;

/** The tables of the read models that hold rows. */
export const tableNames: readonly string[] = [...projections.map(({ name }) => name), ...appendedNames].sort();

/** One table of the read models. */
export function onlyTable(name: string): Tables {
  return {
    ...builtIn,
    projections: projections.filter((projection) => projection.name === name),
    appended: appendedNames.filter((appended) => appended === name),
  };
}

// `changed` is the position of the event that last changed the row: what is new is found by it, also after the rows were built anew.
// `changed_by` is that event: a change is known again by it.
function tableOf({ name, columns, internal }: Projection<object>): string {
  const followed = internal ? [] : ['changed TEXT NOT NULL', 'changed_by TEXT NOT NULL'];
  const all = ['key TEXT PRIMARY KEY', 'row TEXT NOT NULL', ...followed, ...Object.keys(columns)];
  return `CREATE TABLE ${name} (${all.join(', ')}) WITHOUT ROWID;`;
}

function indexesOf({ name, indexes, internal }: Projection<object>): readonly string[] {
  return [
    ...indexes.map((index, place) => `CREATE INDEX IF NOT EXISTS ${name}_${place} ON ${name} (${index});`),
    ...(internal ? [] : [`CREATE INDEX IF NOT EXISTS ${name}_changed ON ${name} (changed);`]),
  ];
}

const appendedTables = `
  CREATE TABLE meter_values (
    id INTEGER PRIMARY KEY, identity TEXT NOT NULL, connector_id INTEGER, transaction_id INTEGER, timestamp TEXT NOT NULL,
    received_at TEXT NOT NULL, value TEXT NOT NULL, number REAL, context TEXT NOT NULL, format TEXT NOT NULL,
    measurand TEXT NOT NULL, location TEXT NOT NULL, unit TEXT, source TEXT NOT NULL, changed_by TEXT);
  CREATE TABLE quirks (
    identity TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, last_seen_at TEXT NOT NULL, last_path TEXT, last_text TEXT,
    changed TEXT NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (identity, name)) WITHOUT ROWID;
  CREATE TABLE addresses (
    identity TEXT NOT NULL, position TEXT NOT NULL, from_address TEXT, reply_to TEXT, remote_address TEXT, at TEXT NOT NULL,
    PRIMARY KEY (identity, position)) WITHOUT ROWID;
`;

const tablesOfEngine = `
  CREATE TABLE removed (projection TEXT NOT NULL, key TEXT NOT NULL, position TEXT NOT NULL, changed_by TEXT NOT NULL,
    PRIMARY KEY (projection, key)) WITHOUT ROWID;
  CREATE TABLE checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT NOT NULL, shape TEXT NOT NULL, skipped INTEGER NOT NULL,
    anchor TEXT);
  CREATE TABLE veil_keys (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, text TEXT, owner TEXT, erased_as TEXT);
`;

const appendedIndexes = [
  'CREATE INDEX IF NOT EXISTS meter_values_identity ON meter_values (identity, timestamp);',
  `CREATE INDEX IF NOT EXISTS meter_values_transaction ON meter_values (transaction_id, timestamp) WHERE transaction_id IS NOT NULL;`,
  'CREATE INDEX IF NOT EXISTS meter_values_timestamp ON meter_values (timestamp);',
  'CREATE INDEX IF NOT EXISTS meter_values_changed_by ON meter_values (id) WHERE changed_by IS NOT NULL;',
  'CREATE INDEX IF NOT EXISTS quirks_changed ON quirks (changed, name);',
];

const indexOfEngine = 'CREATE INDEX IF NOT EXISTS removed_position ON removed (projection, position);';

/**
 * Opens the read models for writing; tables of another shape are thrown away, for events can build them anew. Throws
 * `read-models-unusable`.
 */
export function openForWriting(file: string, tables = builtIn): SqliteDatabase {
  try {
    return opened(file, tables);
  } catch (error) {
    const code = String((error as { readonly code?: unknown }).code);
    if (!unusable.test(code)) throw error;
    throw codedError('read-models-unusable', `${file}: ${(error as Error).message}`, error);
  }
}

const unusable = /^(SQLITE_(READONLY|CANTOPEN|PERM|CORRUPT|NOTADB)|EACCES$|EPERM$|EROFS$)/;

function opened(file: string, tables: Tables): SqliteDatabase {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new Database(file);
  try {
    prepare(database, file, tables);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(database: SqliteDatabase, file: string, tables: Tables): void {
  if (file !== ':memory:') chmodSync(file, 0o600);
  database.pragma('journal_mode = WAL');
  // A power cut may take the last batches; the checkpoint goes with them, so they are built again.
  database.pragma('synchronous = NORMAL');
  // Rows and indexes of a busy fleet stay in memory, and the log is folded in seldom.
  database.pragma('cache_size = -65536');
  // What is erased is overwritten.
  database.pragma('secure_delete = ON');
  database.pragma('wal_autocheckpoint = 10000');
  if (shapeOf(database) !== tables.shape) makeTables(database, tables);
}

export function shapeOf(database: SqliteDatabase): string | undefined {
  const exists = database.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'checkpoint'`).get();
  if (exists === undefined) return undefined;
  return database.prepare<[], { shape: string }>('SELECT shape FROM checkpoint').get()?.shape;
}

/** Up to where in the log the rows show everything. */
export function checkpointOf(database: SqliteDatabase): Position {
  return database.prepare<[], { position: string }>('SELECT position FROM checkpoint').get()?.position ?? BEGINNING;
}

/** Throws every row away; events build them anew. */
export function makeTables(database: SqliteDatabase, { projections, shape, appended } = builtIn): void {
  database.transaction(() => {
    const former = database.prepare<[], { name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table'`).all();
    for (const { name } of former) database.exec(`DROP TABLE "${name.replaceAll('"', '""')}"`);
    for (const projection of projections) database.exec(tableOf(projection));
    if (appended.length > 0) database.exec(appendedTables);
    database.exec(tablesOfEngine);
    database.prepare(`INSERT INTO checkpoint VALUES (1, '', ?, 0, NULL)`).run(shape);
  })();
}

/** Makes the indexes that queries need. Called once everything stored is in the rows: sorting them all at once costs a third of one by one. */
export function makeIndexes(database: SqliteDatabase, { projections, appended } = builtIn): void {
  const statements = [
    ...projections.flatMap(indexesOf),
    ...(appended.length > 0 ? appendedIndexes : []),
    indexOfEngine,
  ];
  database.transaction(() => database.exec(statements.join('\n')))();
}

export function hasIndexes(database: SqliteDatabase): boolean {
  return (
    database.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL LIMIT 1`).get() !== undefined
  );
}

/** Opens the read models for queries; the writer may be another thread. */
export function openForReading(file: string): SqliteDatabase {
  const database = new Database(file, { readonly: true });
  database.pragma('query_only = ON');
  return database;
}

/** Everything in the read models as text, in an order that depends on nothing else: equal rows make equal text. */
export function dump(file: string): string {
  const database = openForReading(file);
  try {
    const names = [...tableNames, 'removed'].sort();
    return names.flatMap((name) => [`# ${name}`, ...linesOf(database, name)]).join('\n');
  } finally {
    database.close();
  }
}

function linesOf(database: SqliteDatabase, table: string): readonly string[] {
  const rows = database.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all();
  return rows.map(({ id: _id, ...row }) => JSON.stringify(row)).sort();
}
