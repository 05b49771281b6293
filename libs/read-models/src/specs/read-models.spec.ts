import type { ChargeBoxEvent } from '@app/charge-box';
import { chargeBoxEventSchemas, idTagStream, stateStream, streamOf, telemetryStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { errorTable, silentLog } from '@app/kernel';
import { noon, secondsAfterNoon } from '@app/testing';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsOfBox } from '../events-of-box';
import { ReadModels } from '../read-models';
import { rebuildFromZero } from '../rebuild';
import { dump, openForReading, openForWriting } from '../sqlite/database';
import type { SqliteDatabase } from '../sqlite/database';
import * as lists from '../sqlite/lists';
import { ProjectorTables } from '../sqlite/projector-tables';

const folder = mkdtempSync(join(tmpdir(), 'read-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${(files += 1)}.db`);

let ids = 0;
async function record(
  store: EventStore,
  identity: string,
  event: ChargeBoxEvent,
  quirks: readonly { name: string }[] = [],
): Promise<void> {
  const stream = streamOf(event.type) === 'telemetry' ? telemetryStream(identity) : stateStream(identity);
  const metadata = {
    schema: chargeBoxEventSchemas[event.type],
    correlationId: 'c',
    causationId: 'c',
    actor: 'charge-box',
    receivedAt: event.data.at,
    quirks,
  };
  await store.append(stream, [{ id: `id-${(ids += 1)}`, ...event, metadata }], 'any');
}

const usual = { suspicions: [], at: noon } as const;
const started = (transactionId: number, more: object = {}): ChargeBoxEvent => ({
  type: 'TransactionStarted',
  data: {
    transactionId,
    connectorId: 1,
    idTag: 'Card',
    timestamp: { at: noon },
    meterStart: 1_000,
    idTagInfo: { status: 'Accepted' },
    ...usual,
    ...more,
  },
});
const stopped = (transactionId: number, more: object = {}): ChargeBoxEvent => ({
  type: 'TransactionStopped',
  data: {
    transactionId,
    connectorId: 1,
    timestamp: { at: secondsAfterNoon(3_600) },
    meterStop: 4_000,
    transactionData: [],
    ...usual,
    at: secondsAfterNoon(3_601),
    ...more,
  },
});
const reading = (transactionId: number, value: string, unit = 'Wh', location = 'Outlet'): ChargeBoxEvent => ({
  type: 'MeterValuesReported',
  data: {
    connectorId: 1,
    transactionId,
    values: [
      {
        timestamp: { at: secondsAfterNoon(60) },
        value: [
          {
            value,
            unit,
            context: 'Sample.Periodic',
            format: 'Raw',
            measurand: 'Energy.Active.Import.Register',
            location,
          },
        ],
      },
    ],
    ...usual,
  },
});
const booted: ChargeBoxEvent = {
  type: 'ChargeBoxBooted',
  data: {
    boot: { chargePointVendor: 'Acme', chargePointModel: 'Duo' },
    answered: 'Rejected',
    heartbeatInterval: 300,
    at: noon,
  },
};

async function built(...events: readonly (readonly [string, ChargeBoxEvent])[]): Promise<SqliteDatabase> {
  const store = openInMemoryStore();
  for (const [identity, event] of events) await record(store, identity, event);
  const file = newFile();
  await rebuildFromZero(store, file);
  return openForReading(file);
}

const all = { limit: 100 };

describe('transactions', () => {
  it('run from start to stop, with energy and duration', async () => {
    const database = await built(['A', started(1)], ['A', reading(1, '2.5', 'kWh')], ['A', stopped(1)]);
    expect(lists.findTransaction(database, 1)).toMatchObject({
      identity: 'A',
      status: 'stopped',
      energy: 3_000,
      duration: 3_600,
      meterStop: 4_000,
    });
  });

  it('show the energy so far while they run', async () => {
    const database = await built(['A', started(1)], ['A', reading(1, '2.5', 'kWh')]);
    expect(lists.findTransaction(database, 1)).toMatchObject({ status: 'open', energy: 1_500 });
  });

  it('take their energy from the outlet, where starts are read', async () => {
    const inlet = reading(1, '900', 'kWh', 'Inlet');
    const database = await built(['A', started(1)], ['A', reading(1, '2.5', 'kWh')], ['A', inlet]);
    expect(lists.findTransaction(database, 1)).toMatchObject({ energy: 1_500 });
  });

  it('are not touched by another box', async () => {
    const database = await built(['A', started(1)], ['B', stopped(1)], ['B', reading(1, '9000')]);
    const transaction = lists.findTransaction(database, 1);
    expect(transaction).toMatchObject({ status: 'open' });
    expect(transaction?.energy).toBeUndefined();
  });

  it('are suspect when another began on their connector', async () => {
    const database = await built(
      ['A', started(1)],
      ['A', started(2, { supersedes: [1], suspicions: ['connector-occupied'] })],
    );
    expect(
      lists.findTransactions(database, { suspicion: 'superseded' }, all).rows.map(({ transactionId }) => transactionId),
    ).toEqual([1]);
    expect(lists.findTransactions(database, { suspicion: 'any' }, all).rows).toHaveLength(2);
  });

  it('ended by hand say why, and bind their orphan', async () => {
    const orphan: ChargeBoxEvent = {
      type: 'OrphanStopReceived',
      data: { ...(stopped(-1).data as object), orphanId: 'o1' } as never,
    };
    const closed: ChargeBoxEvent = {
      type: 'TransactionClosed',
      data: {
        transactionId: 1,
        connectorId: 1,
        meterStop: 2_000,
        stoppedAt: secondsAfterNoon(60),
        orphanId: 'o1',
        suspicions: ['meter-jump'],
        reason: 'power cut',
        at: noon,
      },
    };
    const database = await built(['A', started(1)], ['A', orphan], ['A', closed]);
    expect(lists.findTransaction(database, 1)).toMatchObject({
      status: 'closed',
      closeReason: 'power cut',
      energy: 1_000,
    });
    expect(lists.findOrphans(database, { bound: true }, all).rows).toMatchObject([{ orphanId: 'o1', boundTo: 1 }]);
    expect(lists.findOrphans(database, { bound: false }, all).rows).toEqual([]);
    const again = await built(['A', started(1)], ['A', orphan], ['A', closed], ['A', orphan]);
    expect(lists.findOrphans(again, {}, all).rows).toMatchObject([{ orphanId: 'o1', boundTo: 1 }]);
  });
});

describe('lists', () => {
  it('go on where a page ended, without loss and without doubles', async () => {
    const database = await built(...Array.from({ length: 25 }, (_, index) => ['A', started(index + 1)] as const));
    const seen: number[] = [];
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = lists.findTransactions(database, { identity: 'A' }, { limit: 7, cursor });
      seen.push(...page.rows.map(({ transactionId }) => transactionId));
      cursor = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
  });

  it('refuse a cursor of another list, another filter or nobody', async () => {
    const database = await built(['A', started(1)], ['A', started(2)]);
    const { next = '' } = lists.findTransactions(database, { identity: 'A' }, { limit: 1 });
    const refused = expect.objectContaining({ code: 'invalid-cursor' }) as Error;
    expect(() => lists.findTransactions(database, {}, { limit: 1, cursor: next })).toThrow(refused);
    expect(() => lists.findChargeBoxes(database, {}, { limit: 1, cursor: next })).toThrow(refused);
    for (const cursor of ['', 'x', 'W10', Buffer.from('{"a":1}').toString('base64url')]) {
      expect(() => lists.findTransactions(database, { identity: 'A' }, { limit: 1, cursor })).toThrow(refused);
    }
  });

  it('take filters for what they are, not for SQL', async () => {
    const database = await built(['A', booted], ["x'; DROP TABLE charge_boxes; --", booted]);
    expect(lists.findChargeBoxes(database, { search: '%' }, all).rows).toEqual([]);
    expect(lists.findChargeBoxes(database, { search: "'; drop" }, all).rows).toHaveLength(1);
    expect(lists.findChargeBoxes(database, { vendor: "' OR 1=1 --" }, all).rows).toEqual([]);
    expect(lists.findChargeBoxes(database, { vendor: 'ACME', registration: 'Unknown' }, all).rows).toHaveLength(2);
  });
});

describe('charge boxes and connectors', () => {
  it('show what the box said, and count its deviations once for each request', async () => {
    const store = openInMemoryStore();
    await record(store, 'A', booted, [{ name: 'no-from' }]);
    await record(
      store,
      'A',
      { type: 'AddressObserved', data: { from: 'http://10.0.0.5/', at: secondsAfterNoon(1), alternating: true } },
      [{ name: 'no-from' }],
    );
    await record(store, 'A', {
      type: 'ConnectorStatusReported',
      data: {
        connectorId: 1,
        status: 'Faulted',
        errorCode: 'OtherError',
        timestamp: { at: noon },
        at: secondsAfterNoon(2),
      },
    });
    const file = newFile();
    await rebuildFromZero(store, file);
    const box = lists.findChargeBox(openForReading(file), 'A');
    expect(box).toMatchObject({
      registration: 'Unknown',
      bootCount: 1,
      chargePointVendor: 'Acme',
      from: 'http://10.0.0.5/',
      lastSeenAt: secondsAfterNoon(2),
    });
    expect(box?.quirks.map(({ name, count }) => `${name} ${count}`)).toEqual([
      'no-from 2',
      'identity-changed-address 1',
    ]);
    expect(box?.connectors).toMatchObject([{ connectorId: 1, status: 'Faulted' }]);
    expect(box?.addresses).toHaveLength(1);
  });

  it('count the deviations of an event that notes them, and not those of its own request again', async () => {
    const store = openInMemoryStore();
    const note = (count: number, at: string, text: string): ChargeBoxEvent => ({
      type: 'QuirksNoted',
      data: { quirks: [{ name: 'no-from', count, text }], at },
    });
    await record(store, 'A', started(1));
    await record(store, 'A', note(1, noon, 'first'), [{ name: 'no-from' }]);
    await record(store, 'A', note(12, secondsAfterNoon(3_600), 'last'), [{ name: 'no-from' }]);
    const file = newFile();
    await rebuildFromZero(store, file);
    expect(lists.findChargeBox(openForReading(file), 'A')?.quirks).toMatchObject([
      { name: 'no-from', count: 13, lastSeenAt: secondsAfterNoon(3_600), lastText: 'last' },
    ]);
  });

  it('free a connector when its transaction is over', async () => {
    const database = await built(['A', started(1)], ['A', stopped(1)], ['A', started(2)]);
    expect(lists.findConnectors(database, 'A')).toMatchObject([{ connectorId: 1, transactionId: 2 }]);
  });
});

describe('idTags', () => {
  it('come, change, count their open transactions, and go', async () => {
    const store = openInMemoryStore();
    const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'operator', receivedAt: noon };
    const save = (blocked: boolean) => ({
      id: `t-${String(blocked)}`,
      type: 'IdTagSaved',
      data: { idTag: 'CARD', blocked, concurrentTransactions: false, at: noon },
      metadata,
    });
    await store.append(idTagStream('CARD'), [save(false), save(true)], 'any');
    await record(store, 'A', started(1));
    const file = newFile();
    await rebuildFromZero(store, file);
    expect(lists.findIdTag(openForReading(file), 'card')).toEqual({
      idTag: 'CARD',
      blocked: true,
      concurrentTransactions: false,
      changedAt: noon,
      openTransactions: 1,
    });
    await store.append(
      idTagStream('CARD'),
      [{ id: 'r', type: 'IdTagRemoved', data: { idTag: 'CARD', at: noon }, metadata }],
      'any',
    );
    await rebuildFromZero(store, file);
    expect(lists.findIdTags(openForReading(file), {}, all).rows).toEqual([]);
  });
});

describe('building', () => {
  const anyEvents = fc.array(
    fc.tuple(
      fc.constantFrom('A', 'B'),
      fc.oneof(
        fc.nat(4).map((id) => started(id)),
        fc.nat(4).map((id) => stopped(id)),
        fc.tuple(fc.nat(4), fc.nat(9_000)).map(([id, value]) => reading(id, String(value))),
        fc.constant(booted),
        fc.constantFrom({}, { from: 'http://box/' }, { replyTo: 'http://box/' }).map((said): ChargeBoxEvent => ({
          type: 'AddressObserved',
          data: { ...said, remoteAddress: '10.0.0.1', at: noon },
        })),
        fc.constantFrom<ChargeBoxEvent>(
          { type: 'ChargeBoxSilent', data: { lastSeenAt: noon, at: noon } },
          { type: 'ChargeBoxBack', data: { silentSince: noon, at: noon } },
        ),
      ),
    ),
    { maxLength: 40 },
  );

  it('comes out the same wherever it was interrupted, and whatever was delivered twice', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, fc.infiniteStream(fc.nat(7)), async (events, cuts) => {
        const store = openInMemoryStore();
        for (const [identity, event] of events) await record(store, identity, event);
        const [whole, pieces] = [newFile(), newFile()];
        await rebuildFromZero(store, whole);
        const log = (await store.readAll({ from: '', direction: 'forward', limit: 1_000 })).events;
        for (let place = 0; place < log.length;) {
          const next = Math.min(log.length, place + 1 + Number(cuts.next().value));
          const database = openForWriting(pieces);
          // What came before the checkpoint comes again, as a subscription may do.
          new ProjectorTables(database).apply(log.slice(Math.max(0, place - 2), next), log[next - 1]?.position ?? '');
          database.close();
          place = next;
        }
        if (log.length > 0) expect(dump(pieces)).toBe(dump(whole));
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('of nothing is done at once', async () => {
    const readModels = new ReadModels({ file: newFile(), store: openInMemoryStore(), log: silentLog });
    await readModels.prepare();
    expect(lists.findChargeBox(readModels.database, 'A')).toBeUndefined();
    await readModels.stop();
  });

  it('makes the indexes once the rows show everything, live as from zero', async () => {
    const indexesIn = (file: string) => {
      const database = openForReading(file);
      const names = database.prepare(
        `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1`,
      );
      try {
        return names.pluck().all();
      } finally {
        database.close();
      }
    };
    const store = openInMemoryStore();
    await record(store, 'A', booted);
    const [live, fromZero] = [newFile(), newFile()];
    const readModels = new ReadModels({ file: live, store, log: silentLog });
    await readModels.prepare();
    expect(() => readModels.database).toThrow(errorTable['read-models-building']);
    readModels.start();
    await readModels.caughtUp();
    expect(lists.findChargeBox(readModels.database, 'A')).toMatchObject({ bootCount: 1 });
    await rebuildFromZero(store, fromZero);
    expect(indexesIn(fromZero)).toEqual(expect.arrayContaining(['meter_values_timestamp', 'transactions_0']));
    expect(indexesIn(live)).toEqual(indexesIn(fromZero));
    await readModels.stop();
  });

  it('leaves out an event that it cannot take, says so, and goes on', async () => {
    const store = openInMemoryStore();
    const reported: string[] = [];
    const log = { ...silentLog, error: (fields: object) => void reported.push(JSON.stringify(fields)) };
    const readModels = new ReadModels({ file: newFile(), store, log });
    readModels.start();
    await record(store, 'A', { type: 'TransactionStopped', data: { at: noon } as never });
    await record(store, 'A', booted);
    expect(await readModels.waitFor(await store.head(), 2_000)).toBe(true);
    expect(lists.findChargeBox(readModels.database, 'A')).toMatchObject({ bootCount: 1 });
    expect(readModels.status().skipped).toBe(1);
    expect(reported.join()).toContain('TransactionStopped');
    await readModels.stop();
  });

  it('begins anew when the shape of the rows has changed', async () => {
    const store = openInMemoryStore();
    await record(store, 'A', booted);
    const file = newFile();
    await rebuildFromZero(store, file);
    const database = openForWriting(file);
    database.prepare(`UPDATE checkpoint SET shape = 'of another version'`).run();
    database.close();
    expect(new ProjectorTables(openForWriting(file)).checkpoint).toBe('');
  });
});

describe('events of a box', () => {
  it('are merged from its streams, newest first, page by page', async () => {
    const store = openInMemoryStore();
    await record(store, 'A', booted);
    for (let count = 1; count <= 5; count += 1) {
      await record(store, 'A', started(count));
      await record(store, 'B', booted);
      await record(store, 'A', reading(count, '1'));
    }
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await eventsOfBox(store, 'A', {}, { limit: 4, cursor });
      seen.push(...page.rows.map(({ position }) => position));
      cursor = page.next;
    }
    expect(seen).toHaveLength(11);
    expect(seen).toEqual(seen.toSorted().reverse());
    const only = await eventsOfBox(store, 'A', { types: ['ChargeBoxBooted'] }, { limit: 4 });
    expect(only.rows.map(({ type }) => type)).toEqual(['ChargeBoxBooted']);
  });
});
