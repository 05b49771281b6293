import type { ChainKey } from '@app/event-store';
import { chained, chainKey, Seals } from '@app/event-store';
import type { Clock, EventStore, Log } from '@app/kernel';
import { codedError } from '@app/kernel';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from './configuration';

/** The event store as this run appends to it. */
export interface ChainedHistory {
  readonly store: EventStore;
  /** Seals from time to time, from now on. */
  start(): void;
  /** Seals what there is. */
  stop(): Promise<void>;
}

interface Surroundings {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly clock: Clock;
}

/** Links for everything that is appended, where there is a key for them. */
export function chainedHistory(store: EventStore, { configuration, log, clock }: Surroundings): ChainedHistory {
  const key = keyOf(configuration);
  if (key === undefined) return { store, start: () => undefined, stop: async () => undefined };
  const seals = new Seals(clock, log);
  const linked = chained(store, { key, onHead: (head) => seals.note(head) });
  seals.store = linked;
  let sealing: NodeJS.Timeout | undefined;
  return {
    store: linked,
    start: () => {
      seals.recover();
      sealing = setInterval(() => void seals.seal(), configuration.SEAL_INTERVAL * 1_000).unref();
    },
    stop: async () => {
      clearInterval(sealing);
      await seals.seal();
    },
  };
}

/** A key that one instance made for itself would be worth nothing to the others. */
function keyOf({ CHAIN_KEY, EVENT_STORE, DATA_DIR }: Configuration): ChainKey | undefined {
  if (EVENT_STORE === 'memory') return undefined;
  if (CHAIN_KEY !== undefined) return chainKey(CHAIN_KEY);
  return EVENT_STORE === 'embedded' ? chainKey(keyIn(DATA_DIR)) : undefined;
}

const fileName = 'chain-key';

/** The key that the folder keeps, made at the first start. */
function keyIn(folder: string): string {
  const file = join(folder, fileName);
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true });
  } catch {
    // It is there already, or reading says what is wrong.
  }
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key.length >= 32) return key;
  } catch (error) {
    throw codedError('data-dir-unusable', `${file}: ${(error as Error).message}`, error);
  }
  throw codedError('data-dir-unusable', `${file} holds no key; put the former one back, or give one as CHAIN_KEY`);
}
