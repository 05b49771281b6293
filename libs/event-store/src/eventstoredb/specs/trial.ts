import { EventStoreDBClient } from '@eventstore/db-client';
import { EventStoreDbDouble } from '../../../../../test/support/eventstoredb/double';
import type { DoubleOptions } from '../../../../../test/support/eventstoredb/double';
import { openEventStoreDb } from '../../index';
import type { EventStoreDbOptions, EventStoreDbStore } from '../../index';

/** Doubles, stores and clients of one spec, all ended after each test. */
export function trial() {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  return {
    /** Ended after the test, in the opposite order of the beginnings. */
    ending: <Ended extends { stop(): Promise<unknown> }>(one: Ended): Ended => {
      ends.push(() => one.stop());
      return one;
    },
    double: async (options: DoubleOptions = {}): Promise<EventStoreDbDouble> => {
      const double = await new EventStoreDbDouble(options).start();
      ends.push(() => double.stop());
      return double;
    },
    store: async (connectionString: string, options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbStore> => {
      const quick = { callTimeout: 400, patience: 6_000, watchEvery: 200 };
      const store = await openEventStoreDb({ connectionString, ...quick, ...options });
      ends.push(() => store.close());
      return store;
    },
    /** The client as it is, to show what it suffers. */
    rawClient: (connectionString: string): EventStoreDBClient => {
      const client = EventStoreDBClient.connectionString(connectionString);
      ends.push(() => endOf(client));
      return client;
    },
  };
}

/** The client may wait for ever for a call that is dead, and leaves its connection up. */
async function endOf(client: EventStoreDBClient): Promise<void> {
  await fate(client.dispose(), 200);
  const inside = client as unknown as { getChannel(): Promise<{ close(): void }> };
  (await inside.getChannel()).close();
}

/** What became of a promise within some milliseconds. */
export function fate(work: Promise<unknown>, milliseconds = 400): Promise<'settled' | 'pending'> {
  const settled = work.then(
    () => 'settled' as const,
    () => 'settled' as const,
  );
  return Promise.race([
    settled,
    new Promise<'pending'>((resolve) => setTimeout(() => resolve('pending'), milliseconds)),
  ]);
}

/** Looks again until it is so, or the test runs out of time. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
