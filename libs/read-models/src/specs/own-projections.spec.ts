import { stateStream } from '@app/charge-box';
import { openEmbeddedStore } from '@app/event-store';
import type { EventStore, Log } from '@app/kernel';
import { silentLog } from '@app/kernel';
import { noon } from '@app/testing';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnProjections } from '../own/own-projections';
import type { OwnProjectionRow } from '../own/rows';

// Projections from outside at work, each in its thread, on the embedded store. Cannot see: EventStoreDB.

jest.setTimeout(60_000);

let folder: string;
let store: EventStore;
let own: OwnProjections | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'own-'));
  mkdirSync(join(folder, 'sources'));
  store = await openEmbeddedStore({ file: join(folder, 'events.db') });
});
afterEach(async () => {
  await own?.stop();
  own = undefined;
  await store.close();
  rmSync(folder, { recursive: true });
});

let ids = 0;
async function accept(identity: string): Promise<void> {
  const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'operator', receivedAt: noon };
  const data = { registration: 'Accepted', by: 'operator', at: noon };
  const event = { id: `id-${(ids += 1)}`, type: 'RegistrationDecided', data, metadata };
  await store.append(stateStream(identity), [event], 'any');
}

const write = (file: string, text: string) => writeFileSync(join(folder, 'sources', file), text);
/** A projection that counts decisions of each box. */
const counting = ({
  version = 1,
  name = 'decisions',
  first = '',
  columns = 'identity: (row) => row.identity',
} = {}) => `
  module.exports = { name: '${name}', version: ${version}, columns: { ${columns} }, on: { RegistrationDecided: {
    keys: (data, { identity }) => [identity],
    apply: (row, data, { identity, position }) => { ${first} return { identity, count: (row?.count ?? 0) + ${version} }; },
  } } };`;

function begin(log: Log = silentLog, patience = 20_000): OwnProjections {
  const openStore = { module: join(__dirname, 'log-for-worker.ts'), options: join(folder, 'events.db') };
  own = new OwnProjections({
    sources: join(folder, 'sources'),
    folder: join(folder, 'rows'),
    store,
    openStore,
    log,
    patience,
  });
  own.start();
  return own;
}

async function restart(): Promise<OwnProjections> {
  await own?.stop();
  return begin();
}

async function until(condition: (rows: readonly OwnProjectionRow[]) => boolean): Promise<readonly OwnProjectionRow[]> {
  for (;;) {
    const rows = (await own?.list()) ?? [];
    if (condition(rows)) return rows;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const upToDate = () => until((rows) => rows.every(({ state, lag }) => state === 'running' && lag === 0));
const stopped = () => until((rows) => rows.every(({ state }) => state === 'stopped'));

async function rowsOf(name = 'decisions', filter = {}): Promise<unknown> {
  const found = await own?.rows(name, filter, { limit: 100 });
  return found?.outcome === 'found' ? found.page.rows : found;
}
const row = (identity: string, count = 1) => ({ key: identity, row: { identity, count } });

describe('a projection from outside', () => {
  it('has rows of all that was and of what comes, found by its columns', async () => {
    for (const identity of ['A', 'B', 'A']) await accept(identity);
    write('decisions.cjs', counting());
    begin();
    expect(await upToDate()).toEqual([
      expect.objectContaining({ file: 'decisions.cjs', name: 'decisions', version: 1, rows: 2, skipped: 0 }),
    ]);
    await accept('C');
    await upToDate();
    expect(await rowsOf()).toEqual([row('A', 2), row('B'), row('C')]);
    expect(await rowsOf('decisions', { identity: 'B' })).toEqual([row('B')]);
    expect(await rowsOf('decisions', { colour: 'red' })).toEqual({
      outcome: 'no-such-column',
      columns: ['identity'],
      unknown: ['colour'],
    });
    expect(own?.row('decisions', 'A')).toEqual(row('A', 2));
    expect(own?.row('decisions', 'Z')).toBeUndefined();
    expect(await rowsOf('nothing')).toEqual({ outcome: 'unknown' });
  });

  it('gives its rows page by page', async () => {
    for (const identity of ['A', 'B', 'C']) await accept(identity);
    write('decisions.cjs', counting());
    begin();
    await upToDate();
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const found = await own?.rows('decisions', {}, { limit: 2, ...(cursor !== undefined && { cursor }) });
      if (found?.outcome !== 'found') throw new Error('There is no page.');
      keys.push(...found.page.rows.map(({ key }) => key));
      cursor = found.page.next;
    } while (cursor !== undefined);
    expect(keys).toEqual(['A', 'B', 'C']);
  });

  it('goes on where it was after a restart', async () => {
    await accept('A');
    write('decisions.cjs', counting());
    begin();
    await upToDate();
    await own?.stop();
    await accept('A');
    // A second look at the first event would count it again.
    await restart();
    await upToDate();
    expect(await rowsOf()).toEqual([row('A', 2)]);
  });

  it('is built anew in another version, and the rows of the former one go', async () => {
    await accept('A');
    write('decisions.cjs', counting());
    begin();
    await upToDate();
    await own?.stop();
    expect(existsSync(join(folder, 'rows/decisions.v1.db'))).toBe(true);
    write('decisions.cjs', counting({ version: 2 }));
    begin();
    await upToDate();
    expect(await rowsOf()).toEqual([row('A', 2)]);
    await own?.stop();
    expect(readdirSync(join(folder, 'rows')).filter((file) => file.endsWith('.db'))).toEqual(['decisions.v2.db']);
  });

  it('is built anew when its columns are others', async () => {
    await accept('A');
    write('decisions.cjs', counting());
    begin();
    await upToDate();
    write('decisions.cjs', counting({ columns: 'count: (row) => row.count' }));
    await restart();
    await upToDate();
    expect(await rowsOf('decisions', { count: '1' })).toEqual([row('A')]);
  });

  it('is built anew when the history is another one', async () => {
    await accept('A');
    write('decisions.cjs', counting());
    begin();
    await upToDate();
    await own?.stop();
    await store.close();
    for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `events.db${end}`), { force: true });
    store = await openEmbeddedStore({ file: join(folder, 'events.db') });
    await accept('B');
    begin();
    await upToDate();
    expect(await rowsOf()).toEqual([row('B')]);
  });

  it('leaves an event out at which it fails, counts it for ever and says where', async () => {
    for (const identity of ['A', 'BAD', 'C']) await accept(identity);
    const said: object[] = [];
    write('decisions.cjs', counting({ first: `if (identity === 'BAD') throw new Error('a bad box');` }));
    begin({ ...silentLog, warn: (fields) => void said.push(fields) });
    expect(await upToDate()).toMatchObject([{ skipped: 1, rows: 2 }]);
    expect(said).toEqual([
      expect.objectContaining({
        projection: 'decisions',
        reason: 'a bad box',
        position: expect.stringMatching(/^\d+$/) as string,
      }),
    ]);
    expect(await rowsOf()).toEqual([row('A'), row('C')]);
    await restart();
    expect(await upToDate()).toMatchObject([{ skipped: 1 }]);
  });

  it('keeps nothing of a row that it changed in place and then failed', async () => {
    for (const identity of ['A', 'A', 'B']) await accept(identity);
    write('decisions.cjs', counting({ first: `if (row) { row.count = 99; throw new Error('second'); }` }));
    begin();
    await upToDate();
    expect(await rowsOf()).toEqual([row('A'), row('B')]);
  });

  it.each([
    ['a promise', 'return Promise.resolve({});', 'apply must give an object'],
    ['a list', 'return [];', 'apply must give an object'],
    ['a date', 'return new Date(0);', 'A row must be an object as JSON'],
    ['a row that is too large', `return { text: 'x'.repeat(20000) };`, 'A row may have 16384 characters at most'],
    ['a column that is no value', 'return { identity: {} };', 'The column identity must give'],
  ])('that gives %s leaves the event out', async (_what, first, reason) => {
    await accept('A');
    const said: object[] = [];
    write('decisions.cjs', counting({ first }));
    begin({ ...silentLog, warn: (fields) => void said.push(fields) });
    expect(await upToDate()).toMatchObject([{ skipped: 1, rows: 0 }]);
    expect(said).toMatchObject([{ reason: expect.stringContaining(reason) as string }]);
  });
});

describe('a projection that does wrong', () => {
  it('is stopped when it does not come back, and the others go on', async () => {
    await accept('A');
    write('decisions.cjs', counting());
    write('endless.cjs', counting({ name: 'endless', first: 'for (;;);' }));
    begin(silentLog, 6_000);
    const [good, bad] = await until(([, { state } = { state: '' }]) => state === 'stopped');
    expect(bad?.fault).toMatch(/did not come back from an event after position the beginning within 6 s/);
    expect(good).toMatchObject({ state: 'running', rows: 1 });
    await accept('B');
    await until(([{ rows } = { rows: 0 }]) => rows === 2);
    await expect(own?.rows('endless', {}, { limit: 1 })).rejects.toMatchObject({ code: 'projection-building' });
  });

  it('ends its own thread only, and is begun again', async () => {
    await accept('A');
    const file = JSON.stringify(join(folder, 'mended'));
    write('decisions.cjs', counting({ first: `if (!require('fs').existsSync(${file})) process.exit(3);` }));
    begin();
    await until(([only]) => only?.fault !== undefined);
    writeFileSync(join(folder, 'mended'), '');
    expect(await upToDate()).toMatchObject([{ rows: 1 }]);
    expect(await rowsOf()).toEqual([row('A')]);
  });

  it.each([
    ['cannot be read as JavaScript', 'module.exports = {', ['The file cannot be loaded: ']],
    ['fails when it is loaded', `throw new Error('no luck')`, ['The file cannot be loaded: no luck']],
    ['exports nothing', '', ['name must be a text', 'version must be a whole number', 'on must be a record']],
    ['exports no object', 'module.exports = 7', ['The file must export one projection']],
    [
      'breaks many rules at once',
      `module.exports = { name: 'Energy!', version: 0, columns: { limit: () => 1, key: 'row' }, indexes: ['colour'], colour: 1,
         on: { Nonsense: { keys: () => [], apply: () => ({}) }, ChargeBoxBooted: { keys: 1 } } }`,
      [
        'name must be 1 to 41 of',
        'version must be at least 1',
        'columns.limit means something else',
        'columns.key must be a function',
        'on.Nonsense is no type of event',
        'on.ChargeBoxBooted.keys must be a function',
        'on.ChargeBoxBooted.apply must be a function',
        'colour means nothing here',
        'indexes names "colour", which is no column',
      ],
    ],
    ['takes a name of the service', counting({ name: 'transactions' }), ['name is the name of a projection']],
  ])('that %s is refused with every reason', async (_what, text, reasons) => {
    write('bad.cjs', text);
    begin();
    const [row] = await stopped();
    for (const reason of reasons) expect(row?.fault).toContain(reason);
    expect(row).toMatchObject({ file: 'bad.cjs', rows: 0 });
    expect(row?.fault?.split('; ')).toHaveLength(reasons.length);
  });

  it('that takes the name of another is refused', async () => {
    write('a.cjs', counting());
    write('b.js', counting());
    begin();
    const rows = await until((all) => all.some(({ state }) => state === 'stopped') && all.some(({ lag }) => lag === 0));
    expect(rows.find(({ state }) => state === 'stopped')?.fault).toMatch(
      /name decisions is that of [ab]\.c?js already/,
    );
  });
});

it('a folder that is not there stops the start', () => {
  rmSync(join(folder, 'sources'), { recursive: true });
  expect(() => begin()).toThrow('PROJECTIONS_DIR cannot be used');
});

it('rows that no projection goes on with are removed, once it is known which there are', async () => {
  const rowFiles = () => readdirSync(join(folder, 'rows')).filter((name) => name.endsWith('.db'));
  write('a.cjs', counting({ name: 'kept' }));
  write('b.cjs', counting({ name: 'gone' }));
  write('c.cjs', counting({ name: 'stuck' }));
  await accept('BOX-1');
  begin();
  await upToDate();
  rmSync(join(folder, 'sources', 'b.cjs'));
  write('c.cjs', 'module.exports = {');
  const projections = await restart();
  expect(rowFiles()).toEqual(['gone.v1.db', 'kept.v1.db', 'stuck.v1.db']);
  await until((rows) => rows.every(({ state }) => state !== 'loading'));
  expect(rowFiles()).toEqual(['kept.v1.db']);
  await until((rows) => rows[0]?.state === 'running');
  expect(projections.row('kept', 'BOX-1')).toMatchObject({ key: 'BOX-1' });
});

it('rows of one that does not go on are not shown when they are removed', async () => {
  write('a.cjs', counting({ first: `if (identity === 'BAD') for (;;);` }));
  await accept('BOX-1');
  const projections = begin(silentLog, 2_000);
  await upToDate();
  await accept('BAD');
  await stopped();
  expect(projections.row('decisions', 'BOX-1')).toMatchObject({ key: 'BOX-1' });
  projections.tidy();
  const building = expect.objectContaining({ code: 'projection-building' }) as Error;
  expect(() => projections.row('decisions', 'BOX-1')).toThrow(building);
  expect(readdirSync(join(folder, 'rows'))).toEqual([]);
});
