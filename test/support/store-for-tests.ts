import { randomUUID } from 'node:crypto';
import { EventStoreDbDouble } from './eventstoredb/double';

/** An event store that holds nothing yet, for one service under test. */
export interface StoreForTests {
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * The store that `TEST_EVENT_STORE` names: `memory` (the default), `embedded`, `double` for EventStoreDB's protocol in this process, or a
 * connection string of a real server, on which each service under test gets a namespace of its own.
 */
export async function storeForTests(): Promise<StoreForTests> {
  const named = process.env.TEST_EVENT_STORE ?? 'memory';
  if (named === 'double') {
    const double = await new EventStoreDbDouble().start();
    return { environment: { EVENT_STORE: double.connectionString }, stop: () => double.stop() };
  }
  const environment: Record<string, string> = { EVENT_STORE: named };
  if (named.includes('://')) environment.EVENT_STORE_NAMESPACE = `test_${randomUUID().replaceAll('-', '')}`;
  return { environment, stop: async () => undefined };
}
