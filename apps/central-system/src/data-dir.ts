import { codedError } from '@app/kernel';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Makes the folder if need be. Throws `data-dir-unusable` when it is none, or not ours to write. */
export function prepareDataDir(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!statSync(folder).isDirectory()) throw new Error('it is a file');
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw codedError('data-dir-unusable', `${folder}: ${(error as Error).message}`, error);
  }
}

/** The name of the instance that this folder belongs to, made at the first start: host names may be shared, folders are not. */
export function instanceNameOf(folder: string): string {
  const file = join(folder, 'instance-name');
  try {
    const kept = readFileSync(file, 'utf8').trim();
    if (/^[A-Za-z0-9._-]{1,63}$/.test(kept)) return kept;
  } catch {
    // It is the first start.
  }
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 50);
  const name = `${host}-${randomBytes(4).toString('hex')}`;
  writeFileSync(file, `${name}\n`, { mode: 0o600 });
  return name;
}
