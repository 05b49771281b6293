import { openEmbeddedStore, openInMemoryStore } from '@app/event-store';
import type { EventStore, EventToAppend } from '@app/kernel';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyHistory } from '../copy';
import { NdjsonSide } from '../ndjson';
import { placeOf } from '../place';
import type { Side } from '../side';
import { openSource, openTarget } from '../sides';
import { StoreSide } from '../store-side';

// Histories are moved between stores and files. Cannot see: EventStoreDB, which `test/history` has.

const folder = mkdtempSync(join(tmpdir(), 'history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (ending: string) => join(folder, `${(files += 1)}.${ending}`);

let ids = 0;
const metadata = {
  schema: 1,
  correlationId: 'c',
  causationId: 'c',
  actor: 'charge-box',
  receivedAt: '2026-03-01T12:00:00Z',
};
const event = (data: object = { count: ids }): EventToAppend => ({
  id: `id-${(ids += 1)}`,
  type: 'Happened',
  data,
  metadata,
});

/** A history in a store, with streams by turns; of one the beginning is forgotten. */
async function history(count: number): Promise<EventStore> {
  const store = openInMemoryStore();
  for (let index = 0; index < count; index += 1)
    await store.append(
      `stream-${index % 7}`,
      Array.from({ length: 1 + (index % 3) }, () => event()),
      'any',
    );
  await store.retain('stream-3', { maxCount: 2 });
  return store;
}

const side = (store: EventStore) => StoreSide.open(store, { most: 8, inOrder: false });
const elsewhere = { kind: 'embedded', file: join(folder, 'elsewhere/events.db') } as const;
const copy = (source: Side, target: Side, resume = false) => copyHistory(source, target, { resume });

describe('a copied history', () => {
  it('keeps every character that JSON carries, lines of other scripts and ends of lines among them', async () => {
    const text = 'a\u2028b\u2029c\u0085d\r\n\u{1F50C}';
    const source = openInMemoryStore();
    await source.append('s', [event({ text }), event({ text: text.repeat(40_000) })], 'any');
    const file = fresh('ndjson');
    const target = await openTarget({ kind: 'ndjson', file }, elsewhere);
    expect(await copy(await side(source), target)).toMatchObject({ identical: true });
    await target.close();
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(5);
    const back = openInMemoryStore();
    expect(await copy(await NdjsonSide.openForReading(file), await side(back))).toMatchObject({ identical: true });
    expect((await back.readStream('s', { from: 0, limit: 1 })).events[0]?.data).toEqual({ text });
  });

  it('goes in appends that a server takes, whatever its script', async () => {
    const source = openInMemoryStore();
    const text = '\u5145'.repeat(20_000);
    for (let count = 0; count < 40; count += 1) await source.append('s', [event({ text })], 'any');
    const target = openInMemoryStore();
    const append = jest.spyOn(target, 'append');
    await copy(await side(source), await side(target));
    const sizes = append.mock.calls.map(([, events]) => Buffer.byteLength(JSON.stringify(events)));
    expect(Math.max(...sizes)).toBeLessThan(500_000);
    expect(append.mock.calls.length).toBeLessThan(20);
  });

  it('is identical in another store, and says which streams had forgotten their beginning', async () => {
    const [source, target] = [await history(300), openInMemoryStore()];
    const report = await copy(await side(source), await side(target));
    expect(report).toMatchObject({ kept: 0, identical: true, shortened: 1, source: { streams: 7 } });
    expect(report.target).toEqual(report.source);
    expect(report.copied).toBe(report.source.events);
  });

  it('is identical after every way through embedded store and file, whatever is in it', async () => {
    const anything = fc.array(
      fc.record({ stream: fc.integer({ min: 0, max: 3 }), data: fc.dictionary(fc.string(), fc.jsonValue()) }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(anything, async (events) => {
        const store = openInMemoryStore();
        for (const { stream, data } of events) {
          const plain = JSON.parse(JSON.stringify(data)) as object;
          await store.append(`stream-${stream}`, [event(plain)], 'any');
        }
        const [file, text] = [fresh('db'), fresh('ndjson')];
        const toText = await NdjsonSide.openForWriting(text);
        const first = await copy(await side(store), toText);
        await toText.close();
        const embedded = await openTarget({ kind: 'embedded', file }, { kind: 'ndjson', file: text });
        const second = await copy(await NdjsonSide.openForReading(text), embedded);
        await embedded.close();
        const back = openInMemoryStore();
        const source = await openSource({ kind: 'embedded', file });
        const third = await copy(source, await side(back));
        await source.close();
        for (const { identical, source: digest } of [first, second, third]) {
          expect(identical).toBe(true);
          expect(digest).toEqual(first.source);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('goes on where a copy was cut off, anywhere', async () => {
    const source = await history(120);
    const whole = fresh('ndjson');
    const writing = await NdjsonSide.openForWriting(whole);
    const { source: wanted } = await copy(await side(source), writing);
    await writing.close();
    const bytes = readFileSync(whole).length;
    for (const share of [0, 0.01, 0.2, 0.5, 0.77, 0.999, 1]) {
      const cut = fresh('ndjson');
      writeFileSync(cut, readFileSync(whole));
      truncateSync(cut, Math.floor(bytes * share));
      const target = await NdjsonSide.openForWriting(cut);
      const report = await copy(await side(source), target, true);
      await target.close();
      expect(report).toMatchObject({ identical: true, target: wanted });
      expect(report.kept + report.copied).toBe(wanted.events);
      expect(readFileSync(cut)).toEqual(readFileSync(whole));
    }
  });

  it('goes on in a store, at the revisions that are there', async () => {
    const [source, target] = [await history(200), openInMemoryStore()];
    const part = openInMemoryStore();
    let left = 100;
    const { events } = await source.readAll({ from: '', direction: 'forward', limit: 10_000 });
    for (const { stream, ...each } of events) if ((left -= 1) >= 0) await target.append(stream, [each], 'any');
    await part.close();
    const report = await copy(await side(source), await side(target), true);
    expect(report).toMatchObject({ kept: 100, identical: true });
  });

  it('is told not to be identical when the target has lost something', async () => {
    const [source, target] = [await history(50), openInMemoryStore()];
    const forgetful: EventStore = {
      shared: false,
      append: async (stream, events, expected) => {
        if (stream !== 'stream-5') return target.append(stream, events, expected);
        return { outcome: 'appended', revision: 0, position: '' };
      },
      readStream: (...given) => target.readStream(...given),
      readAll: (options) => target.readAll(options),
      subscribe: (...given) => target.subscribe(...given),
      head: () => target.head(),
      retain: (...given) => target.retain(...given),
      close: () => target.close(),
    };
    expect(await copy(await side(source), await side(forgetful))).toMatchObject({ identical: false });
  });
});

describe('a copy is refused', () => {
  it('to a target that holds something, unless it is to go on', async () => {
    const [source, target] = [await history(5), await history(5)];
    await expect(copy(await side(source), await side(target))).rejects.toMatchObject({ code: 'history-not-empty' });
  });

  it('to go on where something else is, or more than there should be', async () => {
    const source = await history(5);
    const other = await history(5);
    const before = await other.head();
    await expect(copy(await side(source), await side(other), true)).rejects.toMatchObject({
      code: 'history-differs',
      message: expect.stringContaining(
        'the 1 events of stream-0 there are not the first of it in the source',
      ) as string,
    });
    expect(await other.head()).toBe(before);
    const longer = openInMemoryStore();
    await copy(await side(source), await side(longer));
    await longer.append('more', [event()], 'any');
    await expect(copy(await side(source), await side(longer), true)).rejects.toMatchObject({ code: 'history-differs' });
  });

  it('from a file with faults, all of them by line', async () => {
    const file = fresh('ndjson');
    const writing = await NdjsonSide.openForWriting(file);
    await copy(await side(await history(2)), writing);
    await writing.close();
    writeFileSync(
      file,
      withoutEnd(file) + 'rubbish\n{"stream":"a","revision":-1,"id":"","type":"T","data":[],"metadata":{}}\n[]\n',
    );
    await expect(NdjsonSide.openForReading(file)).rejects.toMatchObject({
      code: 'history-unreadable',
      message: expect.stringMatching(
        /line 5: is not JSON; line 6: revision, id, data missing or of another kind; line 7: is no event/,
      ) as string,
    });
  });

  it('from a file that was cut, lost a line, or was changed', async () => {
    const file = fresh('ndjson');
    const writing = await NdjsonSide.openForWriting(file);
    await copy(await side(await history(3)), writing);
    await writing.close();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const refusal = async (text: readonly string[]) => {
      writeFileSync(file, text.map((line) => `${line}\n`).join(''));
      return NdjsonSide.openForReading(file).then(
        () => 'none',
        (error: Error) => error.message,
      );
    };
    expect(await refusal(lines)).toBe('none');
    expect(await refusal(lines.slice(0, -1))).toContain('its last line is missing');
    const [whole = ''] = lines.slice(-1);
    expect(await refusal([...lines.slice(0, -1), whole.slice(0, 20)])).toContain(`line ${lines.length}`);
    expect(await refusal(lines.filter((_, place) => place !== 2))).toMatch(
      /it holds \d+ events where \d+ were written/,
    );
    expect(await refusal(lines.map((line) => line.replace('"count":', '"count": 1')))).toContain(
      'the checksum differs',
    );
    expect(await refusal([...lines, lines[1] ?? ''])).toContain('comes after the last line');
    expect(await refusal([])).toContain('its last line is missing');
  });

  it('from a file that is no history', async () => {
    const file = fresh('txt');
    writeFileSync(file, 'dear diary\n');
    const unreadable = { code: 'history-unreadable' };
    await expect(NdjsonSide.openForReading(file)).rejects.toMatchObject(unreadable);
    await expect(openSource({ kind: 'ndjson', file: folder })).rejects.toMatchObject(unreadable);
    await expect(openSource({ kind: 'ndjson', file: fresh('ndjson') })).rejects.toMatchObject(unreadable);
    await expect(openSource({ kind: 'embedded', file: fresh('db') })).rejects.toMatchObject(unreadable);
  });

  it.each([
    ['a line', 'dear diary\n'],
    ['no end of a line', 'dear diary'],
    ['a line and no end of one', 'dear\ndiary'],
    ['JSON', '{"my":"diary"}'],
    ['an end without a beginning', '{"end":{}}\n'],
    ['another version', '{"format":"ocpp-central-system-history","version":2}\n{}\n'],
    ['bytes', '\0\0diary\n\0'],
  ])('to a file of something else, which stays as it is: %s', async (_, text) => {
    const file = fresh('txt');
    writeFileSync(file, text);
    await expect(openTarget({ kind: 'ndjson', file }, elsewhere)).rejects.toMatchObject({ code: 'history-unreadable' });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('to where no file can be', async () => {
    const nowhere = { kind: 'ndjson', file: join(folder, 'no/such/folder.ndjson') } as const;
    await expect(openTarget(nowhere, elsewhere)).rejects.toMatchObject({ code: 'history-unwritable' });
    await expect(openTarget({ kind: 'ndjson', file: folder }, elsewhere)).rejects.toMatchObject({
      code: 'history-unreadable',
    });
  });

  it('to a finished file, which stays as it is, also when it is to go on with another history', async () => {
    const file = fresh('ndjson');
    const writing = await NdjsonSide.openForWriting(file);
    await copy(await side(await history(9)), writing);
    await writing.close();
    const text = readFileSync(file, 'utf8');
    for (const [resume, code] of [
      [false, 'history-not-empty'],
      [true, 'history-differs'],
    ] as const) {
      const target = await openTarget({ kind: 'ndjson', file }, elsewhere);
      await expect(copy(await side(await history(9)), target, resume)).rejects.toMatchObject({ code });
      await target.close();
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });

  it('to where it comes from by another name', async () => {
    const [file, link] = [fresh('ndjson'), fresh('ndjson')];
    const writing = await NdjsonSide.openForWriting(file);
    await copy(await side(await history(2)), writing);
    await writing.close();
    symlinkSync(file, link);
    const same = openTarget({ kind: 'ndjson', file: link }, { kind: 'ndjson', file });
    await expect(same).rejects.toMatchObject({ code: 'history-same' });
  });

  it('to where it comes from, and to a store that is in use', async () => {
    const place = { kind: 'embedded', file: fresh('db') } as const;
    await expect(openTarget(place, place)).rejects.toMatchObject({ code: 'history-same' });
    const store = await openEmbeddedStore({ file: place.file });
    await expect(openTarget(place, { kind: 'ndjson', file: 'x' })).rejects.toMatchObject({ code: 'store-in-use' });
    await store.close();
  });
});

describe('a place', () => {
  it.each([
    ['ndjson:/tmp/a.ndjson', { kind: 'ndjson', file: '/tmp/a.ndjson' }],
    ['embedded:/var/lib/box', { kind: 'embedded', file: '/var/lib/box/events.db' }],
    ['embedded:/var/lib/box/other.db', { kind: 'embedded', file: '/var/lib/box/other.db' }],
    ['esdb://a:b@h:2113?tls=true', { kind: 'eventstoredb', connectionString: 'esdb://a:b@h:2113?tls=true' }],
  ])('is named by %s', (text, place) => expect(placeOf(text)).toEqual(place));

  it.each(['', 'somewhere', 'ndjson:', 'http://h'])('is not named by %j', (text) =>
    expect(placeOf(text)).toHaveProperty('fault'),
  );
});

function withoutEnd(file: string): string {
  return readFileSync(file, 'utf8').replace(/^\{"end".*\n/m, '');
}
