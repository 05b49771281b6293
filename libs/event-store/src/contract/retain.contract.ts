import { NO_STREAM } from '@app/kernel';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { Collector, FakeClock, allPages, events, fresh, ids, stored } from './store-under-test';
import type { OpenStore } from './store-under-test';

export function retainContract(open: OpenStore, atOnce: boolean, hasClock: boolean): void {
  const describeAges = hasClock ? describe : () => undefined;
  const itAtOnce = atOnce ? it : () => undefined;
  let store: EventStore;
  let stream: string;
  const clock = new FakeClock();

  beforeAll(async () => {
    const opened = await open();
    store = opened.store;
    if (opened.clock) clock.advance = (seconds) => opened.clock?.advance(seconds);
  });
  afterAll(() => store.close());
  beforeEach(() => {
    stream = fresh('retain');
  });

  const revisions = (list: readonly RecordedEvent[]) => list.map(({ revision }) => revision);

  describe('retain by count', () => {
    it('keeps the newest events of the stream, and their revisions', async () => {
      await store.append(stream, events(10), NO_STREAM);
      await store.retain(stream, { maxCount: 3 });
      expect(await store.readStream(stream, { limit: 10 })).toMatchObject({ lastRevision: 9, endOfStream: true });
      expect(revisions(await stored(store, stream))).toEqual([7, 8, 9]);
      const backward = await store.readStream(stream, { direction: 'backward', limit: 3 });
      expect(backward).toMatchObject({
        events: [{ revision: 9 }, { revision: 8 }, { revision: 7 }],
        endOfStream: true,
      });
    });

    it('holds for what is appended later', async () => {
      await store.retain(stream, { maxCount: 2 });
      expect(await store.readStream(stream, { limit: 1 })).toEqual({
        events: [],
        lastRevision: NO_STREAM,
        endOfStream: true,
      });
      for (let i = NO_STREAM; i < 9; i += 1) {
        expect(await store.append(stream, events(1), i)).toMatchObject({ outcome: 'appended', revision: i + 1 });
        expect(revisions(await stored(store, stream))).toEqual(i < 0 ? [0] : [i, i + 1]);
      }
    });

    it('holds within a single batch', async () => {
      await store.retain(stream, { maxCount: 2 });
      await store.append(stream, events(5), 'any');
      expect(revisions(await stored(store, stream))).toEqual([3, 4]);
    });

    it('lets readers of the log see what is kept, and pass what is not', async () => {
      const before = await store.head();
      const other = fresh('retain-not');
      for (let i = 0; i < 300; i += 1) {
        await store.append(stream, events(1), 'any');
        if (i % 100 === 0) await store.append(other, events(1), 'any');
        if (i === 150) await store.retain(stream, { maxCount: 5 });
      }
      const { events: found, pages } = await allPages(store, { from: before, limit: 4 });
      const seen = revisions(found.filter((one) => one.stream === stream));
      expect(atOnce ? seen : seen.slice(-5)).toEqual([295, 296, 297, 298, 299]);
      expect(revisions(found.filter((one) => one.stream === other))).toEqual([0, 1, 2]);
      expect(pages.at(-1)?.next).toBe(await store.head());

      const collector = new Collector();
      const subscription = store.subscribe({ after: before, batchSize: 3 }, collector.take);
      await collector.until((so) => so.caughtUp);
      await subscription.stop();
      expect(collector.events).toEqual(found);
      expect(collector.checkpoint).toBe(await store.head());
    });

    it('leaves other streams alone, however alike their names', async () => {
      await store.append(`${stream}-other`, events(5), 'any');
      await store.append(stream, events(5), 'any');
      await store.retain(stream, { maxCount: 1 });
      expect(await stored(store, `${stream}-other`)).toHaveLength(5);
    });

    it('can be lifted for what comes later', async () => {
      await store.retain(stream, { maxCount: 1 });
      await store.append(stream, events(3), 'any');
      await store.retain(stream, {});
      await store.append(stream, events(50), 'any');
      expect((await stored(store, stream)).length).toBeGreaterThanOrEqual(51);
    });
  });

  describeAges('retain by age', () => {
    it('keeps the events that are young enough', async () => {
      await store.retain(stream, { maxAge: 60 });
      await store.append(stream, events(2), 'any');
      clock.advance(40);
      await store.append(stream, events(2), 'any');
      expect(await stored(store, stream)).toHaveLength(4);
      clock.advance(21);
      expect(revisions(await stored(store, stream))).toEqual([2, 3]);
    });

    itAtOnce('goes on counting when nothing is left', async () => {
      await store.append(stream, events(3), 'any');
      const head = await store.head();
      await store.retain(stream, { maxAge: 0.5 });
      clock.advance(1);
      expect(await store.readStream(stream, { limit: 5 })).toEqual({ events: [], lastRevision: 2, endOfStream: true });
      expect(await store.append(stream, events(1), 1)).toEqual({ outcome: 'conflict', actualRevision: 2 });
      const appended = await store.append(stream, events(1), 2);
      expect(appended).toMatchObject({ outcome: 'appended', revision: 3 });
      expect(appended.outcome === 'appended' && appended.position > head).toBe(true);
      expect(revisions(await stored(store, stream))).toEqual([3]);
    });

    it('holds together with a count', async () => {
      await store.retain(stream, { maxAge: 60, maxCount: 3 });
      await store.append(stream, events(5), 'any');
      expect(revisions(await stored(store, stream))).toEqual([2, 3, 4]);
      clock.advance(50);
      await store.append(stream, events(1), 'any');
      expect(revisions(await stored(store, stream))).toEqual([3, 4, 5]);
      clock.advance(20);
      expect(revisions(await stored(store, stream))).toEqual([5]);
    });

    itAtOnce('hides old events from readers of the log', async () => {
      const before = await store.head();
      await store.retain(stream, { maxAge: 60 });
      await store.append(stream, events(2), 'any');
      clock.advance(61);
      const young = events(1);
      await store.append(stream, young, 'any');
      expect(ids((await store.readAll({ from: before, limit: 10 })).events)).toEqual(ids(young));
      const backward = await store.readAll({ direction: 'backward', limit: 10 });
      expect(ids(backward.events.filter((one) => one.stream === stream))).toEqual(ids(young));
    });
  });

  it.each([{ maxCount: 0 }, { maxCount: 1.5 }, { maxAge: 0 }, { maxAge: -1 }, { maxAge: NaN }])(
    'refuses %p',
    async (retention) => {
      await expect(store.retain(stream, retention)).rejects.toThrow(RangeError);
    },
  );
}
