import { BEGINNING } from '@app/kernel';
import { Collector, events, fresh } from './store-under-test';
import type { OpenStore } from './store-under-test';

export function closeContract(open: OpenStore): void {
  const refusal = { code: 'store-closed' };

  describe('close', () => {
    it('finishes what was taken', async () => {
      const { store } = await open();
      const stream = fresh('close');
      await store.append(stream, events(3), 'any');
      const taken = [
        ...Array.from({ length: 50 }, () => store.append(stream, events(1), 'any')),
        store.readAll({ limit: 1 }),
      ];
      const retained = store.retain(stream, { maxCount: 10 });
      await store.close();
      expect((await Promise.allSettled([...taken, retained])).map(({ status }) => status)).not.toContain('rejected');
    });

    it('refuses what comes later', async () => {
      const { store } = await open();
      const closing = store.close();
      await expect(store.append(fresh('close'), events(1), 'any')).rejects.toMatchObject(refusal);
      await closing;
      await expect(store.append(fresh('close'), events(1), 'any')).rejects.toMatchObject(refusal);
      await expect(store.readStream('close', { limit: 1 })).rejects.toMatchObject(refusal);
      await expect(store.readAll({ limit: 1 })).rejects.toMatchObject(refusal);
      await expect(store.retain('close', {})).rejects.toMatchObject(refusal);
      await expect(store.head()).rejects.toMatchObject(refusal);
      await expect(store.subscribe({ after: BEGINNING }, () => undefined).ended).rejects.toMatchObject(refusal);
    });

    it('is safe to ask for twice', async () => {
      const { store } = await open();
      await Promise.all([store.close(), store.close()]);
      await expect(store.close()).resolves.toBeUndefined();
    });

    it('ends subscriptions that were not stopped', async () => {
      const { store } = await open();
      const collector = new Collector();
      const subscription = store.subscribe({ after: await store.head() }, collector.take);
      await collector.until((so) => so.caughtUp);
      await store.close();
      await expect(subscription.ended).rejects.toMatchObject(refusal);
      await subscription.stop();
    });
  });
}
