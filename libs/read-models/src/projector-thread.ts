import type { EventStore } from '@app/kernel';
import type { MessagePort } from 'node:worker_threads';
import type { ProjectorSignals } from './projector';
import { Projector } from './projector';
import type { SqliteDatabase, Tables } from './sqlite/database';
import type { Learning } from './sqlite/veil-keys';

/** How the thread opens its own view of the log: a module that exports `openForProjector`, and what to give it. */
export interface StoreOpener {
  readonly module: string;
  readonly options: unknown;
}

export type ThreadStore = EventStore & { wake?(): void } & Partial<Learning>;

export type Interruption = { readonly kind: 'interrupted'; readonly reason: string; readonly retryIn: number };
export type Skip = {
  readonly kind: 'skipped';
  readonly type: string;
  readonly stream: string;
  readonly position: string;
  readonly reason: string;
};

export function openLog({ module, options }: StoreOpener): Promise<ThreadStore> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- which store it is, is known at start
  const { openForProjector } = require(module) as {
    openForProjector(this: void, options: unknown): Promise<ThreadStore>;
  };
  return openForProjector(options);
}

/** Tells whoever started the thread what goes wrong. */
export function troublesTo(post: (message: Interruption | Skip) => void): Omit<ProjectorSignals, 'progress'> {
  return {
    skipped: ({ type, stream, position }, error) =>
      post({ kind: 'skipped', type, stream, position, reason: reasonOf(error) }),
    interrupted: (error, retryIn) => post({ kind: 'interrupted', reason: reasonOf(error), retryIn }),
  };
}

interface Parts {
  readonly store: ThreadStore;
  readonly database: SqliteDatabase;
  readonly signals: ProjectorSignals;
  readonly tables?: Tables;
}

/** Builds rows until it is told to stop; then everything is closed, and the thread ends. */
export function project(port: MessagePort, { store, database, signals, tables }: Parts): void {
  const projector = new Projector(store, database, signals, tables);
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

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
