import { chargeBoxEventSchemas, heartbeatStream, stateStream, webhookLeaseStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore, Log } from '@app/kernel';
import { silentLog } from '@app/kernel';
import { noon } from '@app/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadModels } from '../read-models';
import { rebuildFromZero } from '../rebuild';
import { ProjectorTables } from '../sqlite/projector-tables';
import { openForWriting } from '../sqlite/database';

// Rows know the history that they were made of, and whoever waits for them is told how far they are.

const folder = mkdtempSync(join(tmpdir(), 'read-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${(files += 1)}.db`);

let ids = 0;
async function accept(store: EventStore, identity: string): Promise<void> {
  const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'operator', receivedAt: noon };
  const data = { registration: 'Accepted', by: 'operator', at: noon };
  await store.append(
    stateStream(identity),
    [{ id: `id-${(ids += 1)}`, type: 'RegistrationDecided', data, metadata }],
    'any',
  );
}

async function beat(store: EventStore, identity: string): Promise<void> {
  const schema = chargeBoxEventSchemas.HeartbeatReceived;
  const metadata = { schema, correlationId: 'c', causationId: 'c', actor: 'charge-box', receivedAt: noon };
  const event = { id: `id-${(ids += 1)}`, type: 'HeartbeatReceived', data: { at: noon }, metadata };
  await store.append(heartbeatStream(identity), [event], 'any');
  await store.retain(heartbeatStream(identity), { maxCount: 1 });
}

async function take(store: EventStore): Promise<void> {
  const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'system', receivedAt: noon };
  const data = { holder: 'A/1', seconds: 30, at: noon };
  await store.append(
    webhookLeaseStream,
    [{ id: `id-${(ids += 1)}`, type: 'WebhookLeaseTaken', data, metadata }],
    'any',
  );
  await store.retain(webhookLeaseStream, { maxCount: 1 });
}

const checkpointOf = (file: string) => new ProjectorTables(openForWriting(file)).checkpoint;

async function prepared(store: EventStore, file: string, log: Log = silentLog): Promise<string> {
  const readModels = new ReadModels({ file, store, log });
  await readModels.prepare();
  await readModels.stop();
  return checkpointOf(file);
}

describe('read models at a start', () => {
  it.each([
    ['heartbeats', beat],
    ['who delivers to webhooks', take],
  ])('go on with the history that they were made of, also when %s was forgotten since', async (_what, note) => {
    const store = openInMemoryStore();
    await accept(store, 'A');
    await note(store, 'A');
    const file = newFile();
    await rebuildFromZero(store, file);
    await note(store, 'A');
    expect(await prepared(store, file)).not.toBe('');
  });

  it('are thrown away when the history is another one, and say so', async () => {
    const [store, other] = [openInMemoryStore(), openInMemoryStore()];
    await accept(store, 'A');
    await accept(other, 'A');
    const file = newFile();
    await rebuildFromZero(store, file);
    const said: string[] = [];
    const log = { ...silentLog, warn: (_fields: object, sentence: string) => void said.push(sentence) };
    expect(await prepared(other, file, log)).toBe('');
    expect(said).toEqual(['The read models come from another history: they are built anew']);
  });

  it('are thrown away when they know what an older state of the history does not', async () => {
    const [older, newer] = [openInMemoryStore(), openInMemoryStore()];
    ids = 1_000;
    await accept(older, 'A');
    ids = 1_000;
    await accept(newer, 'A');
    await accept(newer, 'B');
    const file = newFile();
    await rebuildFromZero(newer, file);
    expect(await prepared(older, file)).toBe('');
  });

  it('are refused where their file cannot be used, which says what to do', async () => {
    const file = newFile();
    writeFileSync(file, 'x'.repeat(5_000));
    const opening = () => new ReadModels({ file, store: openInMemoryStore(), log: silentLog });
    expect(opening).toThrow('delete it: it is built anew from the history');
    expect(opening).toThrow(file);
  });

  it('tell when they show everything, and let go whoever waits when the service ends', async () => {
    const store = openInMemoryStore();
    await accept(store, 'A');
    const readModels = new ReadModels({ file: newFile(), store, log: silentLog });
    readModels.start();
    await readModels.caughtUp();
    expect(readModels.status()).toMatchObject({ caughtUp: true, applied: 1 });
    const waiting = readModels.waitFor('9'.repeat(16), 60_000);
    readModels.letGo();
    expect(await waiting).toBe(false);
    expect(await readModels.waitFor('9'.repeat(16), 60_000)).toBe(false);
    await readModels.stop();
  });
});
