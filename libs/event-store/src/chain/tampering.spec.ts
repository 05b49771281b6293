import { NO_STREAM, silentLog } from '@app/kernel';
import Database from 'better-sqlite3';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { event } from '../contract/store-under-test';
import { openEmbeddedStore } from '../index';
import { chained } from './chained';
import type { ChainFinding, ChainReport } from './check';
import { ChainCheck, chainFaultTable } from './check';
import { chainKey, linkOf } from './link';
import { Seals, sealStream } from './seals';

// Somebody changes the file of the history behind the store's back; each change is found, and where. Cannot see: what a thief of the key does.

const key = chainKey('a key for specs');
const folder = mkdtempSync(join(tmpdir(), 'tampering-'));
const whole = join(folder, 'whole.db');
afterAll(() => rmSync(folder, { recursive: true }));

const at = '2026-03-01T12:00:00.000Z';
const clock = { now: () => Date.parse(at) };

/** Two streams of five events that are chained and sealed, one that stands alone, and one more event after the seal. */
beforeAll(async () => {
  const bare = await openEmbeddedStore({ file: whole, clock });
  const seals = new Seals(clock, silentLog);
  const store = chained(bare, { key, onHead: (head) => seals.note(head) });
  seals.store = store;
  for (let place = 0; place < 5; place += 1) {
    for (const stream of ['one', 'other'])
      await store.append(stream, [event({ id: `${stream}-${place}`, data: { reading: 1_000 + place } })], place - 1);
    await store.append('beats', [event({ id: `beat-${place}`, type: 'Beat' })], 'any');
  }
  await seals.seal();
  await store.append('one', [event({ id: 'one-5', data: { reading: 1_005 } })], 4);
  await store.append('late', [event({ id: 'late-0' })], NO_STREAM);
  await store.close();
});

/** What a check finds after the file was changed by SQL. */
let files = 0;
async function afterwards(...statements: readonly string[]): Promise<ChainReport> {
  const file = join(folder, `${(files += 1)}.db`);
  copyFileSync(whole, file);
  const database = new Database(file);
  for (const statement of statements) database.exec(statement);
  database.close();
  const store = await openEmbeddedStore({ file, clock });
  const check = new ChainCheck([key], (await store.readStream(sealStream, { limit: 10_000 })).events);
  for (const each of (await store.readAll({ limit: 10_000 })).events) check.take(each);
  await store.close();
  return check.end();
}

const where = (id: string) => `id = '${id}'`;
const streamId = (name: string) => `(SELECT id FROM streams WHERE name = '${name}')`;
const places = ({ findings }: ChainReport) =>
  findings.map(({ fault, stream, revision }) => `${fault} ${stream} ${revision}`);

it('finds nothing where nothing was changed', async () => {
  const report = await afterwards();
  expect(report).toMatchObject({ found: 0, findings: [], events: 18, vouched: 18, unlinked: 0, seals: 1 });
  expect(report.lastSeal?.at).toBe(at);
});

/** Swaps a column of two events; values that are unique go by a third. */
const swap = (column: string, one: string, other: string, aside: string) => [
  `CREATE TABLE swapped AS SELECT id, ${column} AS value FROM events WHERE ${where(one)} OR ${where(other)}`,
  `UPDATE events SET ${column} = ${aside} WHERE ${where(one)}`,
  `UPDATE events SET ${column} = (SELECT value FROM swapped WHERE ${where(one)}) WHERE ${where(other)}`,
  `UPDATE events SET ${column} = (SELECT value FROM swapped WHERE ${where(other)}) WHERE ${where(one)}`,
  'DROP TABLE swapped',
];
const insert = (stream: string, revision: number, metadata = 'metadata') =>
  `INSERT INTO events SELECT (SELECT max(position) + 1 FROM events), ${streamId(stream)}, ${revision}, type_id, recorded_at, id, data, ${metadata}
   FROM events WHERE ${where('one-2')}`;

it.each<[string, readonly string[], readonly string[]]>([
  [
    'a byte of data',
    [`UPDATE events SET data = replace(data, '1002', '1003') WHERE ${where('one-2')}`],
    ['altered one 2'],
  ],
  [
    'a byte of metadata',
    [`UPDATE events SET metadata = replace(metadata, 'charge-box', 'charge-box2') WHERE ${where('one-2')}`],
    ['altered one 2'],
  ],
  [
    'a type',
    [`UPDATE events SET type_id = (SELECT id FROM types WHERE name = 'Beat') WHERE ${where('one-2')}`],
    ['altered one 2'],
  ],
  ['an id', [`UPDATE events SET id = 'another' WHERE ${where('one-2')}`], ['altered one 2']],
  ['the newest event, after the seal', [`UPDATE events SET data = '{}' WHERE ${where('one-5')}`], ['altered one 5']],
  [
    'a byte of a link',
    [
      `UPDATE events SET metadata = json_set(metadata, '$.chain', 'c.${key.name}.0123456789012345678901') WHERE ${where('one-2')}`,
    ],
    ['altered one 2', 'altered one 3'],
  ],
  ['an event that stands alone', [`UPDATE events SET data = '{}' WHERE ${where('beat-2')}`], ['altered beats 2']],
  [
    'the order of two events',
    swap('revision', 'one-1', 'one-2', '999'),
    ['missing one 2', 'repeated one 1', 'altered one 3'],
  ],
  [
    'the order of two events with their places in the log',
    [...swap('revision', 'one-1', 'one-2', '999'), ...swap('position', 'one-1', 'one-2', '-1')],
    ['altered one 1', 'altered one 2', 'altered one 3'],
  ],
  ['the place in the log of two events', swap('position', 'one-1', 'one-2', '-1'), ['missing one 2', 'repeated one 1']],
  ['an event in the middle, taken away', [`DELETE FROM events WHERE ${where('one-2')}`], ['missing one 3']],
  ['the first event, taken away', [`DELETE FROM events WHERE ${where('one-0')}`], ['missing one 1']],
  [
    'an event taken away, and those after it moved up',
    [`DELETE FROM events WHERE ${where('other-3')}`, `UPDATE events SET revision = 3 WHERE ${where('other-4')}`],
    ['altered other 3', 'cut-off other 4'],
  ],
  ['the end that a seal has seen', [`DELETE FROM events WHERE ${where('other-4')}`], ['cut-off other 4']],
  ['a whole stream', [`DELETE FROM events WHERE stream_id = ${streamId('other')}`], ['cut-off other 4']],
  [
    'an event moved to another stream',
    [`UPDATE events SET stream_id = ${streamId('other')}, revision = 5 WHERE ${where('one-5')}`],
    ['altered other 5'],
  ],
  ['a copy of an event at the end', [insert('one', 6)], ['altered one 6']],
  [
    'a copy of an event that stands alone, in another stream',
    [
      `INSERT INTO events SELECT (SELECT max(position) + 1 FROM events), ${streamId('one')}, 6, type_id, recorded_at, id, data, metadata
     FROM events WHERE ${where('beat-2')}`,
    ],
    ['altered one 6'],
  ],
  ['an event made up, without a link', [insert('one', 6, `json_remove(metadata, '$.chain')`)], ['unlinked one 6']],
  [
    'an event with the link of another key',
    [insert('one', 6, `json_set(metadata, '$.chain', 'c.foreig.0123456789012345678901')`)],
    ['foreign-key one 6'],
  ],
  [
    'all links of a stream, taken away',
    [`UPDATE events SET metadata = json_remove(metadata, '$.chain') WHERE stream_id = ${streamId('other')}`],
    ['other-than-sealed other 4'],
  ],
  [
    'the time of recording',
    [`UPDATE events SET recorded_at = 0 WHERE ${where('one-2')}`],
    ['recorded-too-early one 2'],
  ],
  [
    'a seal',
    [`UPDATE events SET data = json_set(data, '$.heads[0][1]', 3) WHERE stream_id = ${streamId('seals')}`],
    ['other-than-sealed one 3', 'altered seals 0'],
  ],
])('finds %s', async (_what, statements, found) => {
  const report = await afterwards(...statements);
  expect(places(report)).toEqual(found);
  expect(report.findings.map(({ fault }) => chainFaultTable[fault])).not.toContain(undefined);
  expect(report.found).toBe(report.findings.length);
});

it('does not find what no key and no seal can show: events after the last seal, cut off', async () => {
  expect(await afterwards(`DELETE FROM events WHERE ${where('late-0')} OR ${where('one-5')}`)).toMatchObject({
    found: 0,
  });
});

it('tells where in the log', async () => {
  const { findings } = await afterwards(`UPDATE events SET data = '{}' WHERE ${where('one-0')}`);
  expect(findings).toEqual<ChainFinding[]>([
    { fault: 'altered', stream: 'one', revision: 0, position: '0000000000000001', type: 'MeterRead' },
  ]);
});

it('a link for one place is worth nothing in another', () => {
  const vouched = { mode: 'c', stream: 'one', revision: 1, former: 'f', event: event() } as const;
  const link = linkOf(key, vouched);
  const others = [{ mode: 's' }, { stream: 'two' }, { revision: 2 }, { former: '' }, { event: event() }] as const;
  expect(others.map((other) => linkOf(key, { ...vouched, ...other }) === link)).toEqual(others.map(() => false));
  expect(linkOf(key, vouched)).toBe(link);
});
