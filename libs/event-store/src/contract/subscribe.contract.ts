import fc from 'fast-check';
import { BEGINNING, NO_STREAM } from '@app/kernel';
import type { EventStore, Position, Subscription } from '@app/kernel';
import { Collector, allPages, event, events, fresh, ids } from './store-under-test';
import type { OpenStore } from './store-under-test';

export function subscribeContract(open: OpenStore): void {
  let store: EventStore;
  let stream: string;
  let before: Position;
  const running: Subscription[] = [];

  beforeAll(async () => {
    ({ store } = await open());
    await store.append(fresh('subscribe-before'), events(3), 'any');
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    stream = fresh('subscribe');
    before = await store.head();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  function subscribe(...options: Parameters<EventStore['subscribe']>): Subscription {
    const subscription = store.subscribe(...options);
    running.push(subscription);
    return subscription;
  }

  /** Appends each event on its own, so that each has a position of its own to stop at. */
  async function appendEach(count: number, type = 'MeterRead'): Promise<string[]> {
    const list = events(count, { type });
    for (const one of list) await store.append(stream, [one], 'any');
    return ids(list);
  }

  describe('subscribe', () => {
    it('gives what is stored after a position, then what is appended', async () => {
      const stored = await appendEach(3);
      const collector = new Collector();
      subscribe({ after: before }, collector.take);
      await collector.until((so) => so.caughtUp);
      expect(ids(collector.events)).toEqual(stored);
      const live = await appendEach(5);
      await collector.until((so) => so.events.length >= 8);
      expect(ids(collector.events)).toEqual([...stored, ...live]);
    });

    it('gives live events as reading gives them', async () => {
      const collector = new Collector();
      subscribe({ after: before }, collector.take);
      await collector.until((so) => so.caughtUp);
      await store.append(stream, events(3), 'any');
      await collector.until((so) => so.events.length === 3);
      expect(collector.events).toEqual((await store.readAll({ from: before, limit: 10 })).events);
    });

    it('gives everything from the very beginning', async () => {
      const collector = new Collector();
      subscribe({ after: BEGINNING, batchSize: 2 }, collector.take);
      await collector.until((so) => so.caughtUp);
      expect(ids(collector.events)).toEqual(ids((await allPages(store, { limit: 100 })).events));
    });

    it('starts in the middle of what is stored', async () => {
      await appendEach(6);
      const all = (await store.readAll({ from: before, limit: 10 })).events;
      const collector = new Collector();
      subscribe({ after: all[2]?.position ?? '' }, collector.take);
      await collector.until((so) => so.caughtUp);
      expect(collector.events).toEqual(all.slice(3));
    });

    it('says that it has caught up, also when there was nothing to catch up with', async () => {
      const collector = new Collector();
      subscribe({ after: before }, collector.take);
      await collector.until((so) => so.caughtUp);
      expect(collector).toMatchObject({ events: [], checkpoint: before });
    });

    it('has not caught up while there is more to give', async () => {
      await appendEach(5);
      const said: [number, boolean][] = [];
      const collector = new Collector();
      subscribe({ after: before, batchSize: 2 }, (batch) => {
        said.push([batch.events.length, batch.caughtUp]);
        collector.take(batch);
      });
      await collector.until((so) => so.caughtUp);
      expect(said.filter(([count]) => count > 0).map(([count]) => count)).toEqual([2, 2, 1]);
      expect(said.filter(([, caughtUp]) => caughtUp)).toHaveLength(1);
    });

    it('ends every batch with the checkpoint to resume from', async () => {
      await appendEach(5);
      const checkpoints: Position[] = [];
      const collector = new Collector();
      subscribe({ after: before, batchSize: 2 }, (batch) => {
        if (batch.events.length > 0) checkpoints.push(batch.checkpoint);
        collector.take(batch);
      });
      await collector.until((so) => so.caughtUp);
      expect(checkpoints.every((checkpoint, i) => checkpoint >= (collector.events[i * 2]?.position ?? ''))).toBe(true);
      expect(collector.checkpoint).toBe(await store.head());
    });

    it('gives the next batch only when the subscriber is done with the one before', async () => {
      await appendEach(4);
      const collector = new Collector();
      let atOnce = 0;
      let most = 0;
      subscribe({ after: before, batchSize: 1 }, async (batch) => {
        most = Math.max(most, (atOnce += 1));
        await store.head();
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        collector.take(batch);
      });
      await collector.until((so) => so.events.length === 4);
      expect(most).toBe(1);
    });

    it('gives nothing for an append that was repeated', async () => {
      const collector = new Collector();
      let release: () => void = () => undefined;
      subscribe({ after: before }, async (batch) => {
        collector.take(batch);
        if (batch.events.length === 1) await new Promise<void>((resolve) => (release = resolve));
      });
      await collector.until((so) => so.caughtUp);
      const [first, second, third] = [events(1), events(2), events(3)];
      await store.append(stream, first, NO_STREAM);
      await collector.until((so) => so.events.length === 1);
      await store.append(stream, second, 0);
      await store.append(stream, first, NO_STREAM);
      await store.append(stream, third, 2);
      release();
      await collector.until((so) => so.events.length >= 6);
      expect(ids(collector.events)).toEqual(ids([...first, ...second, ...third]));
    });

    it('misses nothing and repeats nothing while others append', async () => {
      const collector = new Collector();
      const appending = Promise.all(
        Array.from({ length: 300 }, (_, i) => store.append(`${stream}-${i % 7}`, events(2), 'any')),
      );
      subscribe({ after: before, batchSize: 50 }, collector.take);
      await appending;
      await collector.until((so) => so.events.length >= 600);
      expect(collector.events).toEqual((await allPages(store, { from: before, limit: 1000 })).events);
    });

    it('serves several subscribers, each at its own pace and with its own filter', async () => {
      const [everything, late, mine] = [new Collector(), new Collector(), new Collector()];
      subscribe({ after: before, batchSize: 1 }, everything.take);
      subscribe({ after: before, filter: { types: ['Late'] } }, late.take);
      subscribe({ after: before, filter: { streamPrefixes: [stream] } }, mine.take);
      const mineIds = [...(await appendEach(5, 'Early')), ...(await appendEach(5, 'Late'))];
      await store.append(fresh('other'), [event({ type: 'Late' })], 'any');
      await everything.until((so) => so.events.length === 11);
      await late.until((so) => so.events.length === 6);
      await mine.until((so) => so.events.length === 10);
      expect(ids(mine.events)).toEqual(mineIds);
      expect(late.events.every(({ type }) => type === 'Late')).toBe(true);
    });
  });

  describe('the filter of a subscription', () => {
    it('leaves events out, and moves the checkpoint past them', async () => {
      await appendEach(3, 'Unwanted');
      const collector = new Collector();
      subscribe({ after: before, filter: { types: ['Wanted'] } }, collector.take);
      await collector.until((so) => so.caughtUp);
      expect(collector).toMatchObject({ events: [], checkpoint: await store.head() });
      const wanted = await appendEach(1, 'Wanted');
      await collector.until((so) => so.events.length === 1);
      expect(ids(collector.events)).toEqual(wanted);
    });

    it('does not keep the checkpoint still for ever while nothing matches', async () => {
      const collector = new Collector();
      subscribe({ after: before, filter: { types: ['Wanted'] } }, collector.take);
      await collector.until((so) => so.caughtUp);
      const first = collector.checkpoint ?? '';
      while (collector.checkpoint === first) await appendEach(1, 'Unwanted');
      expect(collector.events).toEqual([]);
      expect((collector.checkpoint ?? '') > first).toBe(true);
    });
  });

  describe('the end of a subscription', () => {
    it('comes with stop, after the batch being worked on', async () => {
      await appendEach(2);
      let release: () => void = () => undefined;
      let done = 0;
      const collector = new Collector();
      const subscription = subscribe({ after: before, batchSize: 1 }, async (batch) => {
        collector.take(batch);
        await new Promise<void>((resolve) => (release = resolve));
        done += 1;
      });
      await collector.until((so) => so.events.length === 1);
      const stopping = subscription.stop().then(() => done);
      release();
      expect(await stopping).toBe(1);
      await expect(subscription.ended).resolves.toBeUndefined();
      await appendEach(1);
      expect(collector.events).toHaveLength(1);
    });

    it('comes with stop while it waits for news, and again', async () => {
      const collector = new Collector();
      const subscription = subscribe({ after: before }, collector.take);
      await collector.until((so) => so.caughtUp);
      await Promise.all([subscription.stop(), subscription.stop()]);
      await appendEach(2);
      await subscription.stop();
      expect(collector.events).toEqual([]);
    });

    it('may be asked for by the subscriber itself', async () => {
      await appendEach(3);
      const seen: string[] = [];
      const subscription = subscribe({ after: before, batchSize: 1 }, (batch) => {
        seen.push(...ids(batch.events));
        void subscription.stop();
      });
      await subscription.ended;
      expect(seen).toHaveLength(1);
    });

    it.each<[string, () => Promise<void> | void]>([
      [
        'throws',
        () => {
          throw new Error('too much');
        },
      ],
      ['rejects', () => Promise.reject(new Error('too much'))],
    ])('comes with the error of a subscriber that %s, and to that one only', async (_, fail) => {
      const other = new Collector();
      subscribe({ after: before }, other.take);
      const failing = subscribe({ after: before }, (batch) => (batch.events.length > 0 ? fail() : undefined));
      await appendEach(1);
      await expect(failing.ended).rejects.toThrow('too much');
      await failing.stop();
      await appendEach(1);
      await other.until((so) => so.events.length === 2);
    });

    it('comes at once for options that make no sense', async () => {
      await expect(subscribe({ after: 'somewhere' }, () => undefined).ended).rejects.toThrow(RangeError);
      await expect(subscribe({ after: before, batchSize: 0 }, () => undefined).ended).rejects.toThrow(RangeError);
    });
  });

  describe('a subscription that is resumed', () => {
    it('sees every event once, wherever it stopped', async () => {
      const all = await appendEach(40);
      const trial = fc.asyncProperty(
        fc.array(fc.record({ batches: fc.integer({ min: 1, max: 4 }), batchSize: fc.integer({ min: 1, max: 9 }) }), {
          minLength: 1,
        }),
        async (runs) => {
          const seen: string[] = [];
          let after = before;
          for (const { batches, batchSize } of runs)
            after = await someBatches(store, { after, batchSize, batches, seen });
          while (seen.length < all.length) after = await someBatches(store, { after, batchSize: 50, batches: 1, seen });
          expect(seen).toEqual(all);
        },
      );
      await fc.assert(trial, { numRuns: 15 });
    });
  });
}

interface Run {
  readonly after: Position;
  readonly batchSize: number;
  readonly batches: number;
  readonly seen: string[];
}

/** Takes some batches, or fewer when there are no more; returns the checkpoint of the last. */
async function someBatches(store: EventStore, { after, batchSize, batches, seen }: Run): Promise<Position> {
  let left = batches;
  let checkpoint = after;
  const subscription = store.subscribe({ after, batchSize }, (batch) => {
    seen.push(...ids(batch.events));
    checkpoint = batch.checkpoint;
    left -= 1;
    if (left === 0 || batch.caughtUp) void subscription.stop();
  });
  await subscription.ended;
  return checkpoint;
}
