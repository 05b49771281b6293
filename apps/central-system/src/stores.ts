import type { ReadinessCheck } from '@app/api';
import { idTagVeiling } from '@app/charge-box';
import {
  lockForWriting,
  openEmbeddedStore,
  openEventStoreDb,
  openInMemoryStore,
  TextKeys,
  veiledForRows,
} from '@app/event-store';
import type { WriteLock } from '@app/event-store';
import type { EventStore, Log, Position } from '@app/kernel';
import { codedError, hasCode } from '@app/kernel';
import type { StoreOpener } from '@app/read-models';
import { OwnProjections, ReadModels } from '@app/read-models';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Configuration } from './configuration';
import { projectionsFolderIn, readModelsFileIn } from './leftovers';
import type { LogPlace } from './store-opener';

/** The event store that the configuration names, and the read models that are built from it. */
export interface History {
  readonly store: EventStore;
  /** What tokens in the log mean. */
  readonly keys: TextKeys;
  readonly readModels: ReadModels;
  /** Opens the log once more, in a thread; absent where it is only in memory. */
  readonly openStore?: StoreOpener;
  /** What is known of the store besides whether it answers. */
  readonly about: () => string | undefined;
  /** Rejects with the reason when the store answers and yet takes nothing. */
  readonly check: () => Promise<void>;
  /** Closes the store. The read models are stopped before. */
  close(): Promise<void>;
}

/** Opens the event store. Rejects with a coded error. */
export function openHistory(configuration: Configuration, log: Log): Promise<History> {
  const { EVENT_STORE } = configuration;
  if (EVENT_STORE === 'memory') return inMemory(configuration, log);
  return EVENT_STORE === 'embedded' ? embedded(configuration, log) : eventStoreDb(configuration, log);
}

async function inMemory({ DATA_DIR }: Configuration, log: Log): Promise<History> {
  const store = openInMemoryStore();
  const file = join(DATA_DIR, `read-models-${process.pid}-${Date.now()}.db`);
  const readModels = new ReadModels({ file, store: veiledForRows(store, idTagVeiling), log, disposable: true });
  await readModels.prepare();
  return {
    store,
    keys: new TextKeys(),
    readModels,
    about: () => undefined,
    check: takesAll,
    close: () => store.close(),
  };
}

async function embedded({ DATA_DIR }: Configuration, log: Log): Promise<History> {
  const file = join(DATA_DIR, 'events.db');
  const store = await openEmbeddedStore({ file });
  const openStore = openerOf({ kind: 'embedded', file });
  return closedOnFailure(store, async () => ({
    store,
    ...(await openReadModels({ DATA_DIR, store, log }, openStore)),
    openStore,
    about: () => undefined,
    check: () => store.check(),
    close: () => store.close(),
  }));
}

/** The read models are files of this instance: two instances on one folder would write the same rows. */
async function eventStoreDb(configuration: Configuration, log: Log): Promise<History> {
  const { DATA_DIR, EVENT_STORE: connectionString, EVENT_STORE_NAMESPACE: namespace } = configuration;
  const patience = configuration.EVENT_STORE_PATIENCE * 1_000;
  const place = { connectionString, ...(namespace === undefined ? {} : { namespace }) };
  const lock = lockOf(DATA_DIR);
  try {
    const store = await openEventStoreDb({ ...place, patience, log });
    const openStore = openerOf({ kind: 'eventstoredb', ...place });
    return await closedOnFailure(store, async () => ({
      store,
      ...(await openReadModels({ DATA_DIR, store, log }, openStore)),
      openStore,
      about: () => {
        const { node, live } = store.status();
        return live ? node : `${node}; no news of new events at the moment, they are looked for`;
      },
      check: takesAll,
      close: () => store.close().finally(() => lock.release()),
    }));
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether a server takes what is appended only an append tells. */
const takesAll = async (): Promise<void> => undefined;

function lockOf(folder: string): WriteLock {
  try {
    return lockForWriting(readModelsFileIn(folder));
  } catch (error) {
    throw hasCode(error, 'store-in-use') ? codedError('data-dir-in-use', folder, error) : error;
  }
}

const openerOf = (place: LogPlace): StoreOpener => ({
  module: join(__dirname, `store-opener${__filename.slice(-3)}`),
  options: place,
});

async function openReadModels(
  { DATA_DIR, store, log }: { readonly DATA_DIR: string; readonly store: EventStore; readonly log: Log },
  openStore: StoreOpener,
): Promise<Pick<History, 'readModels' | 'keys'>> {
  const file = readModelsFileIn(DATA_DIR);
  const readModels = new ReadModels({ file, store: veiledForRows(store, idTagVeiling), openStore, log });
  await readModels.prepare();
  const keys = new TextKeys();
  keys.seed(readModels.tokens());
  return { readModels, keys };
}

async function closedOnFailure(store: EventStore, open: () => Promise<History>): Promise<History> {
  try {
    return await open();
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The projections that live outside of the service, over this history. */
export function ownProjections(
  { store, openStore }: History,
  { PROJECTIONS_DIR: sources, DATA_DIR }: Configuration,
  log: Log,
): OwnProjections {
  if (sources === undefined || openStore === undefined) return new OwnProjections();
  return new OwnProjections({ sources, folder: projectionsFolderIn(DATA_DIR), store, openStore, log });
}

/** Milliseconds in which a store has to say where its log ends. */
const patience = 2_000;

/** Whether the store answers, and where its log ends. */
export async function checkStore({
  store,
  about,
  check,
}: History): Promise<{ check: ReadinessCheck; head?: Position }> {
  const late = new AbortController();
  try {
    const answer = check().then(() => store.head());
    const head = await Promise.race([answer, pause(patience, undefined, { signal: late.signal, ref: false })]);
    if (head === undefined) return { check: { status: 'down', detail: 'The event store does not answer.' } };
    const detail = about();
    return { check: { status: 'up', ...(detail === undefined ? {} : { detail }) }, head };
  } catch (error) {
    return { check: { status: 'down', detail: (error as Error).message } };
  } finally {
    late.abort();
  }
}
