import { createReadStream, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { codedError } from '@app/kernel';
import { temporaryFolder } from './temporary';

/** A file of lines that can be read as often as needed. */
export interface Spooled {
  readonly file: string;
  remove(): void;
}

/** Files by these endings are packed. */
export const isPacked = (file: string): boolean => file.endsWith('.gz');

/** Brings a packed file, or what comes in by standard input (`-`), into a temporary file in a folder in `temporary`; any other file stays where it is. */
export async function spooled(file: string, input: Readable, temporary = tmpdir()): Promise<Spooled> {
  if (file !== '-' && !isPacked(file)) return { file, remove: () => undefined };
  const { path, remove } = temporaryFolder(temporary);
  const target = join(path, 'history.ndjson');
  const write = createWriteStream(target, { mode: 0o600 });
  try {
    if (file === '-') await pipeline(input, write);
    else await pipeline(createReadStream(file), createGunzip(), write);
    return { file: target, remove };
  } catch (error) {
    remove();
    throw codedError('history-unreadable', `${file}: ${(error as Error).message}`, error);
  }
}
