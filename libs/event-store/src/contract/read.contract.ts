import fc from 'fast-check';
import { BEGINNING, NO_STREAM } from '@app/kernel';
import type { Direction, EventFilter, EventStore, Position, RecordedEvent } from '@app/kernel';
import { allPages, event, events, fresh, ids, stored } from './store-under-test';
import type { OpenStore } from './store-under-test';

export function readContract(open: OpenStore): void {
  let store: EventStore;
  let stream: string;

  beforeAll(async () => {
    ({ store } = await open());
    await store.append(fresh('read-before'), events(5), 'any');
  });
  afterAll(() => store.close());
  beforeEach(() => {
    stream = fresh('read');
  });

  describe('readStream', () => {
    const revisions = (page: { readonly events: readonly RecordedEvent[] }) =>
      page.events.map(({ revision }) => revision);

    it.each<[string, { from?: number; direction?: Direction; limit: number }, number[], boolean]>([
      ['from the beginning', { limit: 3 }, [0, 1, 2], false],
      ['from a revision on', { from: 4, limit: 3 }, [4, 5, 6], false],
      ['to the very end', { from: 7, limit: 3 }, [7, 8, 9], true],
      ['more than there is', { from: 8, limit: 100 }, [8, 9], true],
      ['after the end', { from: 10, limit: 3 }, [], true],
      ['backward from the end', { direction: 'backward', limit: 3 }, [9, 8, 7], false],
      ['backward from a revision', { direction: 'backward', from: 4, limit: 3 }, [4, 3, 2], false],
      ['backward to the very beginning', { direction: 'backward', from: 2, limit: 3 }, [2, 1, 0], true],
      ['backward from after the end', { direction: 'backward', from: 50, limit: 2 }, [9, 8], false],
    ])('reads %s', async (_, options, expected, endOfStream) => {
      await store.append(stream, events(10), NO_STREAM);
      const page = await store.readStream(stream, options);
      expect(revisions(page)).toEqual(expected);
      expect(page).toMatchObject({ lastRevision: 9, endOfStream });
    });

    it('finds nothing in a stream that does not exist', async () => {
      const nothing = { events: [], lastRevision: NO_STREAM, endOfStream: true };
      expect(await store.readStream(stream, { limit: 1 })).toEqual(nothing);
      expect(await store.readStream(stream, { limit: 1, direction: 'backward' })).toEqual(nothing);
    });

    it('sees what has just been appended', async () => {
      for (let i = 0; i < 20; i += 1) {
        const one = event();
        await store.append(stream, [one], i - 1);
        expect(ids((await store.readStream(stream, { direction: 'backward', limit: 1 })).events)).toEqual([one.id]);
      }
    });

    it('holds to its bounds', async () => {
      await store.append(stream, events(1), 'any');
      expect((await store.readStream(stream, { limit: 10_000 })).events).toHaveLength(1);
      for (const limit of [0, -1, 1.5, 10_001, NaN]) {
        await expect(store.readStream(stream, { limit })).rejects.toThrow(RangeError);
        await expect(store.readAll({ limit })).rejects.toThrow(RangeError);
      }
      await expect(store.readStream(stream, { from: -1, limit: 1 })).rejects.toThrow(RangeError);
    });
  });

  describe('readAll', () => {
    /** Six events by turns in two streams and of two types, and the position before them. */
    async function history(): Promise<{ before: Position; all: readonly RecordedEvent[]; even: string; odd: string }> {
      const before = await store.head();
      const [even, odd] = [fresh(`${stream}-even`), fresh(`${stream}-odd`)];
      for (let i = 0; i < 6; i += 1) {
        await store.append(i % 2 === 0 ? even : odd, [event({ type: i < 3 ? 'Early' : 'Late' })], 'any');
      }
      return { before, even, odd, all: (await store.readAll({ from: before, limit: 10 })).events };
    }

    it('reads everything in the order of positions', async () => {
      const { all, even, odd } = await history();
      expect(all.map((one) => one.stream)).toEqual([even, odd, even, odd, even, odd]);
      expect(ids(all)).toEqual(ids([...(await stored(store, even)), ...(await stored(store, odd))].sort(byPosition)));
    });

    it('reads from the very beginning', async () => {
      await store.append(stream, events(2), 'any');
      const { events: all } = await allPages(store, { from: BEGINNING, limit: 500 });
      expect(ids(all)).toEqual(ids((await allPages(store, { limit: 500 })).events));
      expect(all.filter((one) => one.stream === stream)).toHaveLength(2);
    });

    it('goes on strictly after a position', async () => {
      const { all } = await history();
      const page = await store.readAll({ from: all[1]?.position ?? '', limit: 2 });
      expect(page).toMatchObject({ events: all.slice(2, 4), next: all[3]?.position, endOfLog: false });
      const rest = await store.readAll({ from: page.next, limit: 2 });
      expect(rest).toMatchObject({ events: all.slice(4), next: await store.head(), endOfLog: true });
    });

    it('reads nothing after the head, and stays there', async () => {
      const head = await store.head();
      expect(await store.readAll({ from: head, limit: 1 })).toEqual({ events: [], next: head, endOfLog: true });
    });

    it('goes backward strictly before a position, or from the end', async () => {
      const { all } = await history();
      const end = await store.readAll({ direction: 'backward', limit: 2 });
      expect(end).toMatchObject({ events: [all[5], all[4]], endOfLog: false });
      expect((await store.readAll({ direction: 'backward', from: end.next, limit: 3 })).events).toEqual([
        all[3],
        all[2],
        all[1],
      ]);
      expect(await store.readAll({ direction: 'backward', from: BEGINNING, limit: 3 })).toMatchObject({
        events: [],
        endOfLog: true,
      });
    });

    it('reads the same log backward as forward', async () => {
      await history();
      const forward = await allPages(store, { limit: 7 });
      const backward = await allPages(store, { direction: 'backward', limit: 7 });
      expect(backward.events.reverse()).toEqual(forward.events);
    });

    it.each<[string, (streams: { even: string; odd: string }) => EventFilter, number[]]>([
      ['types', () => ({ types: ['Late'] }), [3, 4, 5]],
      ['several types', () => ({ types: ['Late', 'Early', 'Unheard'] }), [0, 1, 2, 3, 4, 5]],
      ['a type that no event has', () => ({ types: ['Unheard'] }), []],
      ['no type', () => ({ types: [] }), []],
      ['the beginning of a stream name', ({ odd }) => ({ streamPrefixes: [odd.slice(0, -1)] }), [1, 3, 5]],
      ['several beginnings', ({ even, odd }) => ({ streamPrefixes: [even, odd] }), [0, 1, 2, 3, 4, 5]],
      ['no beginning', () => ({ streamPrefixes: [] }), []],
      ['a beginning in the wrong case', ({ odd }) => ({ streamPrefixes: [odd.toUpperCase()] }), []],
      ['both', ({ even }) => ({ types: ['Early'], streamPrefixes: [even] }), [0, 2]],
    ])('filters by %s', async (_, filterOf, expected) => {
      const { before, all, even, odd } = await history();
      const filter = filterOf({ even, odd });
      const wanted = expected.map((i) => all[i]);
      const { events: found, pages } = await allPages(store, { from: before, limit: 100, filter });
      expect(found).toEqual(wanted);
      expect(pages.at(-1)?.next).toBe(await store.head());
      const backward = (await store.readAll({ direction: 'backward', limit: 100, filter })).events;
      expect(backward.filter(({ position }) => position > before)).toEqual(wanted.toReversed());
    });

    it('takes prefixes with characters of pattern languages as they are', async () => {
      const before = await store.head();
      for (const name of ['a%b', 'a_b', 'aXb', 'a*b', 'a[b']) await store.append(`${stream}${name}`, events(1), 'any');
      for (const name of ['a%', 'a_', 'a*', 'a[']) {
        const filter = { streamPrefixes: [`${stream}${name}`] };
        expect((await store.readAll({ from: before, limit: 9, filter })).events.map((one) => one.stream)).toEqual([
          `${stream}${name}b`,
        ]);
      }
    });

    it('gives each event once, whatever the size of the pages and the filter', async () => {
      const { before, all } = await history();
      const filters: EventFilter[] = [{}, { types: ['Early'] }, { types: ['Late'] }, { streamPrefixes: [stream] }];
      const trial = fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(...filters),
        async (limit, filter) => {
          const wanted = all.filter((one) => filter.types?.includes(one.type) ?? true);
          const { events: found, pages } = await allPages(store, { from: before, limit, filter });
          expect(found).toEqual(wanted);
          expect(pages.every((page) => page.events.length <= limit)).toBe(true);
        },
      );
      await fc.assert(trial, { numRuns: 20 });
    });

    it('refuses a position that it did not give out', async () => {
      await expect(store.readAll({ from: 'somewhere', limit: 1 })).rejects.toThrow(RangeError);
    });
  });
}

function byPosition(a: RecordedEvent, b: RecordedEvent): number {
  return a.position < b.position ? -1 : 1;
}
