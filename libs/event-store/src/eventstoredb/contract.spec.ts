import { EventStoreDbDouble } from '../../../../test/support/eventstoredb/double';
import { FakeClock } from '../contract/store-under-test';
import { eventStoreContract } from '../event-store.contract';
import { openEventStoreDb } from '../index';
import type { EventStoreDbStore } from '../index';

// What every store promises, on EventStoreDB: on a double of its protocol, and on a real server where ESDB_TEST_CONNECTION names one.

const clock = new FakeClock();
const double = new EventStoreDbDouble({ now: () => clock.now() });
const opened: EventStoreDbStore[] = [];
beforeAll(() => double.start());
afterAll(async () => {
  for (const store of opened.splice(0)) await store.close();
  await double.stop();
});

describe('on the double', () => {
  eventStoreContract(async () => {
    const store = await openEventStoreDb({ connectionString: double.connectionString, watchEvery: 500 });
    opened.push(store);
    return { store, clock };
  }, 'in-time');
});
