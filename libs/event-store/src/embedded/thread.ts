import { Worker } from 'node:worker_threads';
import { extname, join } from 'node:path';

export type ThreadName = 'writer-worker' | 'reader-worker';

/** Starts a thread of the store, from compiled files as well as from sources. */
export function startThread(name: ThreadName, start: object): Worker {
  const extension = extname(__filename);
  const file = join(__dirname, '..', 'sqlite', `${name}${extension}`);
  // None of the parent's flags: a debugger's port or a loader of the tests is not for this thread.
  const options = { name: `event-store ${name}`, workerData: start, execArgv: [] };
  return extension === '.ts' ? new Worker(fromSource(file), { ...options, eval: true }) : new Worker(file, options);
}

/** A thread does not inherit what lets its parent, a test runner, read sources. This is the least that will do. */
function fromSource(file: string): string {
  return `
    const { transformFileSync } = require('@swc/core');
    require.extensions['.ts'] = (module, path) => module._compile(transformFileSync(path).code, path);
    require(${JSON.stringify(file)});`;
}
