import { NO_STREAM } from '@app/kernel';
import { Collector, events, ids, stored } from '../../contract/store-under-test';
import { trial, until } from './trial';

const { double: newDouble, store: newStore, rawClient } = trial();

describe('retention', () => {
  it('is written once, however often it is asked for, and by however many', async () => {
    const double = await newDouble();
    const [one, other] = [await newStore(double.connectionString), await newStore(double.connectionString)];
    for (let i = 0; i < 5; i += 1) {
      await one.retain('s', { maxCount: 3 });
      await other.retain('s', { maxCount: 3 });
    }
    expect(double.log.all.filter(({ type }) => type === '$metadata')).toHaveLength(1);
    await one.retain('s', { maxCount: 4, maxAge: 60 });
    expect(await rawClient(double.connectionString).getStreamMetadata('s')).toMatchObject({
      metadata: { maxCount: 4, maxAge: 60 },
    });
  });

  it('leaves alone what else is said of the stream', async () => {
    const double = await newDouble();
    const client = rawClient(double.connectionString);
    const store = await newStore(double.connectionString);
    await store.append('s', events(5), NO_STREAM);
    await client.setStreamMetadata('s', { truncateBefore: 2, owner: 'somebody', maxCount: 1 });
    await store.retain('s', { maxCount: 10 });
    const { metadata } = await client.getStreamMetadata('s');
    expect(metadata).toMatchObject({ truncateBefore: 2, owner: 'somebody', maxCount: 10 });
    expect((await stored(store, 's')).map(({ revision }) => revision)).toEqual([2, 3, 4]);
  });

  it('does not bring a deleted stream back', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    await store.append('s', events(5), NO_STREAM);
    await rawClient(double.connectionString).deleteStream('s');
    await store.retain('s', { maxCount: 10 });
    expect(await stored(store, 's')).toEqual([]);
  });
});

describe('a namespace', () => {
  it('keeps two systems on one server apart', async () => {
    const double = await newDouble();
    const at = double.connectionString;
    const [one, other] = [await newStore(at, { namespace: 'one' }), await newStore(at, { namespace: 'other' })];
    const [mine, theirs] = [events(3), events(2)];
    await one.append('s', mine, NO_STREAM);
    expect(await other.head()).toBe('');
    await other.append('s', theirs, NO_STREAM);
    await one.retain('s', { maxCount: 2 });
    expect(double.log.all.map(({ stream }) => stream)).toEqual([
      ...['one.s', 'one.s', 'one.s', 'other.s', 'other.s', '$$one.s'],
    ]);
    expect(await stored(one, 's')).toMatchObject([{ stream: 's', revision: 1 }, { revision: 2 }]);
    expect(ids((await other.readAll({ limit: 10 })).events)).toEqual(ids(theirs));
    expect((await one.readAll({ limit: 10, filter: { streamPrefixes: ['s'] } })).events).toHaveLength(3);
    expect((await one.readAll({ limit: 10, filter: { streamPrefixes: ['one'] } })).events).toEqual([]);
    const collector = new Collector();
    other.subscribe({ after: '' }, collector.take);
    await until(() => other.status().live);
    await one.append('s', events(1), 2);
    await other.append('s', events(1), 1);
    await collector.until((so) => so.events.length === 3);
    expect(collector.events.map(({ stream }) => stream)).toEqual(['s', 's', 's']);
    expect(collector.checkpoint).toBe(await other.head());
  });

  it('is not seen by a system that has none, nor the other way round', async () => {
    const double = await newDouble();
    const [without, named] = [
      await newStore(double.connectionString),
      await newStore(double.connectionString, { namespace: 'one' }),
    ];
    await named.append('chargeBox-a.b', events(2), NO_STREAM);
    expect(await without.head()).toBe('');
    expect((await without.readAll({ limit: 10 })).events).toEqual([]);
    const own = events(1);
    await without.append('chargeBox-a.b', own, NO_STREAM);
    expect(ids((await without.readAll({ limit: 10 })).events)).toEqual(ids(own));
    expect((await named.readAll({ limit: 10 })).events).toHaveLength(2);
  });

  it.each(['', 'a.b', 'a-b', 'a'.repeat(41)])('is a plain word: %p is refused', async (namespace) => {
    await expect(newStore('esdb://127.0.0.1:1?tls=false', { namespace })).rejects.toThrow(RangeError);
  });
});
