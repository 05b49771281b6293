import type { EventStore } from '@app/kernel';
import { accessSync, constants, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isMadeOf } from './sqlite/anchor';
import { openForReading, shape, shapeOf } from './sqlite/database';

// Read models that were built beside a running service come into its place: who built them leaves them in a file next to its own, and says
// by a second file that they are complete.

/** Where read models are built that shall come into the place of those in `file`. */
export const nextFileOf = (file: string): string => file.replace(/(\.db)?$/, '.next.db');

const readyFileOf = (file: string): string => `${nextFileOf(file)}.ready`;

/** Says that the next read models are complete. Their file must be closed. Returns what `isInUse` knows them by. */
export function offer(file: string): number {
  const { ino } = statSync(nextFileOf(file));
  writeFileSync(readyFileOf(file), '');
  return ino;
}

/** Whether what was offered has come into its place. */
export function isInUse(file: string, offered: number): boolean {
  return statSync(file).ino === offered;
}

export function isOffered(file: string): boolean {
  return existsSync(readyFileOf(file));
}

/** Why what is offered cannot be taken: it has not the shape that this program reads, comes from another history, or cannot be opened. */
export async function misfitOf(
  file: string,
  store: Pick<EventStore, 'readStream'>,
): Promise<{ readonly what: string; readonly about?: object } | undefined> {
  try {
    return (await fits(nextFileOf(file), store)) ? undefined : { what: 'are not of this history or of this version' };
  } catch (error) {
    return { what: 'cannot be opened', about: { err: error } };
  }
}

async function fits(next: string, store: Pick<EventStore, 'readStream'>): Promise<boolean> {
  accessSync(next, constants.R_OK | constants.W_OK);
  const database = openForReading(next);
  try {
    return shapeOf(database) === shape && (await isMadeOf(store, database));
  } finally {
    database.close();
  }
}

/** Puts what is offered into the place of the rows in `file`, which nobody may have open. */
export function takeOver(file: string): void {
  for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
  renameSync(nextFileOf(file), file);
  // Who looked into it left these; it was closed, so they hold nothing.
  for (const end of ['-wal', '-shm', '.ready']) rmSync(`${nextFileOf(file)}${end}`, { force: true });
}

/** Throws away what is offered, or half built. */
export function discard(file: string): void {
  rmSync(readyFileOf(file), { force: true });
  for (const end of ['', '-wal', '-shm']) rmSync(`${nextFileOf(file)}${end}`, { force: true });
}
