import { BEGINNING } from '@app/kernel';
import { FakeClock } from './contract/store-under-test';
import { eventStoreContract } from './event-store.contract';
import { openInMemoryStore } from './index';

describe('the in-memory event store', () => {
  eventStoreContract(async () => {
    const clock = new FakeClock();
    return { store: openInMemoryStore({ clock }), clock };
  });

  it('begins empty', async () => {
    expect(await openInMemoryStore().head()).toBe(BEGINNING);
  });
});
