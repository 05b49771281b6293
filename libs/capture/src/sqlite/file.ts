import Database from 'better-sqlite3';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

export type SqliteDatabase = Database.Database;

/** "OCPC": says that an SQLite file holds captures of ours and not something else. */
const applicationId = 0x4f435043;
const schemaVersion = 1;

/** Texts have a table of their own, so that a list is read without them. No id is given out twice. */
const schema = `
  CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, milliseconds REAL NOT NULL, request_id TEXT NOT NULL, identity TEXT,
    operation TEXT, remote_address TEXT, status INTEGER NOT NULL, fault TEXT, quirks TEXT, masked INTEGER NOT NULL);
  CREATE INDEX exchanges_at ON exchanges (at, id);
  CREATE INDEX exchanges_identity ON exchanges (identity, id);
  CREATE TABLE texts (
    id INTEGER PRIMARY KEY REFERENCES exchanges (id) ON DELETE CASCADE, headers TEXT NOT NULL, request TEXT NOT NULL,
    response TEXT NOT NULL);
  CREATE TABLE about (key_mark TEXT);
  INSERT INTO about VALUES (NULL);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** Opens the file for the one who writes. Throws when it holds anything else. */
export function openForWriting(file: string): SqliteDatabase {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return opened(new Database(file), (db) => {
    chmodSync(file, 0o600);
    // What is deleted is gone from the disk, and gives its room back.
    db.pragma('secure_delete = ON');
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    // A power cut may take the last messages.
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    if (db.pragma('schema_version', { simple: true }) === 0) db.transaction(() => db.exec(schema))();
    check(db, file);
  });
}

/** Opens the file beside the one who writes; `undefined` while there is nothing in it. */
export function openForReading(file: string): SqliteDatabase | undefined {
  if (!existsSync(file)) return undefined;
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 1_000 });
  if (db.pragma('schema_version', { simple: true }) !== 0) return opened(db, () => check(db, file));
  db.close();
  return undefined;
}

function opened(db: SqliteDatabase, prepare: (db: SqliteDatabase) => void): SqliteDatabase {
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function check(db: SqliteDatabase, file: string): void {
  const isOurs = db.pragma('application_id', { simple: true }) === applicationId;
  if (!isOurs || db.pragma('user_version', { simple: true }) !== schemaVersion)
    throw new Error(
      `${file} holds no captured messages that this version can read. Move it away, or give another file.`,
    );
}
