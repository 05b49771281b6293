import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';

/** Starts a thread, from a compiled file as well as from a source. */
export function startThread(file: string, name: string, workerData: object, resourceLimits?: ResourceLimits): Worker {
  // None of the parent's flags: a debugger's port or a loader of the tests is not for this thread.
  const options = { name, workerData, execArgv: [], ...(resourceLimits && { resourceLimits }) };
  return file.endsWith('.ts') ? new Worker(fromSource(file), { ...options, eval: true }) : new Worker(file, options);
}

/** A thread does not inherit what lets its parent, a test runner, read sources. This is the least that will do. */
function fromSource(file: string): string {
  return `
    const { transformFileSync } = require('@swc/core');
    require.extensions['.ts'] = (module, path) => module._compile(transformFileSync(path).code, path);
    require(${JSON.stringify(file)});`;
}

/** For a thread: when there is not enough processor for all, others go first. Linux only; elsewhere all threads are alike. */
export function yieldToOthers(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (thread !== process.pid) setPriority(thread, 10);
  } catch {
    // Only speed suffers.
  }
}
