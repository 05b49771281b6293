import { BEGINNING, yieldToOthers } from '@app/kernel';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { Progress } from '../projector';
import type { Interruption, Skip, StoreOpener } from '../projector-thread';
import { openLog, project, reasonOf, troublesTo } from '../projector-thread';
import { isMadeOf } from '../sqlite/anchor';
import type { SqliteDatabase, Tables } from '../sqlite/database';
import { hasIndexes, makeIndexes, makeTables, openForWriting } from '../sqlite/database';
import type { OwnProjection } from './definition';
import { readOwnProjection } from './definition';
import { rowsFileOf } from './files';
import { tablesOfOwn } from './guard';

export interface OwnStart {
  /** The file that exports the projection. */
  readonly source: string;
  /** Where its rows are kept. */
  readonly folder: string;
  readonly openStore: StoreOpener;
  /** Milliseconds between two signs of life. */
  readonly beat: number;
}

/** What is known of a projection once its file was read. */
export interface Declared {
  readonly name: string;
  readonly version: number;
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
}

export type OwnMessage =
  | { readonly kind: 'beat' }
  | ({ readonly kind: 'declared' } & Declared)
  | { readonly kind: 'refused'; readonly faults: readonly string[] }
  /** Its rows can be looked at; `anew` when those that were there came from another history. */
  | { readonly kind: 'opened'; readonly anew: boolean }
  | ({ readonly kind: 'progress' } & Progress)
  | Interruption
  | Skip;

type Port = NonNullable<typeof parentPort>;

// Runs only as a thread, one for each projection: whatever code from outside does, charge boxes are answered and other rows are built.
if (parentPort !== null) void run(parentPort, workerData as OwnStart);

async function run(port: Port, start: OwnStart): Promise<void> {
  yieldToOthers();
  const post = (message: OwnMessage) => port.postMessage(message);
  setInterval(() => post({ kind: 'beat' }), start.beat).unref();
  const projection = load(start.source);
  if ('faults' in projection) {
    post({ kind: 'refused', ...projection });
    return port.close();
  }
  const { name, version, columns, indexes } = projection;
  post({ kind: 'declared', name, version, columns: Object.keys(columns), indexes });
  // Another file may have the name already.
  const [answer] = (await once(port, 'message')) as ['go' | 'stop'];
  if (answer === 'stop') return port.close();
  // Keeps the thread alive while it opens what it needs.
  port.on('message', () => undefined);
  await build(port, start, projection);
}

function load(source: string): ReturnType<typeof readOwnProjection> {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- which file it is, is known at start
    return readOwnProjection(require(source));
  } catch (error) {
    return { faults: [`The file cannot be loaded: ${reasonOf(error)}`] };
  }
}

async function build(port: Port, { folder, openStore }: OwnStart, projection: OwnProjection): Promise<void> {
  const { name, version } = projection;
  const post = (message: OwnMessage) => port.postMessage(message);
  const tables = tablesOfOwn(projection);
  const store = await openLog(openStore);
  const database = openForWriting(rowsFileOf(folder, name, version), tables);
  const anew = !(await isMadeOf(store, database));
  if (anew) makeTables(database, tables);
  if ((await store.head()) === BEGINNING) completeEmpty(database, tables);
  post({ kind: 'opened', anew });
  const progress = (reached: Progress) => post({ kind: 'progress', ...reached });
  project(port, { store, database, signals: { ...troublesTo(post), progress }, tables });
}

/** Nothing is stored, so nothing has to be built. */
function completeEmpty(database: SqliteDatabase, tables: Tables): void {
  if (!hasIndexes(database)) makeIndexes(database, tables);
}
