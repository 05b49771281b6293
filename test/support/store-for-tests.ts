import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openEmbeddedStore, openEventStoreDb } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { EventStoreDbDouble } from './eventstoredb/double';

/** An event store that holds nothing yet, for one service under test. */
export interface StoreForTests {
  readonly environment: Readonly<Record<string, string>>;
  /** Opens what services that had a folder have stored. */
  open(folder: string): Promise<EventStore>;
  stop(): Promise<void>;
}

/**
 * The store that `TEST_EVENT_STORE` names: `memory`, `embedded`, `double` for EventStoreDB's protocol in this process, or a
 * connection string of a real server, on which each service under test gets a namespace of its own.
 */
export async function storeForTests(usual = 'memory'): Promise<StoreForTests> {
  const named = process.env.TEST_EVENT_STORE ?? usual;
  if (named === 'double') {
    const double = await new EventStoreDbDouble().start();
    const { connectionString } = double;
    const open = () => openEventStoreDb({ connectionString });
    return { environment: { EVENT_STORE: connectionString }, open, stop: () => double.stop() };
  }
  const stop = async () => undefined;
  if (!named.includes('://')) {
    const open = (folder: string) => openEmbeddedStore({ file: join(folder, 'events.db') });
    return { environment: { EVENT_STORE: named }, open, stop };
  }
  const namespace = `test_${randomUUID().replaceAll('-', '')}`;
  const open = () => openEventStoreDb({ connectionString: named, namespace });
  return { environment: { EVENT_STORE: named, EVENT_STORE_NAMESPACE: namespace }, open, stop };
}
