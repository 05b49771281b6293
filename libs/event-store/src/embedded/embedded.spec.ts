import Database from 'better-sqlite3';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NO_STREAM, hasCode } from '@app/kernel';
import { Collector, FakeClock, event, events, ids, stored } from '../contract/store-under-test';
import { trialFolder } from '../contract/trial-folder';
import { eventStoreContract } from '../event-store.contract';
import { openEmbeddedStore } from '../index';
import type { EmbeddedStore } from '../index';
import { positionText } from '../position';
import { openWritableStore } from './store';
import { startThread } from './thread';
import type { ThreadName } from './thread';

describe('the embedded event store', () => {
  const newFile = trialFolder();
  const opened: EmbeddedStore[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });

  async function open(options: Parameters<typeof openEmbeddedStore>[0]): Promise<EmbeddedStore> {
    const store = await openEmbeddedStore(options);
    opened.push(store);
    return store;
  }

  eventStoreContract(async () => {
    const clock = new FakeClock();
    return { store: await openEmbeddedStore({ file: newFile(), clock }), clock };
  });

  describe('opened again', () => {
    it('knows everything', async () => {
      const file = newFile();
      const clock = new FakeClock();
      const first = await open({ file, clock });
      const batch = events(3);
      const appended = await first.append('a', batch, NO_STREAM);
      await first.append('b', events(2), NO_STREAM);
      await first.retain('b', { maxCount: 1 });
      const before = (await first.readAll({ limit: 10 })).events;
      const head = await first.head();
      await first.close();

      const again = await open({ file, clock });
      expect(await again.head()).toBe(head);
      expect((await again.readAll({ limit: 10 })).events).toEqual(before);
      expect(await again.append('a', batch, NO_STREAM)).toEqual(appended);
      expect(await again.append('a', events(1), 'any')).toMatchObject({ outcome: 'appended', revision: 3 });
      expect(await again.append('b', events(1), 1)).toMatchObject({ outcome: 'appended', revision: 2 });
      expect((await stored(again, 'b')).map(({ revision }) => revision)).toEqual([2]);
      expect((await again.head()) > head).toBe(true);
    });
  });

  describe('a purge', () => {
    it('leaves nothing on the disk of what retention does not keep, and everything else', async () => {
      const file = newFile();
      let store = await open({ file });
      const filled = Array.from({ length: 40 }, () => events(50));
      for (const [place, batch] of filled.entries()) {
        await store.append(`other-${place}`, batch, NO_STREAM);
        const secret = { ...event(), data: { text: `secret-${place}` } };
        await store.append(`key-${place}`, [secret, event()], NO_STREAM);
      }
      const inFiles = () =>
        [file, `${file}-wal`]
          .filter(existsSync)
          .map((each) => readFileSync(each, 'latin1'))
          .join('');
      expect(inFiles()).toContain('secret-');
      for (const place of filled.keys()) await store.retain(`key-${place}`, { maxCount: 1 });
      await store.purge?.();
      expect(inFiles()).not.toContain('secret-');
      // What is outdated by an append, and what a run that was killed has left.
      const late = { ...event(), data: { text: 'secret-late' } };
      await store.append('key-0', [late, event()], 1);
      await store.close();
      expect(inFiles()).toContain('secret-late');
      store = await open({ file });
      await store.purge?.();
      expect(inFiles()).not.toContain('secret-');
      expect(await stored(store, 'other-39')).toHaveLength(50);
      expect(await stored(store, 'key-39')).toHaveLength(1);
    });
  });

  describe('a purge while somebody reads without an end', () => {
    /** A store with two events, and somebody who goes on looking at the first alone. */
    async function readByAnother() {
      const file = newFile();
      const store = await open({ file });
      await store.append('a', events(1), 'any');
      const reader = new Database(file, { readonly: true });
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM events').get();
      await store.append('a', events(1), 'any');
      return { file, store, reader };
    }

    it('holds up no append, and is refused alone', async () => {
      const { store, reader } = await readByAnother();
      const purged = store.purge?.().then(
        () => 'purged',
        (error: unknown) => error,
      );
      for (let i = 0; i < 10; i += 1)
        expect(await store.append('a', events(1), 'any')).toMatchObject({ outcome: 'appended' });
      expect(await purged).toMatchObject({ code: 'store-unavailable' });
      reader.close();
      expect(await stored(store, 'a')).toHaveLength(12);
      await store.purge?.();
    });

    it('comes to its end when the reader does', async () => {
      const { file, store, reader } = await readByAnother();
      const purged = Promise.all([store.purge?.(), store.purge?.()]);
      await store.append('a', events(1), 'any');
      reader.close();
      await purged;
      expect(statSync(`${file}-wal`).size).toBe(0);
    });
  });

  describe('its files', () => {
    it('are for their owner only', async () => {
      const file = join(dirname(newFile()), 'deeper', 'events.db');
      const store = await open({ file });
      await store.append('a', events(1), 'any');
      expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
      for (const end of ['', '-wal', '-shm', '.lock']) expect(statSync(`${file}${end}`).mode & 0o077).toBe(0);
    });

    it('are refused where a folder or a file is in the way', async () => {
      const file = newFile();
      mkdirSync(file, { recursive: true });
      await expect(open({ file })).rejects.toMatchObject({
        code: 'store-unwritable',
        message: expect.stringContaining(file) as string,
      });
      const below = join((await made(newFile())).file, 'below', 'events.db');
      await expect(open({ file: below })).rejects.toMatchObject({ code: 'store-unwritable' });
    });

    const asRoot = process.getuid?.() === 0;
    (asRoot ? it.skip : it)('are refused in a folder that may not be written to', async () => {
      const folder = dirname(newFile());
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o500);
      await expect(open({ file: join(folder, 'events.db') })).rejects.toMatchObject({ code: 'store-unwritable' });
      chmodSync(folder, 0o700);
    });
  });

  describe('a full disk', () => {
    const maxBytes = 512 * 1024;
    const filling = () => events(1, { data: { text: 'x'.repeat(50_000) } });

    it('refuses every append of the group, stores none of them, and lets readers read', async () => {
      const store = await open({ file: newFile(), maxBytes });
      await store.append('kept', events(1), NO_STREAM);
      const group = Array.from({ length: 20 }, (_, i) => store.append(`full-${i}`, filling(), NO_STREAM));
      const outcomes = await Promise.allSettled(group);
      expect(outcomes).toHaveLength(20);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'store-full' } });
      expect((await store.readAll({ limit: 100 })).events.map(({ stream }) => stream)).toEqual(['kept']);
    });

    it('leaves no trace of the group in what comes after it', async () => {
      const file = newFile();
      const store = await open({ file, maxBytes });
      await store.append('kept', events(1), NO_STREAM);
      const small = events(2, { type: 'NeverSeenBefore' });
      const tooLarge = events(1, { data: { text: 'x'.repeat(2 * maxBytes) } });
      const group = [store.append('new', small, NO_STREAM), store.append('large', tooLarge, NO_STREAM)];
      for (const one of group) await expect(one).rejects.toMatchObject({ code: 'store-full' });
      expect(await store.append('new', small, NO_STREAM)).toEqual({
        outcome: 'appended',
        revision: 1,
        position: positionText(3),
      });
      const found = await store.readAll({ limit: 10, filter: { types: ['NeverSeenBefore'] } });
      expect(ids(found.events)).toEqual(ids(small));
    });

    it('is over when there is room again, and what was refused can be appended', async () => {
      const store = await open({ file: newFile(), maxBytes });
      let revision = NO_STREAM;
      let refused = filling();
      const fill = async () => {
        refused = filling();
        revision = (await store.append('a', refused, revision)) && revision + 1;
      };
      await expect(forever(fill)).rejects.toMatchObject({ code: 'store-full' });
      await expect(store.append('b', refused, NO_STREAM)).rejects.toMatchObject({ code: 'store-full' });
      await store.retain('a', { maxCount: 1 });
      await eventually(() => store.append('a', refused, revision));
      expect(ids(await stored(store, 'a'))).toEqual(ids(refused));
      expect(await store.append('new', events(1, { type: 'New' }), NO_STREAM)).toMatchObject({ outcome: 'appended' });
    });
  });

  describe('a thread that dies', () => {
    async function openWithThreads() {
      const threads = new Map<ThreadName, ReturnType<typeof startThread>>();
      const store = await openWritableStore({ file: newFile() }, (name, start) => {
        const thread = startThread(name, start);
        threads.set(name, thread);
        return thread;
      });
      opened.push(store);
      return { store, kill: (name: ThreadName) => threads.get(name)?.terminate() };
    }

    it('fails what waits for the writer and what comes later; what is stored can still be read', async () => {
      const { store, kill } = await openWithThreads();
      await store.append('a', events(1), 'any');
      const waiting = Array.from({ length: 10 }, () => store.append('a', events(1), 'any'));
      const died = kill('writer-worker');
      for (const outcome of await Promise.allSettled(waiting)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'store-unavailable' } });
      }
      await died;
      await expect(store.append('a', events(1), 'any')).rejects.toMatchObject({ code: 'store-unavailable' });
      expect(await stored(store, 'a')).toHaveLength(1);
    });

    it('fails reads and subscriptions when it is the reader; appends go on', async () => {
      const { store, kill } = await openWithThreads();
      const waiting = store.readAll({ limit: 1 });
      await kill('reader-worker');
      await expect(waiting).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(stored(store, 'a')).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store.subscribe({ after: '' }, () => undefined).ended).rejects.toMatchObject({
        code: 'store-unavailable',
      });
      expect(await store.append('a', events(1), 'any')).toMatchObject({ outcome: 'appended' });
    });
  });

  it('tells once for each group that something was appended', async () => {
    const store = await open({ file: newFile() });
    const told: string[] = [];
    const stop = store.onAppended((position) => told.push(position));
    await Promise.all(Array.from({ length: 20 }, () => store.append('a', events(1), 'any')));
    const head = await store.head();
    await Promise.resolve();
    stop();
    await store.append('a', events(1), 'any');
    expect(told.at(-1)).toBe(head);
    expect(told.length).toBeLessThan(20);
  });

  it('gives a subscriber that has fallen far behind everything all the same', async () => {
    const store = await open({ file: newFile() });
    const collector = new Collector();
    let release: () => void = () => undefined;
    const subscription = store.subscribe({ after: '' }, async (batch) => {
      collector.take(batch);
      if (batch.events.length === 1) await new Promise<void>((resolve) => (release = resolve));
    });
    await collector.until((so) => so.caughtUp);
    await store.append('a', [event()], 'any');
    await collector.until((so) => so.events.length === 1);
    for (let i = 0; i < 10; i += 1) await store.append('a', events(500), 'any');
    release();
    await collector.until((so) => so.events.length === 5001);
    await subscription.stop();
    expect(collector.events.map(({ revision }) => revision)).toEqual(Array.from({ length: 5001 }, (_, i) => i));
    expect(collector.batchSizes.filter((size) => size === 0)).toHaveLength(1);
  });

  async function made(file: string): Promise<{ file: string }> {
    const store = await openEmbeddedStore({ file });
    await store.close();
    return { file };
  }
});

async function forever(step: () => Promise<void>): Promise<never> {
  for (;;) await step();
}

/** Tries again while the disk is full: room is made in the background. */
async function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasCode(error, 'store-full')) throw error;
    }
  }
}
