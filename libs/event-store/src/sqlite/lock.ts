import Database from 'better-sqlite3';
import { failureError, sqliteCode } from './failure';

/**
 * The right to write, held as a lock on a file beside the store. The system takes it back however the process ends, so there is no stale
 * lock. A file of its own, because a lock on the store itself would keep the readers out.
 */
export interface WriteLock {
  release(): void;
}

export function lockForWriting(file: string): WriteLock {
  const lock = new Database(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (sqliteCode(error) === 'SQLITE_BUSY') throw failureError('store-in-use', file);
    throw error;
  }
  return { release: () => lock.close() };
}
