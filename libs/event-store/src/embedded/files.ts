import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { codedError } from '@app/kernel';

/** Makes sure that the files are there and nobody else may read them; SQLite gives what it makes beside them the same rights. */
export function prepareFiles(file: string): void {
  try {
    const folder = dirname(file);
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) makeDurable(dirname(made));
    for (const path of [file, `${file}.lock`]) if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    makeDurable(folder);
  } catch (cause) {
    throw codedError('store-unwritable', `${file}: ${(cause as Error).message}`, cause);
  }
}

/** The entry of a new file in its folder would not survive a power cut without this. */
function makeDurable(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
