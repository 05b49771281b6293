import type { StoredEvent } from '@app/charge-box';
import { eventSchemas, idTagStream, idTagVeiling, stateStream } from '@app/charge-box';
import { erase, openInMemoryStore, TextKeys, veiled, veiledForRows } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { silentLog } from '@app/kernel';
import { noon } from '@app/testing';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOwnProjection } from '../own/definition';
import { tablesOfOwn } from '../own/guard';
import { Projector } from '../projector';
import { ReadModels } from '../read-models';
import { rebuildFromZero } from '../rebuild';
import { differencesBetween } from '../sqlite/compare';
import type { SqliteDatabase } from '../sqlite/database';
import { builtIn, dump, openForWriting } from '../sqlite/database';
import { ProjectorTables } from '../sqlite/projector-tables';

const folder = mkdtempSync(join(tmpdir(), 'erasure-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let bare: EventStore;
let parts: { store: EventStore; keys: TextKeys; veiling: typeof idTagVeiling };
let store: EventStore;
let ids = 0;
const running: ReadModels[] = [];
beforeEach(() => {
  bare = openInMemoryStore();
  parts = { store: bare, keys: new TextKeys(), veiling: idTagVeiling };
  store = veiled(bare, parts);
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  await bare.close();
});

const tag = 'Card"77';
const forRows = () => veiledForRows(bare, idTagVeiling);
async function record(stream: string, ...events: readonly StoredEvent[]): Promise<void> {
  const dressed = events.map(({ type, data }) => ({
    id: `id-${(ids += 1)}`,
    type,
    data,
    metadata: {
      schema: eventSchemas[type],
      correlationId: 'c',
      causationId: 'c',
      actor: 'charge-box',
      receivedAt: noon,
      quirks: [{ name: 'enum-case', path: 'idTag', text: tag }],
    },
  }));
  await store.append(stream, dressed, 'any');
}

/** Everything that a row may have of an idTag. */
async function life(): Promise<void> {
  const box = stateStream('CB-1');
  const accepted = { status: 'Accepted' as const, parentIdTag: tag };
  const reported = { timestamp: { at: noon }, suspicions: [], at: noon };
  const start = { connectorId: 1, idTag: tag, idTagInfo: accepted, meterStart: 1, ...reported };
  const stop = { idTag: tag, meterStop: 5, transactionData: [], ...reported };
  const call = { expiresAt: noon, by: 'operator' as const, at: noon };
  const details = { idTag: tag, blocked: false, concurrentTransactions: false, note: 'Jo Doe' };
  await record(
    idTagStream(tag),
    { type: 'IdTagSaved', data: { ...details, at: noon } },
    { type: 'IdTagRemoved', data: { idTag: tag, at: noon } },
    { type: 'IdTagSaved', data: { ...details, at: noon } },
  );
  await record(idTagStream('OTHER'), {
    type: 'IdTagSaved',
    data: { ...details, idTag: 'OTHER', parentIdTag: tag, note: 'Bo', at: noon },
  });
  await record(
    box,
    { type: 'TransactionStarted', data: { ...start, transactionId: 1 } },
    { type: 'TransactionStopped', data: { ...stop, transactionId: 1, connectorId: 1 } },
    { type: 'TransactionStarted', data: { ...start, transactionId: 2, idTag: tag.toUpperCase() } },
    { type: 'OrphanStopReceived', data: { ...stop, transactionId: 9, orphanId: 'o' } },
    {
      type: 'ReservationMade',
      data: { callId: 'a', reservationId: 3, connectorId: 1, idTag: tag, expiryDate: noon, at: noon },
    },
    {
      type: 'OperationScheduled',
      data: { callId: 'b', operation: 'RemoteStartTransaction', request: { idTag: tag }, ...call },
    },
    {
      type: 'RequestDelegated',
      data: {
        msgId: 'm',
        operation: 'Authorize',
        request: { idTag: tag },
        at: noon,
        respondBy: noon,
        heldBy: 'one',
      },
    },
  );
  await record('preset-p', {
    type: 'PresetSaved',
    data: { name: 'p', command: 'RemoteStartTransaction', data: { idTag: tag }, at: noon },
  });
}

async function start(file: string): Promise<ReadModels> {
  const readModels = new ReadModels({ file, store: forRows(), log: silentLog });
  running.push(readModels);
  await readModels.prepare();
  readModels.start();
  await readModels.waitFor(await bare.head(), 5_000);
  return readModels;
}
const traces = () =>
  readdirSync(folder).flatMap(
    (name) => /.{30}(card|Jo Doe).{30}/i.exec(readFileSync(join(folder, name), 'latin1'))?.[0] ?? [],
  );

it.each(['is removed before', 'is not'])('rows of an idTag that is erased are as if built anew: it %s', async (how) => {
  const file = join(folder, `${(ids += 1)}.db`);
  await life();
  const readModels = await start(file);
  expect(dump(file)).toMatch(/card/i);
  if (how === 'is removed before')
    await record(idTagStream(tag), { type: 'IdTagRemoved', data: { idTag: tag, at: noon } });
  const { position = '' } = await erase(parts, tag, noon);
  expect(await readModels.waitFor(position, 5_000)).toBe(true);
  expect(dump(file)).not.toMatch(/card|Jo Doe/i);
  const fresh = join(folder, `${(ids += 1)}.db`);
  await rebuildFromZero(forRows(), fresh);
  expect(dump(file)).toBe(dump(fresh));
  expect(differencesBetween(file, fresh, 10)).toEqual({ count: 0, examples: [] });
  expect(traces()).toEqual([]);
  // They are known again as rows of this log.
  await readModels.stop();
  const again = await start(file);
  expect(again.status().applied).toBe(0);
});

it('rows that were behind when it was erased come out the same', async () => {
  const file = join(folder, `${(ids += 1)}.db`);
  await life();
  const first = await start(file);
  await first.stop();
  await record(idTagStream(tag), { type: 'IdTagRemoved', data: { idTag: tag, at: noon } });
  await erase(parts, tag, noon);
  await start(file);
  const fresh = join(folder, `${(ids += 1)}.db`);
  await rebuildFromZero(forRows(), fresh);
  expect(dump(file)).toBe(dump(fresh));
  expect(traces()).toEqual([]);
});

it('what tokens mean is known from the rows at the next start', async () => {
  const file = join(folder, `${(ids += 1)}.db`);
  await life();
  const readModels = await start(file);
  const keys = new TextKeys();
  keys.seed(readModels.tokens());
  expect(keys.tokenOf(tag)).toBe(parts.keys.tokenOf(tag));
  const { position = '', pseudonym = '' } = await erase(parts, tag, noon);
  await readModels.waitFor(position, 5_000);
  const later = new TextKeys();
  later.seed(readModels.tokens());
  expect(later.tokenOf(tag)).toBeUndefined();
  expect(later.tokensOfPseudonym(pseudonym)).not.toEqual([]);
  expect(later.tokenOf('OTHER')).toBe(parts.keys.tokenOf('OTHER'));
});

function ownTables() {
  const projection = readOwnProjection({
    name: 'starts',
    version: 1,
    on: {
      TransactionStarted: {
        keys: ({ idTag }: { idTag: string }) => [`of ${idTag}`],
        apply: (row: { n: number } | undefined) => ({ n: (row?.n ?? 0) + 1 }),
      },
    },
  });
  if ('faults' in projection) throw new Error(projection.faults.join());
  return tablesOfOwn(projection);
}

it('rows of one`s own, of which nobody knows what they say, are built anew', async () => {
  const tables = ownTables();
  const database = openForWriting(join(folder, `${(ids += 1)}.db`), tables);
  await life();
  let reached = '';
  const reasons: string[] = [];
  const projector = new Projector(
    forRows(),
    database,
    {
      progress: ({ checkpoint }) => (reached = checkpoint),
      skipped: () => undefined,
      interrupted: (error) => reasons.push(String(error)),
    },
    tables,
  );
  const upTo = async (position: string) => {
    while (reached < position) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  projector.start();
  await upTo(await bare.head());
  const { position = '', pseudonym = '' } = await erase(parts, tag, noon);
  await upTo(position);
  const keys = database.prepare<[], string>('SELECT key FROM own_rows').pluck().all();
  expect(keys.map((key) => key.toLowerCase())).toEqual([`of ${pseudonym}`]);
  expect(reasons.join()).toContain('An idTag was erased');
  await projector.stop();
  database.close();
  expect(traces()).toEqual([]);
});

describe.each([
  ['rows', builtIn],
  ['rows of one`s own', ownTables()],
])('an erasure that is killed leaves nothing in %s', (_what, tables) => {
  /** Rows that are at an erasure, and what comes next. */
  const atErasure = async () => {
    const file = join(folder, `${(ids += 1)}.db`);
    const database = openForWriting(file, tables);
    const rows = new ProjectorTables(database, tables);
    const log = forRows();
    await life();
    const before = await log.readAll({ limit: 1_000 });
    rows.apply(before.events, before.next);
    await erase(parts, tag, noon);
    const page = await log.readAll({ from: before.next, limit: 1_000 });
    return { file, database, take: () => rows.apply(page.events, page.next) };
  };
  /** What a process finds that comes after one that was killed now. */
  const copyOf = (file: string) => {
    const copy = join(folder, `${(ids += 1)}.db`);
    for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${copy}${end}`);
    return copy;
  };
  const tracesIn = (file: string) =>
    readdirSync(folder)
      .filter((name) => join(folder, name).startsWith(file))
      .filter((name) => /card.{0,3}77|Jo Doe/i.test(readFileSync(join(folder, name), 'latin1')));
  const isTold = (database: SqliteDatabase) =>
    database.prepare<[], number>("SELECT count(*) FROM veil_keys WHERE text LIKE 'card%'").pluck().get() === 0;

  it('before its transaction is complete: it is taken again', async () => {
    const { file, database, take } = await atErasure();
    const killed = jest.spyOn(database, tables.opaque ? 'exec' : 'prepare').mockImplementation(() => {
      throw new Error('killed');
    });
    expect(take).toThrow('killed');
    killed.mockRestore();
    database.close();
    const again = openForWriting(file, tables);
    expect(isTold(again)).toBe(false);
    const rows = new ProjectorTables(again, tables);
    const page = await forRows().readAll({ from: rows.checkpoint, limit: 1_000 });
    rows.apply(page.events, page.next);
    expect(isTold(again)).toBe(true);
    expect(tracesIn(file)).toEqual([]);
    again.close();
  });

  it('when its transaction is complete, and the log of SQLite still has it', async () => {
    const { file, database, take } = await atErasure();
    let copy = '';
    const pragma = database.pragma.bind(database);
    jest.spyOn(database, 'pragma').mockImplementation((source, options) => {
      copy ||= copyOf(file);
      return pragma(source, options);
    });
    take();
    database.close();
    expect(tracesIn(copy)).not.toEqual([]);
    const again = openForWriting(copy, tables);
    expect(isTold(again)).toBe(true);
    new ProjectorTables(again, tables);
    expect(tracesIn(copy)).toEqual([]);
    again.close();
  });
});
