import { removeLeftovers } from '@app/history';
import { InvalidArgumentError } from 'commander';
import { accessSync, constants, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';

/** The folder that `--temp` names. */
export function temporaryFrom(text: string): string {
  const folder = resolve(text);
  if (!isWritable(folder)) throw new InvalidArgumentError('It must be a folder that is there and may be written.');
  return folder;
}

/**
 * The first of some folders that may be written, without what killed calls left there. The folder of the system comes last: it may be memory, of
 * a container for one, where it counts as that of the service.
 */
export function temporaryIn(wanted: readonly (string | undefined)[]): string {
  const folder = wanted.find((each) => each !== undefined && isWritable(each)) ?? tmpdir();
  removeLeftovers(folder);
  return folder;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}
