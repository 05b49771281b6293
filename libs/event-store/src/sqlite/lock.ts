import Database from 'better-sqlite3';
import { codedError } from '@app/kernel';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { failureError, failureOf, sqliteCode } from './failure';

/**
 * The right to write, held as a lock on a file beside the store. The system takes it back however the process ends, so there is no stale
 * lock. A file of its own, because a lock on the store itself would keep the readers out.
 */
export interface WriteLock {
  release(): void;
}

/** Holds the lock of a file until it is released or the process ends. Throws `store-in-use` when another process holds it. */
export function lockForWriting(file: string): WriteLock {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return lock(file);
  } catch (error) {
    const { code, detail } = failureOf(error, file);
    throw codedError(code, detail, error);
  }
}

function lock(file: string): WriteLock {
  const held = new Database(`${file}.lock`, { timeout: 0 });
  try {
    held.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    held.close();
    if (sqliteCode(error) === 'SQLITE_BUSY') throw failureError('store-in-use', file);
    throw error;
  }
  return { release: () => held.close() };
}
