import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { failureError } from './failure';

/** "OCPE": says that an SQLite file is an event store of ours and not something else. */
const applicationId = 0x4f435045;
const schemaVersion = 1;

/**
 * Streams and types are integers in the table of events: its unique index stays small, and a filter never looks at text.
 * The columns that a filter reads come before those that may spill over to further pages.
 * The newest event of a stream is never deleted. So neither a revision nor a position is ever given out twice.
 */
const schema = `
  CREATE TABLE streams (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    max_count INTEGER,
    max_age   REAL
  );
  CREATE INDEX ageing_streams ON streams (id) WHERE max_age IS NOT NULL;
  CREATE TABLE types (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  );
  CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    stream_id   INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    type_id     INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    id          TEXT NOT NULL,
    data        TEXT NOT NULL,
    metadata    TEXT NOT NULL
  );
  CREATE UNIQUE INDEX event_of_stream ON events (stream_id, revision);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/**
 * Pages in the log of SQLite before they are copied into the file. Four times the default: as many appends again are not held up by it.
 * A thread of its own for this was tried and won nothing that could be measured on two cores.
 */
const checkpointPages = 4000;

/** `maxBytes`: most bytes of the file, the log of pages that wait to be copied into it not counted. */
export function openWritable(file: string, maxBytes?: number): Database.Database {
  return opened(new Database(file), (db) => {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    db.pragma('cache_size = -65536');
    // What is deleted is overwritten: an erasure means it.
    db.pragma('secure_delete = ON');
    if (maxBytes !== undefined) {
      db.pragma(`max_page_count = ${String(Math.floor(maxBytes / Number(db.pragma('page_size', { simple: true }))))}`);
    }
    if (isEmpty(db)) db.transaction(() => db.exec(schema))();
    checkSchema(db, file);
    refuseUnwritable(db);
  });
}

export function openReadable(file: string): Database.Database {
  if (!existsSync(file)) throw failureError('store-unwritable', `${file} does not exist`);
  return opened(new Database(file, { readonly: true, fileMustExist: true, timeout: 1000 }), (db) => {
    db.pragma('cache_size = -16384');
    checkSchema(db, file);
  });
}

/** SQLite opens a file that it may only read without a word, and says so at the first change. This is one that changes nothing. */
function refuseUnwritable(db: Database.Database): void {
  db.exec('BEGIN');
  touch(db);
  db.exec('ROLLBACK');
}

/** Writes to the file what stands there: fails as any other change would. */
export function touch(db: Database.Database): void {
  db.pragma(`user_version = ${schemaVersion}`);
}

function opened(db: Database.Database, prepare: (db: Database.Database) => void): Database.Database {
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function isEmpty(db: Database.Database): boolean {
  return db.pragma('schema_version', { simple: true }) === 0;
}

function checkSchema(db: Database.Database, file: string): void {
  if (db.pragma('application_id', { simple: true }) !== applicationId)
    throw failureError('store-corrupted', `${file} is no event store`);
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > schemaVersion) throw failureError('store-newer', `${file} has version ${version} of the schema`);
}
