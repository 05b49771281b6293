import { codedError } from '@app/kernel';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Files of the folder that are taken for projections, in the order of their names. Throws `projections-dir-unusable`. */
export function sourcesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\.c?js$/.test(name) && !name.startsWith('.'));
    const files = names.sort().map((name) => join(resolve(folder), name));
    return files.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  } catch (error) {
    throw codedError('projections-dir-unusable', `${folder}: ${(error as Error).message}`, error);
  }
}

/** The file with the rows of one version of a projection. */
export const rowsFileOf = (folder: string, name: string, version: number): string =>
  join(folder, `${name}.v${version}.db`);

/** Removes rows that nobody goes on with: whatever is erased would stay in them. */
export function removeRows(folder: string, isLeft: (name: string, version: number) => boolean): void {
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder)) {
    const [, name, version] = /^(.*)\.v(\d+)\.db(?:-wal|-shm)?$/.exec(file) ?? [];
    if (name !== undefined && isLeft(name, Number(version))) rmSync(join(folder, file), { force: true });
  }
}
