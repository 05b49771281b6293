import { chained, chainKey, openInMemoryStore, sealStream } from '@app/event-store';
import { dump, rebuildFromZero } from '@app/read-models';
import type { EventStore } from '@app/kernel';
import fc from 'fast-check';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import {
  deadLetterStream,
  snapshotStream,
  webhookLeaseStream,
  webhookProgressStream,
  webhookStream,
} from '@app/charge-box';
import { copyHistory } from '../copy';
import { exportHistory } from '../export';
import { NdjsonSide, noteIn } from '../ndjson';
import { masked, withMaskedEvent, withMaskedIdTags } from '../personal';
import { Pseudonyms } from '../pseudonyms';
import type { Selection } from '../selection';
import { spooled } from '../spool';
import { StoreSide } from '../store-side';
import { anyLife, at, dressed, identityOf, live } from './a-life';

const folder = mkdtempSync(join(tmpdir(), 'export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (ending = 'ndjson') => join(folder, `${(files += 1)}.${ending}`);
const key = Buffer.alloc(32, 7);

async function exported(store: EventStore, selection: Selection = {}, pseudonyms?: Pseudonyms): Promise<string> {
  const file = fresh();
  const output = createWriteStream(file);
  await exportHistory(store, output, { selection, pseudonyms });
  output.end();
  await finished(output);
  return file;
}

async function imported(file: string): Promise<EventStore> {
  const store = openInMemoryStore();
  const side = await StoreSide.open(store, { most: 8, inOrder: true });
  const { identical } = await copyHistory(await NdjsonSide.openForReading(file), side, { resume: false });
  expect(identical).toBe(true);
  return store;
}

const everything = async (store: EventStore) => (await store.readAll({ from: '', limit: 10_000 })).events;

const life = [
  { box: 0, kind: 'start', session: 1 },
  { box: 1, kind: 'start', session: 2 },
  { box: 0, kind: 'reading', session: 1 },
  { box: 0, kind: 'status', session: 1 },
  { box: 0, kind: 'stop', session: 1 },
  { box: 1, kind: 'stop', session: 2 },
] as const;

async function lived(): Promise<EventStore> {
  const store = openInMemoryStore();
  await live(store, life);
  await store.append(snapshotStream(identityOf(0)), [dressed({ type: 'SnapshotTaken', data: {} }, 99)], 'any');
  return store;
}

describe('an export', () => {
  it('of everything is the file that a copy makes', async () => {
    const store = await lived();
    const copied = fresh();
    const target = await NdjsonSide.openForWriting(copied);
    await copyHistory(await StoreSide.open(store, { most: 1, inOrder: true }), target, { resume: false });
    await target.close();
    const file = await exported(store);
    expect(readFileSync(file)).toEqual(readFileSync(copied));
    expect(await noteIn(file)).toEqual({});
  });

  it('of one box is numbered as it was, without snapshots, and says that it is a part', async () => {
    const file = await exported(await lived(), { boxes: [identityOf(0)] });
    const events = await everything(await imported(file));
    expect(events.map(({ id }) => id)).toEqual(['event-0', 'event-2', 'event-3', 'event-4']);
    expect(await noteIn(file)).toEqual({ part: { boxes: [identityOf(0)] } });
  });

  it.each<[string, Selection, readonly string[]]>([
    ['types', { types: ['TransactionStopped'] }, ['event-4', 'event-5']],
    ['a time', { since: { time: Date.parse(at(3)) }, until: { time: Date.parse(at(4)) } }, ['event-3', 'event-4']],
    [
      'positions',
      { since: { position: '0000000000000003' }, until: { position: '0000000000000004' } },
      ['event-1', 'event-2'],
    ],
    ['a transaction', { transaction: 1 }, ['event-0', 'event-2', 'event-4']],
    ['nothing', { boxes: ['nobody'] }, []],
  ])('by %s numbers what is left anew, so that any store takes it', async (_what, selection, ids) => {
    const file = await exported(await lived(), selection);
    const events = await everything(await imported(file));
    expect(events.map(({ id }) => id)).toEqual(ids);
    const isRenumbered = selection.boxes === undefined;
    expect((await noteIn(file)).renumbered ?? false).toBe(isRenumbered);
    for (const event of events) {
      const before = events.filter(({ stream, position }) => stream === event.stream && position < event.position);
      expect(event.revision).toBe(before.length);
    }
  });

  it('fails when the disk fills up while the next page is read', async () => {
    const store = await lived();
    const isFull = new Writable({ write: (_chunk, _encoding, done) => void setImmediate(done, new Error('ENOSPC')) });
    const closed = finished(isFull).catch(() => undefined);
    const slow: Pick<EventStore, 'head' | 'readAll'> = {
      head: () => store.head(),
      readAll: (wanted) => closed.then(() => store.readAll(wanted)),
    };
    await expect(exportHistory(slow, isFull, { selection: {} })).rejects.toThrow('ENOSPC');
  }, 5_000);

  it('fails when who reads it goes away', async () => {
    const store = await lived();
    const gone = new Writable({ write: (_chunk, _encoding, done) => done() });
    gone.destroy();
    await expect(exportHistory(store, gone, { selection: {} })).rejects.toThrow();
  }, 5_000);

  it('is read packed and from standard input; what is packed badly is refused', async () => {
    const file = await exported(await lived());
    const packed = fresh('gz');
    writeFileSync(packed, gzipSync(readFileSync(file)));
    for (const spool of [await spooled(packed, process.stdin), await spooled('-', createReadStream(file))]) {
      expect(readFileSync(spool.file)).toEqual(readFileSync(file));
      spool.remove();
      expect(() => readFileSync(spool.file)).toThrow('ENOENT');
    }
    writeFileSync(packed, 'not packed');
    await expect(spooled(packed, process.stdin)).rejects.toMatchObject({ code: 'history-unreadable' });
    await expect(spooled(fresh('gz'), process.stdin)).rejects.toMatchObject({ code: 'history-unreadable' });
  });
});

describe('pseudonyms', () => {
  /** Everything in a life of `a-life` that says who or where somebody is. */
  const personal =
    /card\d*0815|family77|serial\d4711|8949\d0000|10\.9\.8|orphan\d|key\d4713|message\d|host4715|urn:4716|mr 4717|bøx|b~c3|BOX~20|BOX 1|BOX-2|was here/i;

  it('leave nothing of the names, and the same history otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(anyLife, async (any) => {
        const store = openInMemoryStore();
        await live(store, any);
        const file = await exported(store, {}, new Pseudonyms(key));
        expect(readFileSync(file, 'utf8')).not.toMatch(personal);
        const [before, after] = [await everything(store), await everything(await imported(file))];
        expect(after.map(({ id, type, revision, metadata }) => [id, type, revision, metadata.receivedAt])).toEqual(
          before.map(({ id, type, revision, metadata }) => [id, type, revision, metadata.receivedAt]),
        );
        const streams = new Map(before.map(({ stream }, place) => [stream, after[place]?.stream]));
        expect(before.map(({ stream }) => streams.get(stream))).toEqual(after.map(({ stream }) => stream));
        expect(new Set(streams.values()).size).toBe(streams.size);
      }),
      { numRuns: 60 },
    );
  });

  it('leave out seals, which name streams, and links, which vouch for other names', async () => {
    const store = openInMemoryStore();
    const linked = chained(store, { key: chainKey('a key of this spec'), onHead: () => undefined });
    await live(linked, life);
    const heads = [['idTag-card10815', 0, 'link']];
    await linked.append(sealStream, [dressed({ type: 'HistorySealed', data: { heads, at: at(9) } }, 98)], 'any');
    expect(JSON.stringify((await everything(store)).map(withMaskedEvent))).not.toContain('card10815');
    const text = readFileSync(await exported(store, {}, new Pseudonyms(key)), 'utf8');
    expect(text).not.toMatch(/chain"|HistorySealed|card10815/);
    expect(readFileSync(await exported(store), 'utf8')).toMatch(/chain".*HistorySealed/s);
  });

  it('leave out how far webhooks are told, which holds in this very log alone', async () => {
    const store = await lived();
    const note = { deliveryId: 'd', at: at(9) };
    for (const [place, stream] of [webhookProgressStream('W'), deadLetterStream('W'), webhookLeaseStream].entries())
      await store.append(stream, [dressed({ type: 'WebhookRedelivered', data: note }, 90 + place)], 'any');
    await store.append(webhookStream, [dressed({ type: 'WebhookRemoved', data: { id: 'W', at: at(9) } }, 95)], 'any');
    const text = readFileSync(await exported(store, {}, new Pseudonyms(key)), 'utf8');
    expect(text).toContain('WebhookRemoved');
    expect(text).not.toContain('WebhookRedelivered');
    expect(readFileSync(await exported(store), 'utf8')).toContain('WebhookRedelivered');
  });

  it('lead to the same rows under other names', async () => {
    const store = await lived();
    const names = new Pseudonyms(key);
    const [plain, hidden] = [fresh('db'), fresh('db')];
    await rebuildFromZero(store, plain);
    await rebuildFromZero(await imported(await exported(store, {}, names)), hidden);
    const shape = (file: string) =>
      dump(file)
        .split('\n')
        .map((line) => (line.startsWith('#') ? line : 'row'));
    expect(shape(hidden)).toEqual(shape(plain));
    expect(dump(hidden)).toContain(names.idTag('CARD10815'));
    expect(dump(hidden)).toContain(names.identity(identityOf(0)));
  });

  it('are the same for one key alone, keep to OCPP’s lengths, and take letter case of idTags for the same', () => {
    const [one, other] = [new Pseudonyms(key), new Pseudonyms(Buffer.alloc(32, 8))];
    expect(one.idTag('Card')).toBe(one.idTag('cARD'));
    expect(one.idTag('Card')).not.toBe(one.idTag('Card2'));
    expect(one.idTag('Card')).not.toBe(other.idTag('Card'));
    expect(one.identity('Card')).not.toBe(one.identity('CARD'));
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(one.idTag(text)).toMatch(/^[A-Z2-7]{20}$/);
        expect(one.identity(text)).toMatch(/^[A-Z2-7]{20}$/);
      }),
    );
  });

  it('take the place of what people wrote, of settings and of addresses in requests, and of no word of OCPP', () => {
    const event = (type: string, data: object) => {
      const { position: _none, ...rest } = {
        ...dressed({ type, data }, 1),
        stream: 'chargeBox-A',
        revision: 0,
        position: '',
      };
      return new Pseudonyms(key).event(rest).data as Record<string, unknown>;
    };
    expect(event('TransactionClosed', { reason: 'Mr Smith forgot' })).toEqual({ reason: '-' });
    expect(event('RequestInterrupted', { reason: 'hung-up' })).toEqual({ reason: 'hung-up' });
    const settings = [
      { key: 'Url', value: 'http://me:secret@host' },
      { key: 'HeartBeatInterval', value: '300' },
      { key: 'Flag', value: 'true' },
      { key: 'Offset', value: '-12.5' },
    ];
    const telling = ['10.1.2.3', '12345678', '+49301234567', '0711', '1.2.3', 'TRUE'].map((value) => ({
      key: 'Any',
      value,
    }));
    expect(event('ConfigurationRead', { configurationKey: settings })).toEqual({
      configurationKey: [{ ...settings[0], value: '-' }, ...settings.slice(1)],
    });
    expect(event('ConfigurationRead', { configurationKey: telling })).toEqual({
      configurationKey: ['-', '-', '-', '0711', '-', 'TRUE'].map((value) => ({ key: 'Any', value })),
    });
    const ofSomebody = ['FreeVendIdTag', 'PIN', 'LocalPin', 'MasterCard', 'StopCode'].map((key) => ({ key }));
    const ofNobody = [
      { key: 'WebSocketPingInterval', value: '54321' },
      { key: 'StopTransactionOnInvalidIdTag', value: 'true' },
    ];
    expect(
      event('ConfigurationRead', {
        configurationKey: [...ofSomebody.map(({ key }) => ({ key, value: '4711' })), ...ofNobody],
      }),
    ).toEqual({ configurationKey: [...ofSomebody.map(({ key }) => ({ key, value: '-' })), ...ofNobody] });
    const readings = ['4711', '-12,5', '1.5e3', 'Jo12', '04A2', ''].map((value) => ({ value, unit: 'Wh' }));
    expect(event('MeterValuesReported', { values: [{ value: readings }] })).toEqual({
      values: [{ value: ['4711', '-12,5', '1.5e3', '-', '-', ''].map((value) => ({ value, unit: 'Wh' })) }],
    });
    expect(event('DataTransferReceived', { vendorId: 'v', data: '4711', info: 'PIN 4711' })).toEqual({
      vendorId: 'v',
      data: '-',
      info: '-',
    });
    expect(event('ConnectorStatusReported', { errorCode: 'OtherError', vendorErrorCode: 'card 04A2' })).toEqual({
      errorCode: 'OtherError',
      vendorErrorCode: '-',
    });
    const signed = {
      format: 'SignedData',
      value: 'OCMF|{"ID":"04A2B3C4D5"}',
      measurand: 'Energy.Active.Import.Register',
    };
    const values = [{ timestamp: { at: at(1) }, value: [{ format: 'Raw', value: '1200' }, signed] }];
    for (const [type, name] of [
      ['MeterValuesReported', 'values'],
      ['TransactionStopped', 'transactionData'],
    ] as const)
      expect(event(type, { [name]: values })).toEqual({
        [name]: [
          {
            timestamp: { at: at(1) },
            value: [
              { format: 'Raw', value: '1200' },
              { ...signed, value: '-' },
            ],
          },
        ],
      });
    expect(event('OperationScheduled', { request: { location: 'ftp://me:secret@host/x' } })).toEqual({
      request: { location: expect.stringMatching(/^http:\/\/[a-z2-7]{20}\.invalid\/$/) as string },
    });
    expect(event('MeterValuesReported', { location: 'Outlet', timestamp: { at: at(1), text: 'Smith' } })).toEqual({
      location: 'Outlet',
      timestamp: { at: at(1), text: '-' },
    });
  });
});

describe('a mask', () => {
  it('shows the end of a long idTag and nothing of a short one', () => {
    expect(masked('04A2B3C4D5')).toBe('***4D5');
    expect(masked('CARD-1')).toBe('***');
  });

  it('covers idTags wherever they are in events, their streams, states and rows', async () => {
    const store = await lived();
    const shown = JSON.stringify((await everything(store)).map(withMaskedEvent));
    expect(shown).not.toMatch(/card\d0815"|family77/i);
    const state = {
      open: [{ key: '1|1000|2026|card10815', stopKey: '5|2026|' }],
      waiting: [{ request: { idTag: 'Card10815' } }],
    };
    expect(withMaskedIdTags(state)).toEqual({
      open: [{ key: '1|1000|2026|***', stopKey: '5|2026|' }],
      waiting: [{ request: { idTag: '***815' } }],
    });
  });

  it('covers what deviations quote in the place of an idTag, and what is noted about its owner', () => {
    const quirks = [
      { name: 'too-long', path: 'authorizeRequest/idTag', text: 'CARD10815-AND-MORE', count: 2 },
      { name: 'enum-case', path: 'status', text: 'AVAILABLE', count: 1 },
    ];
    const covered = [{ ...quirks[0], text: '***' }, quirks[1]];
    const event = (type: string, data: object) => {
      const { metadata, ...rest } = dressed({ type, data }, 1);
      const recorded = { ...rest, metadata: { ...metadata, quirks }, stream: 'chargeBox-A', revision: 0, position: '' };
      return withMaskedEvent({ ...recorded, recordedAt: at(1) });
    };
    expect(event('QuirksNoted', { quirks, at: at(1) })).toMatchObject({
      data: { quirks: covered, at: at(1) },
      metadata: { quirks: covered },
    });
    expect(event('IdTagSaved', { idTag: 'CARD10815', note: 'Jo Doe', at: at(1) }).data).toEqual({
      idTag: '***815',
      note: '***',
      at: at(1),
    });
  });
});
