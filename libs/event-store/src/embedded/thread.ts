import { startThread as startFile } from '@app/kernel';
import { extname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';

export type ThreadName = 'writer-worker' | 'reader-worker';

/** Starts a thread of the store. */
export function startThread(name: ThreadName, start: object): Worker {
  const file = join(__dirname, '..', 'sqlite', `${name}${extname(__filename)}`);
  return startFile(file, `event-store ${name}`, start);
}
