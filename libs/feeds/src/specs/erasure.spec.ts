import { idTagVeiling, stateStream } from '@app/charge-box';
import { erase, openEmbeddedStore, openInMemoryStore, TextKeys, veiled } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { noon } from '@app/testing';
import type { Feeds } from '../feeds';
import { all, follow, newFile, over, record, save, status, stopAll } from './at-work';
import type { FakeSink } from './fake-sink';
import { until } from './fake-sink';

// The feed of events when an idTag is erased. Cannot see: what followers had by then.

const tag = 'CARD-7777';

function erasable(bare: EventStore = openInMemoryStore()) {
  const keys = new TextKeys();
  const parts = { store: bare, keys, veiling: idTagVeiling };
  const onErased = (listener: () => void) => keys.onErased(listener);
  return { store: veiled(bare, parts), onErased, erased: () => erase(parts, tag, noon) };
}

const eventsIn = ({ messages }: FakeSink) => messages.filter(({ event }) => event === 'event');
const idsIn = (sink: FakeSink) => eventsIn(sink).map(({ id }) => id);

/** As it was given out by a program that had the names of streams in all ids. */
function formerly(id: string | undefined, stream: string): string {
  const [mark = '', text = ''] = (id ?? '').split('.');
  const [position, key, now, ...rest] = JSON.parse(Buffer.from(text, 'base64url').toString()) as readonly unknown[];
  expect(now).toBeNull();
  return `${mark}.${Buffer.from(JSON.stringify([position, key, stream, ...rest])).toString('base64url')}`;
}

async function told(store: EventStore, feeds: Feeds): Promise<FakeSink> {
  await record(store, stateStream('A'), 'TransactionClosed', {});
  const live = await follow(feeds, 'events');
  await until(() => live.events.includes('caught-up'));
  await save(store, tag);
  await status(store, 'A', 1, 'Available');
  await until(() => eventsIn(live).length === 3);
  expect(JSON.stringify(live.messages)).toContain(tag);
  return live;
}

describe('an erased idTag', () => {
  it('is told to nobody who resumes, and who follows hears what comes', async () => {
    const { store, onErased, erased } = erasable();
    const feeds = await over(store, { onErased });
    const live = await told(store, feeds);
    const { pseudonym } = await erased();
    const resumed = JSON.stringify((await all(feeds, 'events', { after: idsIn(live)[0] })).messages);
    expect(resumed).not.toMatch(/card-7777/i);
    expect(resumed).toContain(`idTag-${pseudonym}`);
    await status(store, 'A', 1, 'Occupied');
    await until(() => eventsIn(live).length === 4);
    expect(eventsIn(live).at(-1)?.data).toMatchObject({ data: { status: 'Occupied' } });
  });

  it.each([
    ['in memory', async () => openInMemoryStore()],
    ['embedded', () => openEmbeddedStore({ file: `${newFile()}.log` })],
  ])(
    'leaves all ids as they were, here and elsewhere, and behind each of them the rest comes: %s',
    async (_what, open) => {
      const bare = await open();
      const { store, onErased, erased } = erasable(bare);
      const feeds = await over(store, { onErased });
      const ids = idsIn(await told(store, feeds));
      expect(Buffer.from(ids.join(), 'base64url').toString()).not.toMatch(/card-7777/i);
      await erased();
      const elsewhere = await over(store);
      for (const each of [feeds, elsewhere]) {
        expect(idsIn(await all(each, 'events'))).toEqual(ids);
        for (const [place, after] of ids.entries()) {
          const resumed = await all(each, 'events', { after });
          expect(resumed.events).not.toContain('reset');
          expect(idsIn(resumed)).toEqual(ids.slice(place + 1));
        }
      }
      await stopAll();
      await bare.close();
    },
  );
});

describe('an id of an event of an idTag', () => {
  it('that has the name of its stream, as it had formerly, is good until the idTag is erased', async () => {
    const { store, onErased, erased } = erasable();
    const feeds = await over(store, { onErased });
    const ids = idsIn(await told(store, feeds));
    const after = formerly(ids[1], 'idTag-card-7777');
    expect(idsIn(await all(feeds, 'events', { after }))).toEqual(ids.slice(2));
    await erased();
    const anew = await all(feeds, 'events', { after });
    expect(anew.events[0]).toBe('reset');
    expect(idsIn(anew)).toEqual(ids);
  });

  it.each([
    ['has another event there', 3],
    ['ends before it', 0],
  ])('is of another history where the log %s', async (_what, count) => {
    const [one, other] = [openInMemoryStore(), openInMemoryStore()];
    for (const store of [one, other]) await status(store, 'A', 1, 'Available');
    await save(one, tag);
    for (let n = 0; n < count; n += 1) await save(other, `${tag}-${n}`);
    const after = idsIn(await all(await over(one), 'events')).at(-1);
    expect((await all(await over(one), 'events', { after })).events).toEqual(['caught-up']);
    expect((await all(await over(other), 'events', { after })).events[0]).toBe('reset');
  });
});
