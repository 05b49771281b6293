import { openInMemoryStore } from '@app/event-store';
import { dump, rebuildFromZero } from '@app/read-models';
import { stateAfter } from '@app/testing';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxAt } from '../box-at';
import type { Moment } from '../moment';
import { endedAt } from '../moment';
import { anyLife, at, eventOf, identityOf, live } from './a-life';

// A history looked at as it was equals one that ended there.

const folder = mkdtempSync(join(tmpdir(), 'time-travel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `${(files += 1)}.db`);

/** Both names of the moment right after so many events of a life. */
const momentsAfter = (events: number): readonly Moment[] => [
  { position: String(events + 1).padStart(16, '0') },
  { time: Date.parse(at(events - 1)) + 1 },
];
const anyCut = anyLife.chain((life) => fc.tuple(fc.constant(life), fc.integer({ min: 1, max: life.length })));

it('the state of a box at any moment is that of a history that ended there', async () => {
  await fc.assert(
    fc.asyncProperty(anyCut, async ([life, cut]) => {
      const store = openInMemoryStore();
      await live(store, life);
      for (const moment of momentsAfter(cut))
        for (const box of [0, 1, 2]) {
          const before = life.slice(0, cut).flatMap((step, place) => (step.box === box ? [eventOf(step, place)] : []));
          const found = await boxAt(store, identityOf(box), { moment, last: 3 });
          expect(found.state).toEqual(stateAfter(before));
          expect(found.events).toBe(before.length);
          expect(found.last.map(({ type }) => type)).toEqual(before.slice(-3).map(({ type }) => type));
          expect(found.wentOn).toBe(life.slice(cut).some((step) => step.box === box));
        }
    }),
    { numRuns: 100 },
  );
});

it('the rows of every projection at any moment are those of a history that ended there', async () => {
  await fc.assert(
    fc.asyncProperty(anyCut, async ([life, cut]) => {
      const [whole, ended, expected] = [openInMemoryStore(), openInMemoryStore(), fresh()];
      await live(whole, life);
      await live(ended, life.slice(0, cut));
      await rebuildFromZero(ended, expected);
      for (const moment of momentsAfter(cut)) {
        const file = fresh();
        await rebuildFromZero(endedAt(whole, moment), file);
        expect(dump(file)).toBe(dump(expected));
      }
    }),
    { numRuns: 40 },
  );
});

it('a box is replayed over many pages of each of its streams, in order', async () => {
  const store = openInMemoryStore();
  const life = Array.from({ length: 1_300 }, (_, place) => ({
    box: 0,
    kind: place % 2 === 0 ? ('status' as const) : ('reading' as const),
    session: 1,
  }));
  await live(store, life);
  const { state, events, last } = await boxAt(store, identityOf(0), { last: 2_000 });
  expect(events).toBe(1_300);
  expect(last.map(({ id }) => id)).toEqual(life.map((_, place) => `event-${place}`));
  expect(state).toEqual(stateAfter(life.map(eventOf)));
});

it('a box is found by the log where the store does not say the places of a stream', async () => {
  const store = openInMemoryStore();
  await live(store, [
    { box: 0, kind: 'start', session: 1 },
    { box: 0, kind: 'reading', session: 1 },
    { box: 1, kind: 'boot', session: 1 },
    { box: 0, kind: 'stop', session: 1 },
  ]);
  const silent = Object.assign(Object.create(store) as typeof store, {
    readStream: async (...wanted: Parameters<typeof store.readStream>) => {
      const page = await store.readStream(...wanted);
      return { ...page, events: page.events.map((event) => ({ ...event, position: '' })) };
    },
  });
  const { last } = await boxAt(silent, identityOf(0));
  expect(last.map(({ type }) => type)).toEqual(['TransactionStarted', 'MeterValuesReported', 'TransactionStopped']);
});
