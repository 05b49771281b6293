import { forgetsItsPast } from '@app/charge-box';
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
  /** The secret of this history, which all instances on it share; absent where they share none. */
  readonly secret?: string;
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
  const secret = secretOf(configuration);
  if (secret === undefined || configuration.EVENT_STORE === 'memory')
    return { store, ...(secret && { secret }), start: () => undefined, stop: async () => undefined };
  const key = chainKey(secret);
  const seals = new Seals(clock, log);
  const linked = chained(store, { key, forgets: forgetsItsPast, onHead: (head) => seals.note(head) });
  seals.store = linked;
  let sealing: NodeJS.Timeout | undefined;
  return {
    store: linked,
    secret,
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
function secretOf({ CHAIN_KEY, EVENT_STORE, DATA_DIR }: Configuration): string | undefined {
  if (EVENT_STORE === 'memory') return randomBytes(32).toString('base64url');
  return CHAIN_KEY ?? (EVENT_STORE === 'embedded' ? keyIn(DATA_DIR) : undefined);
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
