import type { EventStore, RecordedEvent } from '@app/kernel';
import { NO_STREAM, silentLog } from '@app/kernel';
import { createHmac } from 'node:crypto';
import { event, events, FakeClock, stored } from '../contract/store-under-test';
import { eventStoreContract } from '../event-store.contract';
import { openInMemoryStore } from '../in-memory';
import { chained } from './chained';
import type { ChainReport } from './check';
import { ChainCheck } from './check';
import { chainKey } from './link';
import type { SealData } from './seals';
import { Seals, sealStream } from './seals';

const key = chainKey('a key for specs');

describe('a chained event store', () => {
  eventStoreContract(async () => {
    const clock = new FakeClock();
    return { store: withoutLinks(chained(openInMemoryStore({ clock }), { key })), clock };
  });
});

/** Links are all that such a store adds to what goes in. */
function withoutLinks(store: EventStore): EventStore {
  const bare = (read: readonly RecordedEvent[]) =>
    read.map(({ metadata: { chain: _link, ...metadata }, ...rest }) => ({ ...rest, metadata }));
  return {
    ...store,
    readStream: async (stream, page) => {
      const found = await store.readStream(stream, page);
      return { ...found, events: bare(found.events) };
    },
    readAll: async (page) => {
      const found = await store.readAll(page);
      return { ...found, events: bare(found.events) };
    },
    subscribe: (options, subscriber) =>
      store.subscribe(options, (batch) => subscriber({ ...batch, events: bare(batch.events) })),
  };
}

async function checked(store: EventStore, keys = [key]): Promise<ChainReport> {
  const check = new ChainCheck(keys, await stored(store, sealStream));
  for (const each of (await store.readAll({ limit: 10_000 })).events) check.take(each);
  return check.end();
}

const links = async (store: EventStore, stream: string) =>
  (await stored(store, stream)).map(({ metadata }) => metadata.chain);

describe('links', () => {
  let bare: EventStore;
  let store: EventStore;
  beforeEach(() => {
    bare = openInMemoryStore();
    store = chained(bare, { key });
  });

  it('vouch for every event, in batches and one by one', async () => {
    await store.append('a', events(3), NO_STREAM);
    await store.append('a', events(2), 2);
    await store.append('b', events(1), NO_STREAM);
    expect(await checked(store)).toMatchObject({ found: 0, events: 6, vouched: 6, unlinked: 0 });
  });

  it('vouch for what is left of a stream that forgets, whoever appended behind what he had read', async () => {
    const forgetful = chained(bare, { key, forgets: (stream) => stream === 'notes' });
    await bare.retain('notes', { maxCount: 2 });
    for (let revision = NO_STREAM; revision < 4; revision += 1) await forgetful.append('notes', events(1), revision);
    expect(await checked(forgetful)).toMatchObject({ found: 0, events: 2, vouched: 2 });
    expect(await forgetful.append('notes', events(1), 1)).toMatchObject({ outcome: 'conflict' });
  });

  it('are an HMAC over what the event is and the link before', async () => {
    const [one, two] = [event(), event()];
    await store.append('a', [one, two], NO_STREAM);
    const [first, second] = await links(store, 'a');
    const { id, type, data, metadata } = two;
    const text = JSON.stringify(['c', first, 'a', 1, id, type, data, metadata]);
    const mac = createHmac('sha256', key.secret).update(text).digest('base64url').slice(0, 22);
    expect(second).toBe(`c.${key.name}.${mac}`);
  });

  it('go on after what another process appended, and after what is not remembered any more', async () => {
    const forgetful = chained(bare, { key, remembered: 1 });
    await forgetful.append('a', events(1), NO_STREAM);
    await forgetful.append('b', events(1), NO_STREAM);
    await forgetful.append('a', events(1), 0);
    await store.append('a', events(1), 1);
    expect(await checked(bare)).toMatchObject({ found: 0, vouched: 4 });
  });

  it('are the same for a batch that comes again, also later', async () => {
    const batch = events(2);
    const first = await store.append('a', batch, NO_STREAM);
    await store.append('a', events(1), 1);
    expect(await store.append('a', batch, NO_STREAM)).toEqual(first);
    expect(await chained(bare, { key }).append('a', batch, NO_STREAM)).toEqual(first);
    await store.append('a', events(1), 2);
    expect(await checked(store)).toMatchObject({ found: 0, vouched: 4 });
  });

  it('follow each other where appends to one stream do not wait', async () => {
    const outcomes = await Promise.all([
      store.append('a', events(1), NO_STREAM),
      store.append('a', events(2), 0),
      store.append('a', events(1), 0),
      store.append('a', events(1), 2),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['appended', 'appended', 'conflict', 'appended']);
    expect(await checked(store)).toMatchObject({ found: 0, vouched: 4 });
  });

  it('stand alone where the end of the stream is not known, and may lose their beginning', async () => {
    for (let i = 0; i < 4; i += 1) await store.append('beats', events(1), 'any');
    await store.retain('beats', { maxCount: 2 });
    expect(await checked(store)).toMatchObject({ found: 0, events: 2, vouched: 2 });
  });

  it('replace what an event brings along as its link', async () => {
    const brought = event();
    const metadata = { ...brought.metadata, chain: 'c.abcdef.0123456789012345678901' };
    await store.append('a', [{ ...brought, metadata }], NO_STREAM);
    expect(await checked(store)).toMatchObject({ found: 0, vouched: 1 });
  });

  it('begin where an old history ends, which is told', async () => {
    await bare.append('a', events(2), NO_STREAM);
    await bare.append('b', events(1), NO_STREAM);
    await store.append('a', events(1), 1);
    expect(await checked(store)).toMatchObject({ found: 0, vouched: 1, unlinked: 3, unlinkedStreams: ['a', 'b'] });
  });

  it('of a key that is not at hand are told apart from changed ones', async () => {
    await chained(bare, { key: chainKey('another') }).append('a', events(3), NO_STREAM);
    await store.append('a', events(1), 2);
    const { findings, foreign } = await checked(store);
    expect(findings).toMatchObject([{ fault: 'foreign-key', stream: 'a', revision: 0 }]);
    expect(foreign).toBe(3);
    expect(await checked(store, [key, chainKey('another')])).toMatchObject({ found: 0, foreign: 0, vouched: 4 });
  });
});

describe('seals', () => {
  let seals: Seals;
  let store: EventStore;
  let bare: EventStore;
  const sealing = (most?: number) => {
    seals = new Seals({ now: () => 0 }, silentLog, most);
    store = chained(bare, { key, onHead: (head) => seals.note(head) });
    seals.store = store;
  };
  const sealedHeads = async () => (await stored(bare, sealStream)).map(({ data }) => (data as SealData).heads);
  beforeEach(() => {
    bare = openInMemoryStore();
    sealing();
  });

  it('hold the ends of the streams that changed since the seal before', async () => {
    await store.append('a', events(2), NO_STREAM);
    await store.append('b', events(1), NO_STREAM);
    await seals.seal();
    await store.append('b', events(1), 0);
    await seals.seal();
    await seals.seal();
    const [a, b] = [await links(store, 'a'), await links(store, 'b')];
    expect(await sealedHeads()).toEqual([
      [
        ['a', 1, a[1]],
        ['b', 0, b[0]],
      ],
      [['b', 1, b[1]]],
    ]);
    expect(await checked(store)).toMatchObject({ found: 0, seals: 2, lastSeal: { revision: 1 } });
  });

  it('are written ahead of time when many streams have changed', async () => {
    sealing(3);
    for (const stream of ['a', 'b', 'c']) await store.append(stream, events(1), NO_STREAM);
    await seals.seal();
    expect((await sealedHeads()).map((heads) => heads.length)).toEqual([3]);
  });

  it('are written by several instances, whoever comes first', async () => {
    await store.append('a', events(1), NO_STREAM);
    const mine = seals;
    sealing();
    await store.append('b', events(1), NO_STREAM);
    await Promise.all([mine.seal(), seals.seal()]);
    expect((await sealedHeads()).flat().map(([stream]) => stream)).toEqual(['a', 'b']);
    expect(await checked(store)).toMatchObject({ found: 0, vouched: 4 });
  });

  it('are not tried again and again while the store is away, however much has changed', async () => {
    sealing(1);
    let tried = 0;
    seals.store = { ...store, append: () => Promise.reject(new Error(`away ${(tried += 1)}`)) };
    await store.append('a', events(1), NO_STREAM);
    await seals.seal();
    await new Promise(setImmediate);
    expect(tried).toBe(2);
  });

  it('keep for the next time what the store did not take', async () => {
    await store.append('a', events(1), NO_STREAM);
    seals.store = { ...store, append: () => Promise.reject(new Error('away')) };
    await seals.seal();
    seals.store = store;
    await seals.seal();
    expect((await sealedHeads()).flat()).toHaveLength(1);
  });

  it('take up what a killed run left', async () => {
    await store.append('a', events(1), NO_STREAM);
    await seals.seal();
    await store.append('a', events(1), 0);
    sealing();
    seals.recover();
    await seals.seal();
    expect((await sealedHeads()).flat().map(([stream, revision]) => [stream, revision])).toEqual([
      ['a', 0],
      ['a', 1],
    ]);
  });

  it('read no more than that, also where a stream does not say where in the log its events are', async () => {
    await store.append('a', events(1), NO_STREAM);
    await seals.seal();
    const after = await store.head();
    await store.append('a', events(1), 0);
    sealing();
    const placeless = {
      ...store,
      readStream: async (...wanted: Parameters<EventStore['readStream']>) => {
        const page = await store.readStream(...wanted);
        return { ...page, events: page.events.map((event) => ({ ...event, position: '' })) };
      },
    };
    const from: (string | undefined)[] = [];
    seals.store = {
      ...placeless,
      readAll: (wanted) => {
        if (wanted.direction !== 'backward') from.push(wanted.from);
        return store.readAll(wanted);
      },
    };
    seals.recover();
    await seals.seal();
    expect(from).toEqual([after]);
    expect((await sealedHeads()).flat()).toHaveLength(2);
  });

  it('go on when what a killed run left cannot be read', async () => {
    await store.append('a', events(1), NO_STREAM);
    await seals.seal();
    sealing();
    seals.store = { ...store, readAll: () => Promise.reject(new Error('away')) };
    seals.recover();
    await store.append('a', events(1), 0);
    await seals.seal();
    expect((await sealedHeads()).flat()).toHaveLength(2);
  });
});
