import type { WriteLock } from '@app/event-store';
import { lockForWriting } from '@app/event-store';
import { hasCode } from '@app/kernel';
import { randomBytes } from 'node:crypto';
import { chownSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A folder for what a look needs while it lasts: rows and events with idTags in clear. */
export interface TemporaryFolder {
  readonly path: string;
  readonly remove: () => void;
}

const nameOf = (letters: string) => `history-${letters}.tmp`;
const lockName = /^(history-[0-9a-f]{16}\.tmp)\.lock$/;

/** Makes a folder that nobody else may read. It goes with `remove`, or when the process exits; what killed processes left in `parent` goes too. */
export function temporaryFolder(parent: string): TemporaryFolder {
  removeLeftovers(parent);
  const [path, lock] = newName(parent);
  const remove = () => {
    process.off('exit', remove);
    removeAll(path, lock);
  };
  process.once('exit', remove);
  mkdirSync(path, { mode: 0o700 });
  giveToOwnerOf(parent, path);
  return { path, remove };
}

function newName(parent: string): readonly [string, WriteLock] {
  const path = join(parent, nameOf(randomBytes(8).toString('hex')));
  try {
    return [path, lockForWriting(path)];
  } catch (error) {
    // Somebody who looked for leftovers had it for a moment.
    if (hasCode(error, 'store-in-use')) return newName(parent);
    throw error;
  }
}

/** The system takes the lock of a process back however that ends: where it can be had, nobody uses the folder. */
export function removeLeftovers(parent: string): void {
  // In a folder for everybody, a file of a stranger may be anything.
  const ours = new Set([statSync(parent).uid, process.geteuid?.()]);
  for (const name of readdirSync(parent)) {
    const [, folder] = lockName.exec(name) ?? [];
    if (folder === undefined) continue;
    try {
      const made = lstatSync(join(parent, name));
      const path = join(parent, folder);
      if (made.isFile() && ours.has(made.uid)) removeAll(path, lockForWriting(path));
    } catch {
      // It is in use, or just went.
    }
  }
}

function removeAll(path: string, lock: WriteLock): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    rmSync(`${path}.lock`, { force: true });
  } finally {
    lock.release();
  }
}

/** What root leaves when it is killed, the owner of `parent` can remove. */
function giveToOwnerOf(parent: string, path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(parent);
  for (const made of [path, `${path}.lock`]) chownSync(made, uid, gid);
}
