import { idTagStream, idTagVeiling, stateStream } from '@app/charge-box';
import { erase, openInMemoryStore, TextKeys, veiled } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tracesOf } from '../traces';

const at = '2026-03-01T12:00:00.000Z';
const folder = mkdtempSync(join(tmpdir(), 'traces-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let raw: EventStore;
let parts: { store: EventStore; keys: TextKeys; veiling: typeof idTagVeiling };
let store: EventStore;
beforeEach(() => {
  raw = openInMemoryStore();
  parts = { store: raw, keys: new TextKeys(), veiling: idTagVeiling };
  store = veiled(raw, parts);
});

let ids = 0;
const record = (to: EventStore, stream: string, type: string, data: object) => {
  const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'charge-box', receivedAt: at };
  return to.append(stream, [{ id: `id-${(ids += 1)}`, type, data, metadata }], 'any');
};
const box = stateStream('CB-1');
const authorized = (idTag: string) => ({ idTag, idTagInfo: { status: 'Accepted' }, at });
const found = async (idTag: string) =>
  (await tracesOf({ idTag, raw })).traces.map(({ stream, type, todo }) => [stream, type, todo.split(' ', 5).join(' ')]);

it('an idTag that was not erased is found where its token has its meaning, whatever its letter case', async () => {
  await record(store, box, 'IdTagAuthorized', authorized('Card-1'));
  expect(await found('CARD-1')).toEqual([
    [expect.stringMatching(/^textKey-veil-/), 'TextKeyed', 'It can be erased: POST'],
  ]);
  await erase(parts, 'card-1', at);
  expect(await found('CARD-1')).toEqual([]);
});

it('what is in clear is found, in data, names of streams and free text, with what it is', async () => {
  await record(raw, box, 'IdTagAuthorized', authorized('Card-1'));
  await record(raw, box, 'SnapshotTaken', { state: { open: [{ key: '1|0||card-1' }] } });
  await record(raw, idTagStream('Card-1'), 'IdTagMoved', {});
  await record(raw, box, 'DataTransferReceived', { vendorId: 'v', data: 'for card-1!', at });
  expect(await found('card-1')).toEqual([
    [box, 'IdTagAuthorized', 'It is in clear, from'],
    [box, 'SnapshotTaken', 'It is in clear, from'],
    ['idTag-***', 'IdTagMoved', 'It is in clear, from'],
    [box, 'DataTransferReceived', 'It stands in a text'],
  ]);
});

it('a part of a longer word is no trace, and a short idTag only as a text of its own', async () => {
  await record(raw, box, 'DataTransferReceived', { vendorId: 'v', data: 'card-12', at });
  await record(raw, box, 'DataTransferReceived', { vendorId: 'v', data: 'number 7', at });
  expect(await found('card-1')).toEqual([]);
  expect(await found('7')).toEqual([]);
  await record(raw, box, 'DataTransferReceived', { vendorId: 'v', data: '7', at });
  expect(await found('7')).toHaveLength(1);
});

it('every byte of the files is looked through, also across the pieces that are read', async () => {
  const deep = join(folder, 'deep');
  mkdirSync(deep);
  const piece = 4 * 1024 * 1024;
  writeFileSync(join(folder, 'a.db'), Buffer.concat([Buffer.alloc(piece - 3), Buffer.from('CARD-1')]));
  writeFileSync(join(deep, 'b.db-wal'), String.raw`{"data":"{\"idTag\":\"7\"}"}`);
  writeFileSync(join(folder, 'c.db'), 'number 7, card 1');
  const inFiles = async (idTag: string) => {
    const { files, bytes, traces } = await tracesOf({ idTag, raw, folder });
    expect(files).toHaveLength(3);
    for (const { todo } of traces) expect(todo).toContain('read-models.next.db');
    expect(bytes).toBeGreaterThan(piece);
    return traces.map(({ file }) => file);
  };
  expect(await inFiles('card-1')).toEqual([join(folder, 'a.db')]);
  expect(await inFiles('7')).toEqual([join(deep, 'b.db-wal')]);
});

it('many traces are counted, and the first of them told', async () => {
  for (let count = 0; count < 120; count += 1)
    await record(raw, box, 'DataTransferReceived', { vendorId: 'card-1', at });
  const { found: count, traces, events } = await tracesOf({ idTag: 'card-1', raw });
  expect([count, traces.length, events]).toEqual([120, 100, 120]);
});
