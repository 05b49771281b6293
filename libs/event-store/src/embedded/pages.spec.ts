import type { EventToAppend, LogPage, StreamPage } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import Database from 'better-sqlite3';
import { events } from '../contract/store-under-test';
import { trialFolder } from '../contract/trial-folder';
import { openEmbeddedStore, openInMemoryStore } from '../index';
import type { EmbeddedStore } from '../index';

// Long pages cross threads in parts. What comes out is what a store without parts gives.

/** Small ones by the hundred, then some of a size that fills a part alone. */
const long: readonly EventToAppend[] = events(700).map((event, place) => ({
  ...event,
  type: place % 3 === 0 ? 'Third' : 'Other',
  data: { words: 'ü'.repeat(place % 100 === 99 ? 70_000 : place % 50) },
}));

const short = events(40);

describe.each(['of the writer', 'of a reader', 'of a reader with a thread'])('long pages %s', (whose) => {
  const newFile = trialFolder();
  let file: string;
  let writer: EmbeddedStore;
  let store: EmbeddedStore;
  const other = openInMemoryStore();

  beforeAll(async () => {
    file = newFile();
    writer = await openEmbeddedStore({ file });
    for (const one of [writer, other]) {
      await one.append('long', long, NO_STREAM);
      await one.append('short', short, NO_STREAM);
    }
    store =
      whose === 'of the writer'
        ? writer
        : await openEmbeddedStore({ file, readOnly: true, ownThread: whose.endsWith('thread') });
  });
  afterAll(async () => {
    await store.close();
    await writer.close();
  });

  const idsOf = ({ events: found, ...rest }: LogPage | StreamPage) => ({ ids: found.map(({ id }) => id), ...rest });

  it.each([
    { limit: 699 },
    { limit: 700 },
    { limit: 740 },
    { limit: 10_000 },
    { limit: 300, filter: { types: ['Third'] } },
    { limit: 300, filter: { streamPrefixes: ['sho'] } },
  ])('are whole, in order, forward and backward: %j', async (options) => {
    for (const direction of ['forward', 'backward'] as const) {
      const page = await store.readAll({ ...options, direction });
      expect(idsOf(page).ids).toEqual(idsOf(await other.readAll({ ...options, direction })).ids);
      expect(page.events.map(({ data }) => data)).toEqual(
        (await other.readAll({ ...options, direction })).events.map(({ data }) => data),
      );
    }
  });

  it.each([{ limit: 699 }, { limit: 700 }, { limit: 10_000 }, { limit: 500, from: 650 }, { limit: 5, from: 698 }])(
    'of a stream are whole, in order, forward and backward: %j',
    async (options) => {
      for (const direction of ['forward', 'backward'] as const) {
        const page = await store.readStream('long', { ...options, direction });
        expect(idsOf(page)).toEqual(idsOf(await other.readStream('long', { ...options, direction })));
      }
    },
  );
});

const newFile = trialFolder();

it('a text behind the back of the store that is no JSON fails the read, and nothing else', async () => {
  const file = newFile();
  const store = await openEmbeddedStore({ file });
  await store.append('a', events(3), NO_STREAM);
  await store.append('b', events(1), NO_STREAM);
  const behind = new Database(file);
  behind.exec(`UPDATE events SET data = '{' WHERE revision = 1`);
  behind.close();
  await expect(store.readAll({ limit: 10 })).rejects.toThrow('JSON');
  await expect(store.readStream('a', { limit: 10 })).rejects.toThrow('JSON');
  expect((await store.readStream('b', { limit: 10 })).events).toHaveLength(1);
  await store.close();
});
