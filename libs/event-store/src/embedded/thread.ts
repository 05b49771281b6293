import { Worker } from 'node:worker_threads';
import { extname, join } from 'node:path';

export type ThreadName = 'writer-worker' | 'reader-worker';

/** Starts a thread of the store, from compiled files as well as from sources. */
export function startThread(name: ThreadName, start: object): Worker {
  const extension = extname(__filename);
  const fromSource = extension === '.ts';
  return new Worker(join(__dirname, '..', 'sqlite', `${name}${extension}`), {
    name: `event-store ${name}`,
    workerData: start,
    // Nothing of the parent's flags: a debugger port or a test's loader is not for this thread.
    execArgv: fromSource ? ['--require', '@swc-node/register'] : [],
  });
}
