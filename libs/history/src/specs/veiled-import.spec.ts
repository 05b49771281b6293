import { idTagStream, idTagVeiling, stateStream } from '@app/charge-box';
import { chained, chainKey, erase, openEmbeddedStore, openInMemoryStore, TextKeys, veiled } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { copyHistory } from '../copy';
import { exportHistory } from '../export';
import { unveiled } from '../open-log';
import type { Place } from '../place';
import { openSource, openTarget } from '../sides';
import { tracesOf } from '../traces';
import { at, dressed, identityOf, idTagOf, live } from './a-life';

// A history that comes in clear is stored as a service would have stored it. Cannot see: EventStoreDB.

const folder = mkdtempSync(join(tmpdir(), 'veiled-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (name: string) => join(folder, `${(files += 1)}`, name);
const tag = idTagOf(1);

const life = [
  { box: 0, kind: 'start', session: 1 },
  { box: 1, kind: 'start', session: 2 },
  { box: 0, kind: 'reading', session: 1 },
  { box: 0, kind: 'stop', session: 1 },
  { box: 1, kind: 'stop', session: 2 },
] as const;

async function fileOf(store: EventStore, boxes?: readonly string[]): Promise<Place> {
  const file = join(folder, `${(files += 1)}.ndjson`);
  const output = createWriteStream(file);
  await exportHistory(store, output, { selection: boxes === undefined ? {} : { boxes } });
  output.end();
  await finished(output);
  return { kind: 'ndjson', file };
}

async function lived(store: EventStore): Promise<EventStore> {
  await live(store, life);
  const saved = { idTag: tag, blocked: true, note: 'of Mr 4717', at: at(9) };
  await store.append(idTagStream(tag), [dressed({ type: 'IdTagSaved', data: saved }, 9)], 'any');
  return store;
}

async function imported(from: Place, to: Place, { resume = false, veils = true } = {}) {
  const source = await openSource(from);
  const target = await openTarget(to, from, { veils: veils && !source.isAsStored });
  try {
    return await copyHistory(source, target, { resume });
  } finally {
    await target.close();
    await source.close();
  }
}

const embedded = () => ({ kind: 'embedded', file: fresh('events.db') }) as const;
const everything = async (store: EventStore): Promise<readonly RecordedEvent[]> =>
  (await store.readAll({ from: '', limit: 10_000 })).events;
async function within<Result>(place: Place & { kind: 'embedded' }, look: (raw: EventStore) => Promise<Result>) {
  const raw = await openEmbeddedStore({ file: place.file });
  try {
    return await look(raw);
  } finally {
    await raw.close();
  }
}
const bytesIn = (place: Place & { kind: 'embedded' }): string =>
  readdirSync(dirname(place.file))
    .map((name) => readFileSync(join(dirname(place.file), name), 'latin1'))
    .join('')
    .toLowerCase();
const found = async (raw: EventStore) => (await tracesOf({ idTag: tag, raw })).traces.map(({ type }) => type);

describe('what is imported in clear', () => {
  it.each([['a part', [identityOf(0)]] as const, ['a whole', undefined] as const])(
    'has idTags nowhere but in what tells of its tokens, and after an erasure nowhere at all: %s',
    async (_what, boxes) => {
      const from = await fileOf(await lived(openInMemoryStore()), boxes);
      const to = embedded();
      const report = await imported(from, to);
      expect(report).toMatchObject({ identical: true, target: report.source });
      await within(to, async (raw) => {
        expect(new Set(await found(raw))).toEqual(new Set(['TextKeyed']));
        expect((await everything(unveiled(raw))).map(({ id }) => id)).toContain('event-0');
        await erase({ store: raw, keys: new TextKeys(), veiling: idTagVeiling }, tag, at(99));
        expect(await found(raw)).toEqual([]);
      });
      for (const gone of [tag, 'of Mr 4717']) expect(bytesIn(to)).not.toContain(gone.toLowerCase());
    },
  );

  it('is stored in the order that it had, as people see it', async () => {
    const source = await lived(openInMemoryStore());
    const from = await fileOf(source);
    const to = embedded();
    await imported(from, to);
    const seen = await within(to, async (raw) => everything(unveiled(raw)));
    const without = ({ position: _position, recordedAt: _recordedAt, ...event }: RecordedEvent) => event;
    expect(seen.map(without)).toEqual((await everything(source)).map(without));
  });

  it('goes on where an import was interrupted, under the same tokens', async () => {
    const [begun, whole] = [openInMemoryStore(), openInMemoryStore()];
    await live(begun, life.slice(0, 3));
    await live(whole, life);
    const to = embedded();
    await imported(await fileOf(begun), to);
    const keyed = () => within(to, async (raw) => (await everything(raw)).filter(({ type }) => type === 'TextKeyed'));
    const before = await keyed();
    expect(before).not.toEqual([]);
    const report = await imported(await fileOf(whole), to, { resume: true });
    expect(report).toMatchObject({ kept: 4, copied: 2, identical: true });
    expect(await keyed()).toEqual(before);
  });

  it('stays in clear where the service would have left it so', async () => {
    const to = embedded();
    await imported(await fileOf(await lived(openInMemoryStore())), to, { veils: false });
    expect(await within(to, found)).toContain('TransactionStarted');
  });
});

describe('what is imported as it was stored', () => {
  it.each<[string, (raw: EventStore) => EventStore]>([
    ['with tokens', (raw) => veiled(raw, { keys: new TextKeys(), veiling: idTagVeiling })],
    ['with links that vouch for it', (raw) => chained(raw, { key: chainKey('k'.repeat(32)) })],
  ])('stays as it is: %s', async (_what, dress) => {
    const raw = openInMemoryStore();
    await lived(dress(raw));
    const to = embedded();
    const report = await imported(await fileOf(raw), to);
    expect(report.source.events).toBe((await everything(raw)).length);
    const stored = await within(to, everything);
    expect(stored.map(({ stream, data }) => ({ stream, data }))).toEqual(
      (await everything(raw)).map(({ stream, data }) => ({ stream, data })),
    );
  });
});

it('the stream of a box has its name, whatever stands for an idTag', async () => {
  const to = embedded();
  await imported(await fileOf(await lived(openInMemoryStore())), to);
  const streams = (await within(to, everything)).map(({ stream }) => stream);
  expect(streams).toContain(stateStream(identityOf(0)));
  expect(streams).not.toContain(idTagStream(tag));
});
