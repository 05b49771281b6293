import { randomBytes } from 'node:crypto';
import { EventStoreDbDouble } from '../../../../test/support/eventstoredb/double';
import { FakeClock } from '../contract/store-under-test';
import { eventStoreContract } from '../event-store.contract';
import { openEventStoreDb, redacted } from '../index';
import type { EventStoreDbOptions, EventStoreDbStore } from '../index';

// What every store promises, on EventStoreDB: on a double of its protocol, and on a real server where ESDB_TEST_CONNECTION names one. The
// user needs to read $all. Each store there has a namespace of its own, which is left behind.

const server = process.env.ESDB_TEST_CONNECTION;
const opened: EventStoreDbStore[] = [];
afterAll(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function open(options: EventStoreDbOptions): Promise<EventStoreDbStore> {
  const store = await openEventStoreDb({ watchEvery: 500, ...options });
  opened.push(store);
  return store;
}

describe('on the double', () => {
  const clock = new FakeClock();
  const double = new EventStoreDbDouble({ now: () => clock.now() });
  beforeAll(() => double.start());
  afterAll(async () => {
    for (const store of opened.splice(0)) await store.close();
    await double.stop();
  });

  eventStoreContract(
    async () => ({ store: await open({ connectionString: double.connectionString }), clock }),
    'in-time',
  );
});

if (server === undefined) {
  process.stderr.write('The contract on a real EventStoreDB is skipped: ESDB_TEST_CONNECTION is not set.\n');
} else {
  process.stderr.write(`The contract runs on ${redacted(server)}.\n`);
  describe('on a real server', () => {
    eventStoreContract(
      async () => {
        const namespace = `contract_${randomBytes(8).toString('hex')}`;
        return { store: await open({ connectionString: server, namespace }), clock: undefined };
      },
      'in-time',
      'real',
    );
  });
}
