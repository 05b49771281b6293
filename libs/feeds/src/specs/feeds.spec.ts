import {
  deadLetterStream,
  heartbeatStream,
  snapshotStream,
  webhookLeaseStream,
  webhookProgressStream,
} from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import { silentMeter } from '@app/kernel';
import { noon } from '@app/testing';
import type { FeedRequest, Feeds } from '../feeds';
import { all, beat, follow, ids, measure, over, record, remove, running, save, shown, status, time } from './at-work';
import { FakeSink, until } from './fake-sink';

describe('The feed of a projection', () => {
  it('has each row once, as it is, and then every change', async () => {
    const store = openInMemoryStore();
    await status(store, 'A', 1, 'Available');
    await status(store, 'A', 2, 'Available');
    await status(store, 'A', 1, 'Occupied');
    const sink = await follow(await over(store), 'connectors');
    await until(() => sink.events.includes('caught-up'));
    expect(shown(sink)).toEqual([
      [2, 'Available'],
      [1, 'Occupied'],
    ]);
    await status(store, 'A', 2, 'Unavailable');
    await until(() => shown(sink).length === 3);
    expect(shown(sink).at(-1)).toEqual([2, 'Unavailable']);
  });

  it('goes on behind every message, also on rows that were built anew', async () => {
    const store = openInMemoryStore();
    for (const connectorId of [1, 2, 3, 4]) await status(store, 'A', connectorId, 'Available');
    const whole = (await all(await over(store), 'connectors')).messages;
    const anew = await over(store);
    for (const [place, { id }] of whole.entries()) {
      const rest = (await all(anew, 'connectors', { after: id })).messages;
      expect(rest.slice(0, -1)).toEqual(whole.slice(place + 1, -1));
      expect(rest.at(-1)?.event).toBe('caught-up');
    }
  });

  it('tells of rows that are gone, and not of those that came back', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store);
    await save(store, 'Gone');
    await save(store, 'Back');
    const before = await follow(feeds, 'id-tags');
    await until(() => before.messages.length === 3);
    const after = before.messages[1]?.id;
    for (const idTag of ['Gone', 'Back']) await remove(store, idTag);
    await until(() => before.messages.length === 5);
    await save(store, 'Back');
    await until(() => before.messages.length === 6);
    const rest = await all(feeds, 'id-tags', { after });
    expect(rest.messages.map(({ event, data }) => [event, data.key])).toEqual([
      ['removed', 'gone'],
      ['row', 'back'],
      ['caught-up', undefined],
    ]);
    expect((await all(feeds, 'id-tags', { filter: { id: 'back' } })).events).toEqual(['row', 'caught-up']);
  });

  it('has readings in the order in which they came, of a box, a connector or all', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store);
    for (const value of ['1', '2', '3']) await measure(store, value === '2' ? 'B' : 'A', Number(value), value);
    const values = async (request: Partial<FeedRequest>) => {
      const { messages } = await all(feeds, 'meter-values', request);
      return messages.flatMap(({ data }) => data.row?.value ?? []);
    };
    await until(() => running[0]?.readModels.status().applied === 3);
    expect(await values({})).toEqual(['1', '2', '3']);
    expect(await values({ filter: { identity: 'A' } })).toEqual(['1', '3']);
    expect(await values({ filter: { identity: 'A', connectorId: 3 } })).toEqual(['3']);
    const [first] = (await all(feeds, 'meter-values')).messages;
    expect(await values({ after: first?.id })).toEqual(['2', '3']);
  });

  it('finds the rows of one box, be they few or many', async () => {
    const store = openInMemoryStore();
    for (let connectorId = 1; connectorId <= 2_500; connectorId += 1)
      await status(store, 'MANY', connectorId, 'Available');
    await status(store, 'FEW', 1, 'Faulted');
    const feeds = await over(store);
    expect(shown(await all(feeds, 'connectors', { filter: { identity: 'FEW' } }))).toEqual([[1, 'Faulted']]);
    expect(shown(await all(feeds, 'connectors', { filter: { identity: 'MANY' } }))).toHaveLength(2_500);
    const one = { identity: 'MANY', connectorId: 2_400 };
    expect(shown(await all(feeds, 'connectors', { filter: one }))).toEqual([[2_400, 'Available']]);
  });
});

describe('The feed of events, wanted from now on', () => {
  it('leaves out what is recorded, tells what comes, and has an id to go on from at once', async () => {
    const store = openInMemoryStore();
    await status(store, 'A', 1, 'Available');
    await beat(store, 'A');
    const feeds = await over(store);
    const first = await all(feeds, 'events', { fromNow: true });
    expect(first.events).toEqual(['caught-up']);
    const sink = await follow(feeds, 'events', { fromNow: true });
    await until(() => sink.events.includes('caught-up'));
    await status(store, 'A', 1, 'Occupied');
    await until(() => sink.events.length === 2);
    expect(sink.messages.at(-1)?.data).toMatchObject({ data: { status: 'Occupied' } });
    const missed = await all(feeds, 'events', { fromNow: true, after: first.messages[0]?.id });
    expect(missed.messages.filter(({ data }) => data.type === 'ConnectorStatusReported')).toHaveLength(1);
  });

  it('begins at the end of the log also where what comes last is shown to nobody', async () => {
    const store = openInMemoryStore();
    await status(store, 'A', 1, 'Available');
    for (let count = 0; count < 120; count += 1) await status(store, 'B', count, 'Available');
    const readAll = store.readAll.bind(store);
    jest.spyOn(store, 'readAll').mockImplementation(async (page) => {
      const { events, ...rest } = await readAll(page);
      return { ...rest, events: events.filter(({ stream }) => !stream.includes('-B')) };
    });
    const sink = await all(await over(store), 'events', { fromNow: true });
    expect(sink.events).toEqual(['caught-up']);
    expect(sink.messages[0]?.data).toEqual({ position: await store.head() });
  });

  it('is the whole feed where nothing is recorded yet', async () => {
    const store = openInMemoryStore();
    const sink = await follow(await over(store), 'events', { fromNow: true });
    await until(() => sink.events.includes('caught-up'));
    await status(store, 'A', 1, 'Occupied');
    await until(() => sink.events.length === 2);
    expect(sink.events).toEqual(['caught-up', 'event']);
  });

  it('finds an event that is kept behind many that are not', async () => {
    const store = openInMemoryStore();
    await status(store, 'A', 1, 'Available');
    for (let count = 0; count < 250; count += 1) await beat(store, 'A');
    const sink = await all(await over(store), 'events', { fromNow: true });
    expect(sink.events).toEqual(['caught-up']);
    expect(sink.messages[0]?.id).toBeDefined();
  });
});

describe('An id', () => {
  it.each([
    ['rubbish', () => 'rubbish'],
    [
      'of another filter',
      async (feeds: Feeds) => (await all(feeds, 'connectors', { filter: { identity: 'A' } })).messages[0]?.id,
    ],
    ['of another feed', async (feeds: Feeds) => (await all(feeds, 'events')).messages[0]?.id],
    [
      'that somebody made up',
      async (feeds: Feeds) => {
        const mark = (await all(feeds, 'connectors')).messages[0]?.id?.split('.')[0] ?? '';
        return `${mark}.${Buffer.from('["",null,"$all",0,"x",""]').toString('base64url')}`;
      },
    ],
  ])('%s is told to mean nothing, and everything comes anew', async (_what, idFrom) => {
    const store = openInMemoryStore();
    await status(store, 'A', 1, 'Available');
    const feeds = await over(store);
    const sink = await all(feeds, 'connectors', { after: await idFrom(feeds) });
    expect(sink.events).toEqual(['reset', 'row', 'caught-up']);
  });

  it('of a history that was restored to an earlier state since is noticed, though its place has another event by now', async () => {
    const [first, restored] = [openInMemoryStore(), openInMemoryStore()];
    ids.last = 5_000;
    await status(first, 'A', 1, 'Available');
    ids.last = 5_000;
    await status(restored, 'A', 1, 'Available');
    await status(first, 'A', 1, 'Occupied');
    const { messages } = await all(await over(first), 'connectors');
    await status(restored, 'A', 1, 'Faulted');
    await status(restored, 'A', 2, 'Faulted');
    const rest = await all(await over(restored), 'connectors', { after: messages[0]?.id });
    expect(rest.events).toEqual(['reset', 'row', 'row', 'caught-up']);
  });
});

describe('The feed of events', () => {
  const typesIn = (sink: FakeSink) => sink.messages.flatMap(({ data }) => data.type ?? []);

  it('has all that happened and happens, and goes on behind every event', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store);
    await status(store, 'A', 1, 'Available');
    await measure(store, 'A', 1, '7');
    const sink = await follow(feeds, 'events');
    await until(() => sink.events.includes('caught-up'));
    await save(store, 'Card');
    await until(() => typesIn(sink).length === 3);
    expect(typesIn(sink)).toEqual(['ConnectorStatusReported', 'MeterValuesReported', 'IdTagSaved']);
    const items = sink.messages.filter(({ event }) => event === 'event');
    for (const [place, { id }] of items.entries()) {
      const rest = (await all(feeds, 'events', { after: id })).messages.filter(({ event }) => event === 'event');
      expect(rest).toEqual(items.slice(place + 1));
    }
  });

  it('can be chosen from by box, connector and type, as stored and as it happens', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store);
    const write = async () => {
      for (const identity of ['A', 'AB']) {
        await status(store, identity, 1, 'Available');
        await measure(store, identity, 2, '7');
      }
    };
    await write();
    const filters = [
      { identity: 'A' },
      { connectorId: 2 },
      { type: ['MeterValuesReported'] },
      { identity: 'A', connectorId: 1 },
    ];
    const sinks = await Promise.all(filters.map((filter) => follow(feeds, 'events', { filter })));
    await until(() => sinks.every(({ events }) => events.includes('caught-up')));
    await write();
    const counts = () => sinks.map((sink) => typesIn(sink).length);
    await until(() => counts().reduce((sum, count) => sum + count, 0) === 14);
    expect(counts()).toEqual([4, 4, 4, 2]);
  });

  it('has nothing of what is only noted for a faster start, or to know who works', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store);
    for (const stream of [snapshotStream('A'), webhookProgressStream('W'), webhookLeaseStream])
      await record(store, stream, 'Noted', {});
    await record(store, deadLetterStream('W'), 'WebhookRedelivered', { deliveryId: 'd', at: noon });
    expect(typesIn(await all(feeds, 'events'))).toEqual(['WebhookRedelivered']);
  });

  it('goes on behind a heartbeat that was forgotten since', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store);
    await beat(store, 'A');
    const [first] = (await all(feeds, 'events')).messages;
    await store.retain(heartbeatStream('A'), { maxCount: 1 });
    await beat(store, 'A');
    expect((await all(feeds, 'events', { after: first?.id })).events).toEqual(['event', 'caught-up']);
  });

  it('loses nothing for who stops reading while more happens than is kept in memory', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store);
    const sink = await follow(feeds, 'events');
    await until(() => sink.events.includes('caught-up'));
    sink.reads = false;
    for (let count = 0; count < 2_600; count += 1) await status(store, 'A', count, 'Available');
    await until(() => typesIn(sink).length > 0);
    expect(typesIn(sink).length).toBeLessThan(2_600);
    sink.reads = true;
    sink.drain();
    await until(() => typesIn(sink).length >= 2_600);
    const places = sink.messages.flatMap(({ id, event }) => (event === 'event' ? [id] : []));
    expect([places.length, new Set(places).size]).toEqual([2_600, 2_600]);
  });
});

describe('A subscriber', () => {
  it('that does not read is cut off in time, counted, and goes on where it was', async () => {
    const store = openInMemoryStore();
    for (let connectorId = 1; connectorId <= 400; connectorId += 1) await status(store, 'A', connectorId, 'Available');
    const counted: string[] = [];
    const meter = { ...silentMeter, count: (name: string) => void counted.push(name) };
    const feeds = await over(store, { settings: { patience: 40 }, meter });
    const opening = await feeds.open('connectors', { filter: {}, format: 'ndjson' });
    const sink = new FakeSink(false);
    opening.follow(sink);
    await until(() => sink.lines.length > 0);
    time.now += 30;
    const written = sink.characters;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([sink.wasCut, sink.characters]).toEqual([false, written]);
    time.now += 30;
    await until(() => sink.wasCut);
    expect([counted, feeds.size]).toEqual([['feed_subscribers_cut_total'], 0]);
    expect(written).toBeLessThan(100_000);
    const rest = await all(feeds, 'connectors', { after: sink.messages.at(-1)?.id });
    const connectors = [...shown(sink), ...shown(rest)].map(([connectorId]) => connectorId);
    expect(connectors).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
  });

  it('hears a sign of life when nothing happens, and its place moves along', async () => {
    const store = openInMemoryStore();
    const feeds = await over(store, { settings: { beatEvery: 20 } });
    await status(store, 'B', 1, 'Available');
    const sink = await follow(feeds, 'connectors', { filter: { identity: 'A' } });
    await until(() => sink.events.includes('caught-up'));
    await status(store, 'B', 1, 'Occupied');
    await until(() => running[0]?.readModels.status().applied === 2);
    time.now += 25;
    await until(() => sink.lines.length > 1);
    const sign = JSON.parse(sink.lines.at(-1) ?? '') as { heartbeat: string; id: string };
    expect(sign.heartbeat).toMatch(/^1970/);
    expect((await all(feeds, 'connectors', { filter: { identity: 'A' }, after: sign.id })).events).toEqual([
      'caught-up',
    ]);
  });

  it('is one of so many at most, and of none once the service ends', async () => {
    const feeds = await over(openInMemoryStore(), { settings: { most: 1 } });
    expect(feeds.isFull).toBe(false);
    const sink = await follow(feeds, 'events');
    expect(feeds.isFull).toBe(true);
    feeds.close();
    expect([sink.ended, feeds.size, feeds.isFull]).toEqual([true, 0, true]);
  });
});
