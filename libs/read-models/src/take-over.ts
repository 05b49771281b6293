import type { EventStore } from '@app/kernel';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isMadeOf } from './sqlite/anchor';
import { openForReading, shape, shapeOf } from './sqlite/database';

// Read models that were built beside a running service come into its place: who built them leaves them in a file next to its own, and says
// by a second file that they are complete.

/** Where read models are built that shall come into the place of those in `file`. */
export const nextFileOf = (file: string): string => file.replace(/(\.db)?$/, '.next.db');

const readyFileOf = (file: string): string => `${nextFileOf(file)}.ready`;

/** Says that the next read models are complete. Their file must be closed. */
export function offer(file: string): void {
  writeFileSync(readyFileOf(file), '');
}

export function isOffered(file: string): boolean {
  return existsSync(readyFileOf(file));
}

/** Whether what is offered has the shape that this program reads, and comes from this history. */
export async function fits(file: string, store: Pick<EventStore, 'readStream'>): Promise<boolean> {
  if (!existsSync(nextFileOf(file))) return false;
  const next = openForReading(nextFileOf(file));
  try {
    return shapeOf(next) === shape && (await isMadeOf(store, next));
  } finally {
    next.close();
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
