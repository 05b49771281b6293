import { NO_STREAM } from '@app/kernel';
import type { EventStore, EventToAppend } from '@app/kernel';
import { event, events, fresh, ids, stored } from './store-under-test';
import type { FakeClock, OpenStore } from './store-under-test';

export function appendContract(open: OpenStore): void {
  let store: EventStore;
  let clock: FakeClock | undefined;
  let stream: string;

  beforeAll(async () => {
    ({ store, clock } = await open());
  });
  afterAll(() => store.close());
  beforeEach(() => {
    stream = fresh('append');
  });

  describe('append', () => {
    it('answers the revision and the position of the last event', async () => {
      const appended = await store.append(stream, events(3), NO_STREAM);
      const page = await store.readStream(stream, { limit: 10 });
      expect(appended).toEqual({ outcome: 'appended', revision: 2, position: page.events[2]?.position });
      expect(page.events.map(({ revision }) => revision)).toEqual([0, 1, 2]);
    });

    it('keeps the events of a batch together and in their order', async () => {
      const batches = Array.from({ length: 20 }, () => events(5));
      await Promise.all(batches.map((batch) => store.append(stream, batch, 'any')));
      const order = ids(await stored(store, stream));
      for (const batch of batches) {
        const start = order.indexOf(batch[0]?.id ?? '');
        expect(order.slice(start, start + 5)).toEqual(ids(batch));
      }
    });

    it('gives later events the greater position, whatever their stream', async () => {
      const positions: string[] = [await store.head()];
      for (let i = 0; i < 15; i += 1) {
        const appended = await store.append(fresh('append'), events(1), 'any');
        positions.push(appended.outcome === 'appended' ? appended.position : '');
      }
      expect(positions.slice(1).every((position, i) => position > (positions[i] ?? ''))).toBe(true);
      expect(await store.head()).toBe(positions.at(-1));
    });

    it('gives events back as they went in, with the time that the store took them', async () => {
      const sent = event({
        id: 'any text, ü 😀 " \\ \u0000 will do',
        type: 'Odd "type"\n',
        data: {
          text: 'ü😀"\\\u2028\ud800',
          list: [1, -0.5, 1e300, true, null, { deep: [] }],
          ['__proto__']: { polluted: 1 },
        },
      });
      const appended = await store.append(stream, [sent], NO_STREAM);
      const position = appended.outcome === 'appended' ? appended.position : undefined;
      const recordedAt = clock ? new Date(clock.now()).toISOString() : (expect.stringMatching(/Z$/) as string);
      expect(await stored(store, stream)).toEqual([{ ...sent, stream, revision: 0, position, recordedAt }]);
    });

    it('keeps streams apart whose names are alike', async () => {
      const names = ['a', 'A', 'a ', 'a%', "a'", 'a\u0000', 'aü', 'au\u0308', 'a😀', 'a'.repeat(500)].map(
        (end) => `${stream}${end}`,
      );
      for (const name of names)
        expect(await store.append(name, events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
      for (const name of names) expect((await stored(store, name)).map((one) => one.stream)).toEqual([name]);
    });

    it('takes an event of a megabyte', async () => {
      const text = 'x€'.repeat(250_000);
      await store.append(stream, [event({ data: { text } })], 'any');
      expect((await stored(store, stream))[0]?.data).toEqual({ text });
    });

    it('stores nothing for an empty batch, and answers for it all the same', async () => {
      await store.append(stream, events(2), NO_STREAM);
      const head = await store.head();
      expect(await store.append(stream, [], 1)).toEqual({ outcome: 'appended', revision: 1, position: head });
      expect(await store.append(stream, [], 0)).toEqual({ outcome: 'conflict', actualRevision: 1 });
      expect(await stored(store, stream)).toHaveLength(2);
    });

    it('shares nothing with the caller', async () => {
      const data = { list: [1] };
      const appending = store.append(stream, [event({ data })], 'any');
      data.list.push(2);
      await appending;
      const [read] = await stored(store, stream);
      (read?.data as typeof data).list.push(3);
      expect((await stored(store, stream))[0]?.data).toEqual({ list: [1] });
    });
  });

  describe('a conflict', () => {
    it.each([
      ['a stream that exists was expected not to', 2, NO_STREAM],
      ['the stream has grown', 3, 0],
      ['the stream is shorter than expected', 1, 5],
    ])('is the outcome when %s', async (_, stands, expected) => {
      await store.append(stream, events(stands), NO_STREAM);
      expect(await store.append(stream, events(1), expected)).toEqual({
        outcome: 'conflict',
        actualRevision: stands - 1,
      });
      expect(await stored(store, stream)).toHaveLength(stands);
    });

    it('is the outcome when the stream does not exist', async () => {
      expect(await store.append(stream, events(1), 0)).toEqual({ outcome: 'conflict', actualRevision: NO_STREAM });
    });

    it('never comes of an append to any revision', async () => {
      for (let i = 0; i < 3; i += 1) {
        expect(await store.append(stream, events(2), 'any')).toMatchObject({
          outcome: 'appended',
          revision: i * 2 + 1,
        });
      }
    });

    it('leaves exactly one winner of a hundred that append at the same revision', async () => {
      for (let revision = NO_STREAM; revision < 3; revision += 1) {
        const outcomes = await Promise.all(
          Array.from({ length: 100 }, () => store.append(stream, events(1), revision)),
        );
        expect(outcomes.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
        expect(
          outcomes.filter((one) => one.outcome === 'conflict' && one.actualRevision === revision + 1),
        ).toHaveLength(99);
      }
    });

    it('does not disturb what is appended in the same moment', async () => {
      const [good, alsoGood] = [fresh('append'), fresh('append')];
      const outcomes = await Promise.allSettled([
        store.append(good, events(1), NO_STREAM),
        store.append(stream, events(1), 7),
        store.append(good, [event({ data: { bad: NaN } })], 'any'),
        store.append(alsoGood, events(2), 'any'),
        store.append(good, events(1), 0),
      ]);
      expect(outcomes).toMatchObject([
        { value: { outcome: 'appended', revision: 0 } },
        { value: { outcome: 'conflict' } },
        { reason: { code: 'event-not-json' } },
        { value: { outcome: 'appended', revision: 1 } },
        { value: { outcome: 'appended', revision: 1 } },
      ]);
      expect(await stored(store, good)).toHaveLength(2);
    });
  });

  describe('the same batch again', () => {
    it.each([
      ['on a new stream', 0, 0],
      ['at the end of the stream', 3, 0],
      ['with events behind it', 3, 4],
    ])('gives the first result and stores nothing: %s', async (_, before, behind) => {
      if (before > 0) await store.append(stream, events(before), NO_STREAM);
      const batch = events(3);
      const first = await store.append(stream, batch, before - 1);
      if (behind > 0) await store.append(stream, events(behind), before + 2);
      const head = await store.head();
      expect(await store.append(stream, batch, before - 1)).toEqual(first);
      expect(await store.head()).toBe(head);
      expect(await stored(store, stream)).toHaveLength(before + 3 + behind);
    });

    it('is also known when both are sent in one moment', async () => {
      const batch = events(2);
      const [first, again] = await Promise.all([
        store.append(stream, batch, NO_STREAM),
        store.append(stream, batch, NO_STREAM),
      ]);
      expect(again).toEqual(first);
      expect(await stored(store, stream)).toHaveLength(2);
    });

    it('at any revision is known at the end of the stream', async () => {
      await store.append(stream, events(2), 'any');
      const batch = events(2);
      const first = await store.append(stream, batch, 'any');
      expect(await store.append(stream, batch, 'any')).toEqual(first);
      expect(await stored(store, stream)).toHaveLength(4);
    });

    it.each<[string, (batch: readonly EventToAppend[]) => EventToAppend[]]>([
      ['other events', () => events(3)],
      ['its beginning, then another', (batch) => [...batch.slice(0, 2), event()]],
      ['another, then its end', (batch) => [event(), ...batch.slice(1)]],
      ['more events', (batch) => [...batch, event()]],
      ['another order', (batch) => batch.toReversed()],
    ])('is not seen in %s', async (_, change) => {
      const batch = events(3);
      await store.append(stream, batch, NO_STREAM);
      expect(await store.append(stream, change(batch), NO_STREAM)).toEqual({ outcome: 'conflict', actualRevision: 2 });
      expect(await stored(store, stream)).toHaveLength(3);
    });

    it('in another stream is another batch', async () => {
      const batch = events(1);
      await store.append(stream, batch, NO_STREAM);
      expect(await store.append(fresh('append'), batch, NO_STREAM)).toMatchObject({ outcome: 'appended', revision: 0 });
    });
  });

  describe('an event that JSON cannot carry', () => {
    class Connector {
      readonly id = 1;
    }
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;

    it.each<[string, unknown]>([
      ['nothing', undefined],
      ['null', null],
      ['text in place of an object', 'text'],
      ['NaN', { value: NaN }],
      ['an infinite number', { list: [{ value: Infinity }] }],
      ['a big integer', { value: 1n }],
      ['a cycle', cycle],
      ['a date', { at: new Date(0) }],
      ['a map', { map: new Map() }],
      ['an instance of a class', { connector: new Connector() }],
      ['a function', { call: () => 1 }],
      ['a symbol', { symbol: Symbol('s') }],
      ['a hole in a list', { list: [1, undefined] }],
      ['a value that turns itself into JSON', { toJSON: () => ({}) }],
    ])('is refused before anything is stored: %s', async (_, data) => {
      const batch = [event(), event({ data: data as object })];
      await expect(store.append(stream, batch, 'any')).rejects.toMatchObject({ code: 'event-not-json' });
      expect(await stored(store, stream)).toEqual([]);
    });

    it('is refused for its metadata, its id, its type or the name of its stream as well', async () => {
      const metadata = { ...event().metadata, schema: NaN };
      const refusal = { code: 'event-not-json' };
      await expect(store.append(stream, [event({ metadata })], 'any')).rejects.toMatchObject(refusal);
      await expect(store.append(stream, [event({ id: '' })], 'any')).rejects.toMatchObject(refusal);
      await expect(store.append(stream, [event({ type: 'half \ud83d' })], 'any')).rejects.toMatchObject(refusal);
      await expect(store.append('half \ud83d', [event()], 'any')).rejects.toMatchObject(refusal);
    });

    it('is not one that leaves out a field', async () => {
      await store.append(stream, [event({ data: { here: 1, left: undefined } })], 'any');
      expect((await stored(store, stream))[0]?.data).toStrictEqual({ here: 1 });
    });
  });
}
