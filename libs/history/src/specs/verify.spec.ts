import type { ChargeBoxState } from '@app/charge-box';
import { initialState, snapshotStream, stateSchema, stateStream } from '@app/charge-box';
import { chained, chainKey, openEmbeddedStore, openInMemoryStore } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { rebuildFromZero } from '@app/read-models';
import { stateAfter } from '@app/testing';
import Database from 'better-sqlite3';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyHistory } from '../verify';
import type { Evidence } from '../verify/check';
import type { Step } from './a-life';
import { at, dressed, eventOf, identityOf, kinds, live } from './a-life';

const folder = mkdtempSync(join(tmpdir(), 'verify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `${(files += 1)}.db`);

const now = Date.parse(at(100));
const identity = identityOf(0);
const stream = stateStream(identity);
const closing = { connectorId: 2, stoppedAt: at(9), suspicions: [] };

async function resultsOf(log: Evidence['log'], more: Partial<Evidence> = {}) {
  const { results } = await verifyHistory({ log, now, openDays: 7, ...more });
  return Object.fromEntries(results.map((result) => [result.check, result]));
}

async function findingsOf(check: string, log: Evidence['log'], more: Partial<Evidence> = {}) {
  return (await resultsOf(log, more))[check]?.findings ?? [];
}

const step = (kind: Step['kind'], session = 1, box = 0): Step => ({ box, kind, session });
const life = [step('register'), step('boot'), step('start'), step('reading'), step('stop'), step('heartbeat')];

async function storeOf(steps: readonly Step[] = life): Promise<EventStore> {
  const store = openInMemoryStore();
  await live(store, steps);
  return store;
}

/** The log as it would be if somebody had changed it. */
function tampered(store: EventStore, change: (events: RecordedEvent[]) => readonly RecordedEvent[]): Evidence['log'] {
  return {
    head: () => store.head(),
    readStream: (name, wanted) => store.readStream(name, wanted),
    readAll: async (wanted) => {
      const page = await store.readAll(wanted);
      return { ...page, events: change([...page.events]) };
    },
  };
}

it('a history without faults is sound, and so are those that forgot heartbeats', async () => {
  const store = await storeOf([...life, step('heartbeat'), step('heartbeat')]);
  await store.retain('chargeBoxHeartbeats-BOX~201', { maxCount: 1 });
  const verification = await verifyHistory({ log: store, now, openDays: 7 });
  expect(verification.sound).toBe(true);
  expect(verification.results.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
    'file skipped',
    'order sound',
    'chain skipped',
    'shapes sound',
    'replay sound',
    'transactions sound',
    'read-models skipped',
  ]);
  expect(verification.contents).toMatchObject({ events: 7, streams: 4 });
});

it('only the checks that are wanted are made', async () => {
  const { results } = await verifyHistory({ log: await storeOf(), now, openDays: 7 }, { only: ['order'] });
  expect(results.map(({ check }) => check)).toEqual(['order']);
});

describe('order', () => {
  it.each<[string, (events: RecordedEvent[]) => readonly RecordedEvent[], string]>([
    [
      'an event in the middle is missing',
      (events) => events.toSpliced(2, 1),
      'missing: Revision 2 stands where 1 is due: 1 events are missing',
    ],
    [
      'the first is missing',
      (events) => events.toSpliced(1, 1),
      'missing: Revision 1 stands where 0 is due: 1 events are missing',
    ],
    ['an event is there twice', (events) => events.toSpliced(2, 0, ...events.slice(1, 2)), 'repeated: Revision'],
    [
      'two have changed places',
      (events) => events.with(1, events[2] as never).with(2, events[1] as never),
      'out-of-order: Position',
    ],
  ])('finds that %s, and where', async (_what, change, sentence) => {
    const found = await findingsOf('order', tampered(await storeOf(), change));
    expect(found.map(({ code, what }) => `${code}: ${what}`).join()).toContain(sentence);
    expect(found[0]).toMatchObject({ place: { stream }, todo: expect.stringContaining('backup') as string });
  });
});

describe('shapes', () => {
  const metadata = dressed({ type: 'X', data: {} }, 0).metadata;
  const event = (type: string, more: object = {}) => ({
    id: 'odd',
    type,
    data: { at: at(0) },
    metadata: { ...metadata, ...more },
  });

  it.each([
    ['a type that nobody knows', stream, event('Whatever'), 'unknown-type: The type Whatever is not known.'],
    ['a type that objects have', stream, event('constructor'), 'unknown-type: The type constructor is not known.'],
    [
      'a newer version',
      stream,
      event('HeartbeatReceived', { schema: 2 }),
      'newer-version: HeartbeatReceived has version 2 of its schema; 1 is known',
    ],
    ['no version', stream, event('RegistrationDecided', { schema: undefined }), 'no-version: RegistrationDecided'],
    ['no time of receipt', stream, event('RegistrationDecided', { receivedAt: '?' }), 'no-time: RegistrationDecided'],
    [
      'a stream of another kind, whose idTag is masked',
      'idTag-***',
      event('RegistrationDecided'),
      'misplaced: RegistrationDecided stands in a stream of another kind',
    ],
    ['readings among the state', stream, event('MeterValuesReported'), 'misplaced: MeterValuesReported'],
  ])('finds %s', async (_what, name, odd, sentence) => {
    const store = openInMemoryStore();
    await store.append(name.replace('***', 'card'), [odd], 'any');
    const [found] = await findingsOf('shapes', store);
    expect(`${found?.code}: ${found?.what}`).toContain(sentence);
    expect(found?.place).toMatchObject({ stream: name, revision: 0 });
  });
});

it('a chained history is sound with its key, and what was changed in it is found', async () => {
  const key = chainKey('a key of this spec');
  const store = openInMemoryStore();
  await live(chained(store, { key, onHead: () => undefined }), life);
  expect((await resultsOf(store, { chainKeys: [key] })).chain).toEqual({
    check: 'chain',
    outcome: 'sound',
    count: 0,
    findings: [],
    remark: '7 events vouched for, 0 from before links, no seal yet',
  });
  const log = tampered(store, (events) =>
    events.map((event) =>
      event.type === 'TransactionStarted' ? { ...event, data: { ...event.data, meterStart: 1 } } : event,
    ),
  );
  const [found] = await findingsOf('chain', log, { chainKeys: [key] });
  expect(found).toMatchObject({
    code: 'altered',
    place: { stream, revision: 2 },
    what: expect.stringContaining('not what was stored') as string,
  });
  const foreign = await findingsOf('chain', store, { chainKeys: [chainKey('another key')] });
  expect(foreign).toEqual([
    {
      code: 'foreign-key',
      what: '7 links were made with another key than was given (CHAIN_KEY, or the file chain-key), and cannot be checked. The first is here.',
      place: { stream: 'idTag-***815', revision: 0, position: expect.any(String) as string },
      todo: expect.stringContaining('CHAIN_KEY') as string,
    },
  ]);
});

describe('replay', () => {
  const events = life.map(eventOf);
  async function withSnapshot(state: ChargeBoxState, schema: number = stateSchema): Promise<EventStore> {
    const store = await storeOf(life.slice(0, 4));
    const data = { schema, state, stateRevision: 2, telemetryRevision: 0 };
    await store.append(snapshotStream(identity), [dressed({ type: 'SnapshotTaken', data }, 90)], 'any');
    await store.append(stream, [dressed(kinds.stop(1, at(5)), 91)], 'any');
    return store;
  }

  it('takes a snapshot that is what the events up to it come to, and one of another version', async () => {
    expect(await findingsOf('replay', await withSnapshot(stateAfter(events.slice(0, 4))))).toEqual([]);
    expect(await findingsOf('replay', await withSnapshot(initialState, stateSchema - 1))).toEqual([]);
  });

  it('finds a snapshot that says something else, and in which member', async () => {
    const [found, ...more] = await findingsOf(
      'replay',
      await withSnapshot({ ...stateAfter(events.slice(0, 4)), open: [] }),
    );
    expect(found).toMatchObject({
      code: 'snapshot-differs',
      what: expect.stringMatching(/BOX 1 .* in: open\.$/) as string,
      place: { stream: snapshotStream(identity) },
    });
    expect(more).toEqual([]);
  });

  it('finds an event that cannot be folded, once for each box, and goes on with the others', async () => {
    const store = await storeOf(life);
    const broken = dressed({ type: 'TransactionStarted', data: {} }, 92);
    await store.append(stateStream('A'), [broken, { ...broken, id: 'next' }], 'any');
    await store.append(stateStream('B'), [{ ...broken, id: 'other' }], 'any');
    const found = await findingsOf('replay', store);
    expect(found.map(({ place }) => place.stream)).toEqual(['chargeBox-A', 'chargeBox-B']);
    expect(found[0]).toMatchObject({
      code: 'not-foldable',
      what: expect.stringContaining('TransactionStarted cannot be folded') as string,
      place: { revision: 0 },
    });
  });
});

describe('transactions', () => {
  const find = async (steps: readonly Step[], more: Partial<Evidence> = {}) =>
    (await findingsOf('transactions', await storeOf(steps), more)).map(({ code, what }) => `${code}: ${what}`);

  it('finds an id that was given twice, at whichever box', async () => {
    const twice = [step('start', 1, 0), step('stop', 1, 0), step('start', 1, 1), step('stop', 1, 1)];
    expect(await find(twice)).toEqual(['id-given-twice: The id of transaction 1 was given before.']);
  });

  it('finds stops of transactions that were never started, or are over, or are another box’s', async () => {
    expect(await find([step('stop')])).toEqual(['stop-without-start: Transaction 1 ends here, but was never started.']);
    expect(await find([step('start'), step('stop'), step('stop')])).toEqual([
      'stop-without-start: Transaction 1 ends here, but is not open at this box.',
    ]);
    expect(await find([step('start', 1, 0), step('stop', 1, 1)])).toEqual([
      'stop-without-start: Transaction 1 ends here, but is not open at this box.',
    ]);
  });

  it('finds orphaned stops until somebody binds them', async () => {
    const store = await storeOf([step('orphan', 3), step('start')]);
    expect((await findingsOf('transactions', store)).map(({ code, what }) => `${code}: ${what}`)).toEqual([
      'orphaned-stop: A stop of transaction 3 has no start at this box.',
    ]);
    const data = { transactionId: 1, ...closing, orphanId: 'orphan34712', reason: '', at: at(9) };
    await store.append(stream, [dressed({ type: 'TransactionClosed', data }, 93)], 'any');
    expect(await findingsOf('transactions', store)).toEqual([]);
    await store.append(stream, [dressed(kinds.orphan(3, at(9)), 94)], 'any');
    expect(await findingsOf('transactions', store)).toEqual([]);
  });

  it.each([
    ['started later', [step('orphan'), step('start')]],
    ['was over', [step('start'), step('stop'), step('orphan')]],
    ['is one of another box', [step('start', 1, 1), step('orphan')]],
  ])('does not say that an orphaned stop has no start where its transaction %s', async (_how, life) => {
    expect(await find(life)).toEqual([
      'orphaned-stop: A stop of transaction 1 came when that was not open at this box: it was over, started later, or is one of another box.',
    ]);
  });

  it.each([
    ['TransactionCorrected', { transactionId: 1, ...closing }],
    ['OrphanDismissed', { transactionId: 3 }],
  ])('counts an orphaned stop as settled by %s', async (type, members) => {
    const store = await storeOf([step('orphan', 3), step('start'), step('stop')]);
    const data = { ...members, orphanId: 'orphan34712', reason: 'x', at: at(9) };
    await store.append(stream, [dressed({ type, data }, 93)], 'any');
    expect(await findingsOf('transactions', store)).toEqual([]);
  });

  it('does not take the orphaned stop of one box for that of another', async () => {
    const store = await storeOf([step('orphan', 3), step('orphan', 3, 1), step('start')]);
    const data = { transactionId: 1, ...closing, orphanId: 'orphan34712', reason: '', at: at(9) };
    await store.append(stream, [dressed({ type: 'TransactionClosed', data }, 93)], 'any');
    const found = await findingsOf('transactions', store);
    expect(found).toMatchObject([{ place: { box: identityOf(1), transactionId: 3 } }]);
    expect(found[0]?.todo).toContain('dismiss it');
  });

  it('finds an orphaned stop that is bound to two transactions', async () => {
    const store = await storeOf([step('orphan', 3), step('start'), step('start', 5)]);
    const data = { ...closing, orphanId: 'orphan34712', reason: '', at: at(9) };
    const closings = [1, 5].map((transactionId) => ({ type: 'TransactionClosed', data: { transactionId, ...data } }));
    await store.append(
      stream,
      closings.map((event, place) => dressed(event, 93 + place)),
      'any',
    );
    expect((await findingsOf('transactions', store)).map(({ what }) => what)).toEqual([
      'An orphaned stop is bound to transaction 1 and to transaction 5.',
    ]);
  });

  it('finds what has been open for too long, and says when another one began on the connector', async () => {
    const later = { now: Date.parse(at(0)) + 8 * 86_400_000 };
    expect(await find([step('start')])).toEqual([]);
    expect(await find([step('start')], later)).toEqual([`open-too-long: Transaction 1 has been open since ${at(0)}.`]);
    expect(await find([step('start')], { ...later, openDays: 9 })).toEqual([]);
    const store = await storeOf([step('start')]);
    const data = { ...kinds.start(3, at(1)).data, supersedes: [1] };
    await store.append(stream, [dressed({ type: 'TransactionStarted', data }, 94)], 'any');
    const found = await findingsOf('transactions', store, later);
    expect(found[0]?.what).toContain('though another one started on its connector later');
    expect(found[1]?.what).toContain('Transaction 3 has been open');
  });

  it('tells a hundred findings and counts the others', async () => {
    const store = openInMemoryStore();
    const stops = Array.from({ length: 150 }, (_, place) => dressed(kinds.stop(place, at(1)), place));
    await store.append(stream, stops, 'any');
    const { transactions } = await resultsOf(store);
    expect(transactions?.count).toBe(150);
    expect(transactions?.findings).toHaveLength(100);
  });
});

describe('read-models', () => {
  async function built(steps: readonly Step[] = life) {
    const [store, file] = [await storeOf(steps), fresh()];
    await rebuildFromZero(store, file);
    return { store, file };
  }
  const change = (file: string, sql: string) => {
    const database = new Database(file);
    database.exec(sql);
    database.close();
  };

  it('are compared at the place that they have reached, although the log went on', async () => {
    const { store, file } = await built();
    await store.append(stream, [dressed(kinds.boot(4, at(9)), 95)], 'any');
    expect((await resultsOf(store, { readModels: file }))['read-models']).toMatchObject({ outcome: 'sound' });
  });

  it.each([
    [
      'a changed row',
      `UPDATE transactions SET row = replace(row, 'stopped', 'open')`,
      { table: 'transactions', key: '1' },
    ],
    ['a changed column', `UPDATE transactions SET status = 'open'`, { table: 'transactions', key: '1' }],
    ['a changed idTag', `UPDATE id_tags SET row = replace(row, 'false', 'true')`, { table: 'id_tags', key: '***815' }],
    ['a missing row', 'DELETE FROM connectors', { table: 'connectors' }],
    [
      'a row too many',
      `INSERT INTO presets (key, row, changed, changed_by) VALUES ('x', '{}', '', '')`,
      { table: 'presets', key: 'x' },
    ],
    ['a missing reading', 'DELETE FROM meter_values', { table: 'meter_values' }],
    [
      'a doubled reading',
      'CREATE TEMP TABLE t AS SELECT * FROM meter_values; UPDATE t SET id = id + 1000; INSERT INTO meter_values SELECT * FROM t',
      { table: 'meter_values' },
    ],
    ['another count of deviations', 'UPDATE quirks SET count = count + 1', { table: 'quirks' }],
  ])('with %s are found, by table and key', async (_what, sql, place) => {
    const { store, file } = await built();
    change(file, sql);
    const found = await findingsOf('read-models', store, { readModels: file });
    expect(found[0]).toMatchObject({
      code: 'row-differs',
      place,
      todo: expect.stringContaining('remove read-models.db') as string,
    });
    expect(found[0]?.what).toMatch(/^(The row is|It is there|What is kept beside)/);
    expect(JSON.stringify(found)).not.toMatch(/card10815|family77/i);
  });

  it('of another history or another version are told as such', async () => {
    const { file } = await built();
    const other = await storeOf([step('boot')]);
    const [foreign] = await findingsOf('read-models', other, { readModels: file });
    expect(foreign).toMatchObject({ code: 'other-history', what: 'They come from another history.' });
    change(file, `UPDATE checkpoint SET shape = 'older'`);
    const [older] = await findingsOf('read-models', other, { readModels: file });
    expect(older).toMatchObject({ code: 'other-program', what: 'They were made by another version of the program.' });
  });

  it('that cannot be read end this check alone', async () => {
    const results = await resultsOf(await storeOf(), { readModels: join(folder, 'nowhere.db') });
    expect(results['read-models']).toMatchObject({ outcome: 'failed', reason: expect.any(String) as string });
    expect(results.transactions).toMatchObject({ outcome: 'sound' });
  });
});

it('a log that breaks off leaves nothing sound that rests on it, and says why', async () => {
  const store = await storeOf();
  const broken = { ...tampered(store, (events) => events), readAll: () => Promise.reject(new Error('gone')) };
  const results = await resultsOf(broken, { storeFile: join(folder, 'nowhere.db') });
  expect(results.order).toMatchObject({ outcome: 'failed', reason: 'gone' });
  expect(results.file).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('does not exist') as string,
  });
});

it('a damaged file of a store is found', async () => {
  const file = fresh();
  const store = await openEmbeddedStore({ file });
  await live(
    store,
    Array.from({ length: 400 }, () => step('status')),
  );
  await store.close();
  expect((await resultsOf(await storeOf(), { storeFile: file })).file).toMatchObject({ outcome: 'sound' });
  const handle = openSync(file, 'r+');
  const { size } = statSync(file);
  writeSync(handle, Buffer.alloc(4_096, 0xff), 0, 4_096, Math.floor(size / 8_192) * 4_096);
  closeSync(handle);
  const [found] = await findingsOf('file', await storeOf(), { storeFile: file });
  expect(found).toMatchObject({
    code: 'damaged',
    what: expect.stringContaining('is damaged') as string,
    todo: expect.stringContaining('backup') as string,
  });
});
