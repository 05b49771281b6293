import { BEGINNING, NO_STREAM } from '@app/kernel';
import { status } from '@grpc/grpc-js';
import { events, stored } from '../../contract/store-under-test';
import { fate, trial, until } from './trial';

const { double: newDouble, store: newStore, rawClient } = trial();

describe('the newest event', () => {
  it('is ours, however many of others and of the system stand behind it', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString, { namespace: 'one', watchEvery: 600_000 });
    const other = await newStore(double.connectionString, { namespace: 'other', watchEvery: 600_000 });
    expect(await store.head()).toBe(BEGINNING);
    await store.append('s', events(3), NO_STREAM);
    const head = await store.head();
    for (const count of [9, 30, 1]) {
      await other.append(`s${count}`, events(count), NO_STREAM);
      await other.retain(`s${count}`, { maxCount: 100 });
      expect(await store.head()).toBe(head);
      expect(await store.head()).toBe(head);
    }
    const appended = await store.append('s', events(1), 2);
    expect(await store.head()).toBe(appended.outcome === 'appended' && appended.position);
  });

  it('is looked for anew when the server comes back with an earlier history', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString, { watchEvery: 600_000 });
    await store.append('s', events(2), NO_STREAM);
    const head = await store.head();
    await store.append('s', events(5), 1);
    expect((await store.head()) > head).toBe(true);
    double.log.loseAfter(2);
    expect(await store.head()).toBe(head);
  });
});

describe('a read', () => {
  it('of a stream that is not there is an empty page, two hundred times over', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString, { callTimeout: 5_000 });
    const pages = await Promise.all(Array.from({ length: 200 }, (_, i) => store.readStream(`none-${i}`, { limit: 1 })));
    expect(new Set(pages.map(({ lastRevision }) => lastRevision))).toEqual(new Set([NO_STREAM]));
  });

  it('that fails leaves nothing behind: the client lives on after two hundred', async () => {
    const double = await newDouble();
    await (await newStore(double.connectionString)).append('s', events(300), NO_STREAM);
    const store = await newStore(double.connectionString, { patience: 1 });
    for (let i = 0; i < 200; i += 1) {
      double.faults.refuse = { code: status.UNAVAILABLE, times: 1 };
      await store.readStream('s', { limit: 200 }).catch(() => undefined);
    }
    delete double.faults.refuse;
    expect(await stored(store, 's')).toHaveLength(300);
    await until(() => double.openReads === double.subscriptions);
  });

  it('that comes slowly is read to its end, however long that takes, for it is not silent', async () => {
    const double = await newDouble();
    await (await newStore(double.connectionString)).append('s', events(30), NO_STREAM);
    const store = await newStore(double.connectionString, { callTimeout: 100, patience: 1 });
    double.faults.slowPages = 50;
    expect(await stored(store, 's')).toHaveLength(30);
  });

  it('that nobody answers is given up and its call ended: two hundred do not use up the connection', async () => {
    const double = await newDouble();
    await (await newStore(double.connectionString)).append('s', events(3), NO_STREAM);
    const store = await newStore(double.connectionString, { callTimeout: 100, patience: 1 });
    double.faults.silent = true;
    const reads = Array.from({ length: 200 }, () => store.readStream('s', { limit: 10 }));
    expect(new Set((await Promise.allSettled(reads)).map((read) => read.status))).toEqual(new Set(['rejected']));
    double.faults.silent = false;
    // A machine that is busy may need more than the time of one call.
    while ((await stored(store, 's').catch(() => [])).length < 3);
    await until(() => double.openReads <= double.subscriptions);
  });

  it('is left by the client itself as an open call when its loop is, until the connection takes no more', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString, { callTimeout: 5_000 });
    const client = rawClient(double.connectionString);
    await store.append('s', events(1_000, { data: { text: 'x'.repeat(300) } }), NO_STREAM);
    const leave = async () => {
      for await (const { event } of client.readStream('s', { maxCount: 1_000 })) if (event?.revision === 1n) break;
    };
    expect(await fate(Promise.all(Array.from({ length: 101 }, leave)), 1_500)).toBe('pending');
    expect(double.openReads).toBeGreaterThanOrEqual(100);
    expect(await stored(store, 's')).toHaveLength(1_000);
  });
});
