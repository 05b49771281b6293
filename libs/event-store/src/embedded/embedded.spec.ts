import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '../contract/store-under-test';
import { eventStoreContract } from '../event-store.contract';
import { openEmbeddedStore } from '../index';

describe('the embedded event store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  let count = 0;
  afterAll(() => rmSync(folder, { recursive: true }));

  eventStoreContract(async () => {
    const clock = new FakeClock();
    count += 1;
    return { store: await openEmbeddedStore({ file: join(folder, `${count}.db`), clock }), clock };
  });
});
