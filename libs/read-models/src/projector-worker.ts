import type { EventStore } from '@app/kernel';
import { yieldToOthers } from '@app/kernel';
import { parentPort, workerData } from 'node:worker_threads';
import type { Progress } from './projector';
import { Projector } from './projector';
import { openForWriting } from './sqlite/database';

/** How the thread opens its own view of the log: a module that exports `openForProjector`, and what to give it. */
export interface StoreOpener {
  readonly module: string;
  readonly options: unknown;
}

export interface WorkerStart {
  readonly file: string;
  readonly openStore: StoreOpener;
}

export type WorkerMessage =
  | ({ readonly kind: 'progress' } & Progress)
  | {
      readonly kind: 'skipped';
      readonly type: string;
      readonly stream: string;
      readonly position: string;
      readonly reason: string;
    }
  | { readonly kind: 'interrupted'; readonly reason: string; readonly retryIn: number };

// Runs only as a thread: building rows beside the thread that answers charge boxes keeps their answers fast.
if (parentPort !== null) void run(parentPort, workerData as WorkerStart);

async function run(port: NonNullable<typeof parentPort>, { file, openStore }: WorkerStart): Promise<void> {
  // Charge boxes are answered first, rows come later.
  yieldToOthers();
  const post = (message: WorkerMessage) => port.postMessage(message);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- which store it is, is known at start
  const { openForProjector } = require(openStore.module) as {
    openForProjector(this: void, options: unknown): Promise<EventStore & { wake?(): void }>;
  };
  const store = await openForProjector(openStore.options);
  const database = openForWriting(file);
  const projector = new Projector(store, database, {
    progress: (progress) => post({ kind: 'progress', ...progress }),
    skipped: ({ type, stream, position }, error) =>
      post({ kind: 'skipped', type, stream, position, reason: reasonOf(error) }),
    interrupted: (error, retryIn) => post({ kind: 'interrupted', reason: reasonOf(error), retryIn }),
  });
  port.on('message', (message: 'wake' | 'stop') => {
    if (message === 'wake') {
      projector.hurry();
      return store.wake?.();
    }
    void projector
      .stop()
      .then(() => store.close())
      .then(() => {
        database.close();
        port.close();
      });
  });
  projector.start();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
