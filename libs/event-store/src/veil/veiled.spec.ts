import type { ErasedText, EventStore, EventToAppend, RecordedEvent, Veiling } from '@app/kernel';
import { NO_STREAM, textKeyPrefix } from '@app/kernel';
import { ChainCheck } from '../chain/check';
import { chained } from '../chain/chained';
import { chainKey } from '../chain/link';
import { event, FakeClock, stored } from '../contract/store-under-test';
import { eventStoreContract } from '../event-store.contract';
import { openInMemoryStore } from '../in-memory';
import { erase } from './erase';
import { TextKeys } from './keys';
import { veiled } from './veiled';

/** Names stand in the member `name`, notes about them beside, and keys end with one; streams `person-…` are about one. */
const veiling: Veiling = {
  inEvent: (event, { text, ending }) => {
    const data = event.data as { readonly name?: string; readonly note?: string; readonly key?: string };
    if (event.type !== 'Seen' || (data.name === undefined && data.key === undefined)) return event;
    const { name, note, key } = data;
    return {
      ...event,
      data: {
        ...data,
        ...(name === undefined ? {} : { name: text(name) }),
        ...(note === undefined ? {} : { note: text(note, name) }),
        ...(key === undefined ? {} : { key: ending(key) }),
      },
    };
  },
  inStream: (stream) => (stream.startsWith('person-') ? stream.slice(7) : undefined),
  streamOf: (text) => `person-${text.toLowerCase()}`,
  ownerOf: (text) => text.toLowerCase(),
};

const about = (data: object): EventToAppend => ({ ...event(), type: 'Seen', data });
const everything = async (store: EventStore): Promise<readonly RecordedEvent[]> =>
  (await store.readAll({ limit: 10_000 })).events;
const dataOf = async (store: EventStore, stream: string) => (await stored(store, stream)).map(({ data }) => data);
const at = '2026-01-01T00:00:00.000Z';

describe('a veiled event store', () => {
  eventStoreContract(async () => {
    const clock = new FakeClock();
    return { store: veiled(openInMemoryStore({ clock }), { keys: new TextKeys(), veiling }), clock };
  });
});

let bare: EventStore;
let keys: TextKeys;
let store: EventStore;
const open = (shared = false) => {
  bare = openInMemoryStore({ shared });
  keys = new TextKeys();
  store = veiled(bare, { keys, veiling });
};
beforeEach(() => open());
const withoutKeys = (events: readonly RecordedEvent[]) =>
  JSON.stringify(events.filter(({ stream }) => !stream.startsWith(textKeyPrefix)));

describe('what is stored', () => {
  it('has tokens in place of texts, in data and in the names of streams, and nobody who reads sees them', async () => {
    await store.append('log', [about({ name: 'Ann', note: 'tall' }), about({ key: '1|2|ann' })], NO_STREAM);
    await store.append('person-ann', [about({ name: 'Ann' })], NO_STREAM);
    expect(withoutKeys(await everything(bare))).not.toMatch(/ann|tall/i);
    expect((await everything(store)).map(({ stream, data }) => [stream, data])).toEqual([
      ['log', { name: 'Ann', note: 'tall' }],
      ['log', { key: '1|2|ann' }],
      ['person-ann', { name: 'Ann' }],
    ]);
    expect(await dataOf(store, 'person-ann')).toEqual([{ name: 'Ann' }]);
  });

  it('has one token for one text', async () => {
    await Promise.all([
      store.append('a', [about({ name: 'Ann' })], NO_STREAM),
      store.append('b', [about({ name: 'Ann' })], NO_STREAM),
    ]);
    const tokens = (await everything(bare)).filter(({ type }) => type === 'Seen').map(({ data }) => data);
    expect(tokens[0]).toEqual(tokens[1]);
    expect(keys.size).toBe(1);
  });

  it('is read by who did not write it, page by page and by filter', async () => {
    await store.append('log', [about({ name: 'Ann' }), about({ name: 'Ben' })], NO_STREAM);
    const other = veiled(bare, { keys: new TextKeys(), veiling });
    expect(await dataOf(other, 'log')).toEqual([{ name: 'Ann' }, { name: 'Ben' }]);
    const { events } = await other.readAll({ limit: 10, filter: { types: ['Seen'] } });
    expect(events.map(({ data }) => data)).toEqual([{ name: 'Ann' }, { name: 'Ben' }]);
  });

  it('is read from its end too, by who knows nothing of it yet', async () => {
    await store.append('a', [about({ name: 'Ann' })], 'any');
    await store.append('b', [about({ name: 'Bob' })], 'any');
    const reader = veiled(bare, { keys: new TextKeys(), veiling });
    const { events } = await reader.readAll({ direction: 'backward', limit: 10 });
    expect(events.map(({ data }) => data)).toEqual([{ name: 'Bob' }, { name: 'Ann' }]);
  });

  it('takes a text that looks like a token for the text that it is', async () => {
    const hostile = 'veil-aaaaaaaaaaaaaaa';
    await store.append('log', [about({ name: hostile })], NO_STREAM);
    expect(await dataOf(store, 'log')).toEqual([{ name: hostile }]);
    await bare.append('old', [about({ name: hostile })], NO_STREAM);
    expect(await dataOf(store, 'old')).toEqual([{ name: hostile }]);
  });

  it('keeps a text apart that has bars in it', async () => {
    await store.append('log', [about({ name: 'a|nn' }), about({ key: '1|a|nn' })], NO_STREAM);
    await store.append('log', [about({ key: '2|a|nn' })], 1);
    expect(JSON.stringify((await stored(bare, 'log'))[2]?.data)).not.toContain('nn');
    expect(await dataOf(store, 'log')).toEqual([{ name: 'a|nn' }, { key: '1|a|nn' }, { key: '2|a|nn' }]);
  });

  it('goes on in the stream that a history from before has', async () => {
    await bare.append('person-ann', [about({ name: 'Ann' })], NO_STREAM);
    await store.append('person-ann', [about({ name: 'Ann' })], 0);
    expect(await stored(bare, 'person-ann')).toHaveLength(2);
    expect(await dataOf(store, 'person-ann')).toEqual([{ name: 'Ann' }, { name: 'Ann' }]);
  });

  it('is in clear where nothing is to be veiled, and what was veiled before is read', async () => {
    await store.append('person-ann', [about({ name: 'Ann' })], NO_STREAM);
    const clear = veiled(bare, { keys, veiling, veils: false });
    await clear.append('person-ann', [about({ name: 'Ann' })], 0);
    await clear.append('log', [about({ name: 'Ben' })], NO_STREAM);
    expect((await stored(bare, 'log'))[0]?.data).toEqual({ name: 'Ben' });
    expect(await dataOf(clear, 'person-ann')).toEqual([{ name: 'Ann' }, { name: 'Ann' }]);
  });

  it('is whole to its chain, also when the meaning of a token is gone', async () => {
    const key = chainKey('a key for specs');
    const linked = chained(bare, { key });
    store = veiled(linked, { keys, veiling });
    await store.append('log', [about({ name: 'Ann' }), about({ name: 'Ben' })], NO_STREAM);
    await erase({ store: linked, keys, veiling }, 'Ann', at);
    const check = new ChainCheck([key], []);
    for (const each of await everything(bare)) check.take(each);
    expect(check.end()).toMatchObject({ found: 0, unlinked: 0 });
  });
});

describe('an erasure', () => {
  it('leaves events, and one pseudonym in place of the text, whatever its letter case', async () => {
    await store.append('log', [about({ name: 'Ann', note: 'tall' }), about({ key: '1|2|ann' })], NO_STREAM);
    await store.append('log', [about({ name: 'Ben' })], 1);
    const { pseudonym = '', tokens } = await erase({ store: bare, keys, veiling }, 'ANN', at);
    expect(pseudonym).toMatch(/^erased-[0-9a-f]{12}$/);
    expect(tokens).toBe(3);
    expect(await dataOf(store, 'log')).toEqual([
      { name: pseudonym, note: 'erased' },
      { key: `1|2|${pseudonym}` },
      { name: 'Ben' },
    ]);
    expect(JSON.stringify(await everything(bare))).not.toMatch(/ann|tall/i);
  });

  it('holds for everybody who reads, from before or new', async () => {
    await store.append('person-ann', [about({ name: 'ann' })], NO_STREAM);
    const { pseudonym = '' } = await erase({ store: bare, keys, veiling }, 'ann', at);
    const other = veiled(bare, { keys: new TextKeys(), veiling });
    for (const each of [store, other]) {
      expect(await dataOf(each, 'person-ann')).toEqual([]);
      expect(await dataOf(each, `person-${pseudonym}`)).toEqual([{ name: pseudonym }]);
    }
  });

  it('reaches a subscription in the order of the log, and who comes later sees the text nowhere', async () => {
    const seen: unknown[] = [];
    await store.append('log', [about({ name: 'ann' })], NO_STREAM);
    const until = (type: string) =>
      new Promise<void>((resolve) => {
        const follower = veiled(bare, { keys: new TextKeys(), veiling, showsKeys: true });
        const subscription = follower.subscribe({ after: '' }, ({ events }) => {
          seen.push(...events.map((each) => [each.type, each.data]));
          if (events.some((each) => each.type === type)) resolve(subscription.stop());
        });
      });
    await until('Seen');
    expect(seen).toEqual([
      ['TextKeyed', { text: 'ann' }],
      ['Seen', { name: 'ann' }],
    ]);
    const { pseudonym } = await erase({ store: bare, keys, veiling }, 'ann', at);
    seen.length = 0;
    await until('TextErased');
    expect(seen).toEqual([
      ['Seen', { name: pseudonym }],
      ['TextErased', { as: pseudonym, at }],
    ]);
  });

  it('of what was never veiled does nothing, and the same again does nothing', async () => {
    await store.append('log', [about({ name: 'ann' })], NO_STREAM);
    expect(await erase({ store: bare, keys, veiling }, 'ben', at)).toEqual({ tokens: 0, purged: true });
    await erase({ store: bare, keys, veiling }, 'ann', at);
    const head = await bare.head();
    expect(await erase({ store: bare, keys, veiling }, 'ann', at)).toEqual({ tokens: 0, purged: true });
    expect(await bare.head()).toBe(head);
  });

  it('that breaks off once it is recorded has left nothing of the text', async () => {
    await store.append('log', [about({ name: 'ann' })], NO_STREAM);
    const breaking: EventStore = {
      ...bare,
      retain: (stream, retention) => bare.retain(stream, retention),
      append: async (stream, events, expected) => {
        await bare.append(stream, events, expected);
        throw new Error('killed');
      },
    };
    await expect(erase({ store: breaking, keys, veiling }, 'ann', at)).rejects.toThrow('killed');
    expect(JSON.stringify(await everything(bare))).not.toContain('ann');
  });

  it('that breaks off gives one pseudonym when it is completed', async () => {
    // By chance, what goes first may be what the pseudonym is made of.
    for (let time = 0; time < 12; time += 1) {
      open();
      await store.append('log', [about({ name: 'Ann' }), about({ key: '1|ann' })], NO_STREAM);
      let appends = 0;
      const breaking: EventStore = {
        ...bare,
        retain: (stream, retention) => bare.retain(stream, retention),
        append: (stream, events, expected) => {
          if ((appends += 1) > 1) throw new Error('killed');
          return bare.append(stream, events, expected);
        },
      };
      await expect(erase({ store: breaking, keys, veiling }, 'ann', at)).rejects.toThrow('killed');
      const { pseudonym = '' } = await erase({ store: bare, keys, veiling }, 'ann', at);
      expect(await dataOf(store, 'log')).toEqual([{ name: pseudonym }, { key: `1|${pseudonym}` }]);
    }
  });

  it('does not keep whoever comes back from being somebody new', async () => {
    await store.append('log', [about({ name: 'ann' })], NO_STREAM);
    const { pseudonym } = await erase({ store: bare, keys, veiling }, 'ann', at);
    await store.append('log', [about({ name: 'ann' })], 0);
    expect(await dataOf(store, 'log')).toEqual([{ name: pseudonym }, { name: 'ann' }]);
  });

  it('is told to who waits for it, text by text', async () => {
    const told: ErasedText[] = [];
    const leave = keys.onErased((gone) => told.push(gone));
    await store.append('log', [about({ name: 'ann', note: 'tall' }), about({ name: 'ben' })], NO_STREAM);
    const [name, note] = [keys.tokenOf('ann'), keys.tokenOf('tall', 'ann')];
    const { pseudonym } = await erase({ store: bare, keys, veiling }, 'ann', at);
    const { position } = (await everything(bare)).findLast((each) => each.stream === `${textKeyPrefix}${name}`) ?? {};
    leave();
    await erase({ store: bare, keys, veiling }, 'ben', at);
    expect(told).toHaveLength(2);
    expect(told).toContainEqual({ token: name, text: 'ann', as: pseudonym, position });
    expect(told).toContainEqual(expect.objectContaining({ token: note, text: 'tall', of: 'ann', as: 'erased' }));
  });

  it('of what was never known here is told to nobody', async () => {
    await store.append('log', [about({ name: 'ann' })], NO_STREAM);
    await erase({ store: bare, keys, veiling }, 'ann', at);
    const late = new TextKeys();
    const told: ErasedText[] = [];
    late.onErased((gone) => told.push(gone));
    await late.catchUp(bare);
    expect(late.position).not.toBe('');
    expect(told).toEqual([]);
  });
});

describe('while an erased text is being forgotten', () => {
  let forgotten: () => void;
  beforeEach(async () => {
    await store.append('log', [about({ name: 'Ann', note: 'tall' })], NO_STREAM);
    keys.onErased(() => new Promise<void>((resolve) => (forgotten = resolve)));
  });
  const lastOf = async (stream: string) => (await dataOf(store, stream)).at(-1);

  it('what is stored of it has the token that it had, in whatever form, and then a new one', async () => {
    const { pseudonym } = await erase({ store: bare, keys, veiling }, 'ann', at);
    const all = jest.spyOn(bare, 'append');
    for (const name of ['Ann', 'ANN']) {
      await store.append('log', [about({ name, note: 'with a hat' })], 'any');
      expect(await lastOf('log')).toEqual({ name: pseudonym, note: 'erased' });
    }
    expect(all.mock.calls.map(([stream]) => stream)).toEqual(['log', 'log']);
    expect(JSON.stringify(await everything(bare))).not.toMatch(/ann|hat/i);
    await store.append('log', [about({ name: 'Ben' })], 'any');
    expect(await lastOf('log')).toEqual({ name: 'Ben' });
  });

  it('it is stored anew once that is done', async () => {
    await store.append('other', [about({ name: 'ben' })], NO_STREAM);
    await erase({ store: bare, keys, veiling }, 'ben', at);
    forgotten();
    await new Promise(setImmediate);
    await store.append('log', [about({ name: 'ben' })], 'any');
    expect(await lastOf('log')).toEqual({ name: 'ben' });
  });

  it('it is stored anew by who names it', async () => {
    await erase({ store: bare, keys, veiling }, 'ann', at);
    await store.append('person-ann', [about({ name: 'Ann' })], NO_STREAM);
    expect(await dataOf(store, 'person-ann')).toEqual([{ name: 'Ann' }]);
  });

  it('an append that was waiting for another token does not store it', async () => {
    open();
    await store.append('log', [about({ name: 'ann' })], NO_STREAM);
    let proceed: () => void = () => undefined;
    const slow: EventStore = {
      ...bare,
      readAll: (page) => bare.readAll(page),
      append: async (stream, events, expected) => {
        if (JSON.stringify(events).includes('zoe')) await new Promise<void>((resolve) => (proceed = resolve));
        return bare.append(stream, events, expected);
      },
    };
    const late = veiled(slow, { keys, veiling }).append('log', [about({ name: 'zoe' }), about({ name: 'ann' })], 'any');
    await new Promise(setImmediate);
    const { pseudonym } = await erase({ store: bare, keys, veiling }, 'ann', at);
    proceed();
    await late;
    expect(await dataOf(store, 'log')).toEqual([{ name: pseudonym }, { name: 'zoe' }, { name: pseudonym }]);
    expect(JSON.stringify(await everything(bare))).not.toContain('ann');
  });
});

describe('two instances', () => {
  it('that veil one text at the same time go on with one token, and both tokens are erased', async () => {
    open(true);
    const other = { keys: new TextKeys(), veiling };
    const twin = veiled(bare, other);
    await Promise.all([
      store.append('a', [about({ name: 'ann' })], NO_STREAM),
      twin.append('b', [about({ name: 'ann' })], NO_STREAM),
    ]);
    await store.append('person-ann', [about({ name: 'ann' })], NO_STREAM);
    await twin.append('person-ann', [about({ name: 'ann' })], 0);
    expect(await dataOf(store, 'person-ann')).toHaveLength(2);
    await erase({ store: bare, ...other }, 'ann', at);
    expect(JSON.stringify(await everything(bare))).not.toContain('ann');
  });

  it('learn of an erasure by following the log', async () => {
    open(true);
    await store.append('log', [about({ name: 'ann' })], NO_STREAM);
    const twin = new TextKeys();
    await twin.catchUp(bare);
    expect(twin.tokenOf('ann')).toBe(keys.tokenOf('ann'));
    await erase({ store: bare, keys, veiling }, 'ann', at);
    await twin.catchUp(bare);
    expect(twin.tokenOf('ann')).toBeUndefined();
  });
});

it('many new texts at once are looked for together in a log that others write to', async () => {
  open(true);
  const pages = jest.spyOn(bare, 'readAll');
  await Promise.all(
    Array.from({ length: 50 }, (_, place) => store.append(`s-${place}`, [about({ name: `name-${place}` })], NO_STREAM)),
  );
  expect(keys.size).toBe(50);
  // What is there already, and who was first; a few more where appends end one by one.
  expect(pages.mock.calls.length).toBeLessThan(10);
  expect(await dataOf(store, 's-49')).toEqual([{ name: 'name-49' }]);
});
