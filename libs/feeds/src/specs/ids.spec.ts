import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { secondsAfterNoon } from '@app/testing';
import fc from 'fast-check';
import type { Feeds } from '../feeds';
import { all, beat, ids, measure, newFile, over, remove, running, save, status, stopAll } from './at-work';
import type { FakeSink, Message } from './fake-sink';

// By its id a subscriber knows whether it has an item already. Cannot see: rows that come out otherwise without a higher version.

const names = ['charge-boxes', 'connectors', 'id-tags', 'meter-values'] as const;
const itemsOf = ({ messages }: FakeSink) => messages.filter(({ event }) => event === 'row' || event === 'removed');

/** The items of all feeds, once rows show everything. */
async function itemsIn(store: EventStore, feeds: Feeds): Promise<readonly Message[]> {
  await running.find((each) => each.feeds === feeds)?.readModels.waitFor(await store.head(), 5_000);
  const sinks = await Promise.all(names.map((name) => all(feeds, name)));
  return sinks.flatMap(itemsOf);
}

const steps = ['status', 'beat', 'beat', 'save', 'remove', 'measure', 'look', 'restart'] as const;
type Step = (typeof steps)[number];
const action = fc.record({ step: fc.constantFrom(...steps), box: fc.constantFrom('A', 'B'), one: fc.boolean() });

describe('The id of an item', () => {
  it('is the same whenever and wherever it is told, and never that of another change', async () => {
    const counted = { items: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 25 }), async (actions) => {
        const store = openInMemoryStore();
        const file = newFile();
        let feeds = await over(store, { file });
        const told = new Map<string | undefined, Message['data']>();
        const hear = async () => {
          const items = await itemsIn(store, feeds);
          for (const { id, data } of items) {
            expect(told.get(id) ?? data).toEqual(data);
            told.set(id, data);
          }
          counted.items += items.length;
          return items;
        };
        for (const [place, { step, box, one }] of actions.entries()) {
          const does: Readonly<Record<Step, () => Promise<unknown>>> = {
            status: () => status(store, box, one ? 1 : 2, place % 2 === 0 ? 'Available' : 'Occupied'),
            beat: () => beat(store, box, secondsAfterNoon(place)),
            save: () => save(store, box),
            remove: () => remove(store, box),
            measure: () => measure(store, box, 1, ...(one ? ['1'] : ['1', '2', '3'])),
            look: hear,
            restart: async () => {
              await stopAll();
              feeds = await over(store, { file });
            },
          };
          await does[step]();
        }
        const lived = await hear();
        feeds = await over(store);
        expect(await hear()).toEqual(lived);
        await stopAll();
      }),
      { numRuns: 40 },
    );
    expect(counted.items).toBeGreaterThan(200);
  });

  it('is the same where an item is sent again, and behind every item the rest comes', async () => {
    const store = openInMemoryStore();
    await status(store, 'A', 1, 'Available');
    for (const identity of ['A', 'B', 'C']) await beat(store, identity);
    await measure(store, 'A', 1, '1', '2', '3');
    await beat(store, 'B', secondsAfterNoon(9));
    const feeds = await over(store);
    for (const name of names) {
      const whole = itemsOf(await all(feeds, name));
      for (const [place, { id }] of whole.entries()) {
        const resumed = await all(feeds, name, { after: id });
        expect(resumed.events).not.toContain('reset');
        const rest = itemsOf(resumed).map((item) => item.id);
        const known = whole.map((item) => item.id);
        expect(rest.filter((each) => !known.includes(each))).toEqual([]);
        expect(rest).toEqual(expect.arrayContaining(known.slice(place + 1)));
      }
    }
  });

  it('is another one for another event at the same place of another history', async () => {
    const changed = async (first: number) => {
      const store = openInMemoryStore();
      ids.last = 7_000;
      await status(store, 'A', 1, 'Available');
      ids.last = first;
      await beat(store, 'A', secondsAfterNoon(first));
      return itemsOf(await all(await over(store), 'charge-boxes'));
    };
    const [one, other] = [await changed(8_000), await changed(9_000)];
    expect(one).toHaveLength(1);
    expect(one[0]?.id).not.toBe(other[0]?.id);
  });
});
