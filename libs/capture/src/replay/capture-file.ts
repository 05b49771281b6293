import { codedError } from '@app/kernel';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CapturedExchange } from '../captured';
import { openForReading } from '../sqlite/file';
import { allCaptured, countCaptured } from '../sqlite/queries';

/** What a service captured, read beside it. */
export interface CaptureFile {
  readonly file: string;
  readonly count: number;
  /** In the order of receipt. */
  exchanges(): Iterable<CapturedExchange>;
  close(): void;
}

/** Name of the file in the folder of a service. */
export const captureFileName = 'captures.db';

/** Opens a file of captures, or that of a folder as DATA_DIR is. Throws `captures-unreadable`. */
export function openCaptureFile(place: string): CaptureFile {
  const path = resolve(place);
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, captureFileName) : path;
  try {
    const db = openForReading(file);
    if (db === undefined) throw new Error(`there is nothing at ${file}`);
    return {
      file,
      count: countCaptured(db),
      exchanges: () => allCaptured(db),
      close: () => void db.close(),
    };
  } catch (error) {
    throw codedError('captures-unreadable', (error as Error).message, error);
  }
}
