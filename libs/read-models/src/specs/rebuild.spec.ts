import type { ChargeBoxEvent } from '@app/charge-box';
import { chargeBoxEventSchemas, stateStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { silentLog } from '@app/kernel';
import { noon } from '@app/testing';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadModels } from '../read-models';
import { rebuildable, rebuildBeside, rebuildFromZero } from '../rebuild';
import { dump, openForWriting } from '../sqlite/database';
import { findChargeBox } from '../sqlite/lists';
import { isOffered, nextFileOf, offer, takeOver } from '../take-over';

const folder = mkdtempSync(join(tmpdir(), 'rebuild-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${(files += 1)}.db`);

const booted: ChargeBoxEvent = {
  type: 'ChargeBoxBooted',
  data: {
    boot: { chargePointVendor: 'Acme', chargePointModel: 'Duo' },
    answered: 'Accepted',
    heartbeatInterval: 300,
    at: noon,
  },
};
let ids = 0;
async function record(store: EventStore, identity: string, { type, data }: ChargeBoxEvent): Promise<void> {
  const metadata = {
    schema: chargeBoxEventSchemas[type],
    correlationId: 'c',
    causationId: 'c',
    actor: 'charge-box',
    receivedAt: noon,
    quirks: [{ name: 'no-message-id' }],
  };
  await store.append(stateStream(identity), [{ id: `id-${(ids += 1)}`, type, data, metadata }], 'any');
}
async function logOf(boxes: number): Promise<EventStore> {
  const store = openInMemoryStore();
  for (let box = 0; box < boxes; box += 1) await record(store, `BOX-${box}`, booted);
  return store;
}
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('a rebuild', () => {
  it.each(rebuildable)('of %s gives the rows that were there, and leaves those in use alone', async (table) => {
    const [store, file] = [await logOf(30), newFile()];
    await rebuildFromZero(store, file);
    const before = dump(file);
    const progress: number[] = [];
    await rebuildBeside(store, file, table, (events) => progress.push(events));
    expect(progress.at(-1)).toBe(30);
    expect(dump(file)).toBe(before);
    expect(dump(nextFileOf(file))).toBe(before);
  });

  it('of one table mends what is wrong there', async () => {
    const [store, file] = [await logOf(3), newFile()];
    await rebuildFromZero(store, file);
    const right = dump(file);
    const database = openForWriting(file);
    database.exec(`DELETE FROM quirks; DELETE FROM charge_boxes WHERE key = 'BOX-1'`);
    database.close();
    for (const table of ['quirks', 'charge_boxes']) {
      await rebuildBeside(store, file, table);
      takeOver(file);
    }
    expect(dump(file)).toBe(right);
  });

  it('of all goes on where it was interrupted', async () => {
    const [store, file] = [await logOf(10), newFile()];
    await rebuildFromZero(store, file);
    const first = await store.readAll({ limit: 4, direction: 'forward' });
    const pages = [{ ...first, endOfLog: false }];
    const broken = { ...store, readAll: async () => pages.shift() ?? Promise.reject(new Error('killed')) };
    await expect(rebuildBeside(broken, file, 'all')).rejects.toThrow('killed');
    const taken: number[] = [];
    await rebuildBeside(store, file, 'all', (events) => taken.push(events));
    expect(taken.at(-1)).toBe(6);
    expect(dump(nextFileOf(file))).toBe(dump(file));
  });

  it('that meets another one in the same file breaks off, and counts nothing twice', async () => {
    const [store, file] = [await logOf(10), newFile()];
    const first = await store.readAll({ limit: 4, direction: 'forward' });
    const pages = [{ ...first, endOfLog: false }];
    // Before its second page is taken, another call has built everything.
    const slow = {
      ...store,
      readAll: async (page: Parameters<EventStore['readAll']>[0]) => {
        const next = pages.shift();
        if (next !== undefined) return rebuildFromZero(store, file).then(() => next);
        return store.readAll(page);
      },
    };
    await expect(rebuildFromZero(slow, file)).rejects.toThrow('Somebody else builds the same rows.');
    const once = newFile();
    await rebuildFromZero(store, once);
    expect(dump(file)).toBe(dump(once));
  });

  it('is begun anew when what was left comes from another history', async () => {
    const [other, store, file] = [await logOf(5), await logOf(7), newFile()];
    await rebuildFromZero(other, nextFileOf(file));
    const database = openForWriting(nextFileOf(file));
    database.exec(`DROP INDEX meter_values_timestamp`);
    database.close();
    await rebuildBeside(store, file, 'all');
    await rebuildFromZero(store, file);
    expect(dump(nextFileOf(file))).toBe(dump(file));
  });
});

describe('read models at work', () => {
  it('take what was built beside them into use, and go on from there', async () => {
    const [store, file] = [await logOf(2), newFile()];
    const readModels = new ReadModels({ file, store, log: silentLog });
    await readModels.prepare();
    readModels.start();
    await readModels.caughtUp();
    await rebuildBeside(store, file, 'all');
    await record(store, 'LATER', booted);
    const later = await store.head();
    expect(await readModels.waitFor(later, 5_000)).toBe(true);
    const subscribe = store.subscribe.bind(store);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const slow = jest.spyOn(store, 'subscribe').mockImplementation((options, subscriber) =>
      subscribe(options, async (batch) => {
        await released;
        await subscriber(batch);
      }),
    );
    offer(file);
    await until(() => !isOffered(file));
    slow.mockRestore();
    expect(existsSync(nextFileOf(file))).toBe(false);
    // What was shown before is not said to be shown until it is again.
    expect(await readModels.waitFor(later, 50)).toBe(false);
    release();
    expect(await readModels.waitFor(later, 5_000)).toBe(true);
    expect(findChargeBox(readModels.database, 'LATER')).toBeDefined();
    await record(store, 'LATEST', booted);
    expect(await readModels.waitFor(await store.head(), 5_000)).toBe(true);
    for (const box of ['BOX-1', 'LATER', 'LATEST']) expect(findChargeBox(readModels.database, box)).toBeDefined();
    await readModels.stop();
  });

  it('throw away what cannot be read, say so, and go on', async () => {
    const [store, file] = [await logOf(2), newFile()];
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
    const readModels = new ReadModels({ file, store, log });
    await readModels.prepare();
    readModels.start();
    await readModels.caughtUp();
    writeFileSync(nextFileOf(file), 'no database');
    offer(file);
    await until(() => !isOffered(file));
    expect(existsSync(nextFileOf(file))).toBe(false);
    expect(warnings.join()).toContain('cannot be opened');
    await record(store, 'LATER', booted);
    expect(await readModels.waitFor(await store.head(), 5_000)).toBe(true);
    expect(findChargeBox(readModels.database, 'LATER')).toBeDefined();
    await readModels.stop();
  });

  it('throw away what is of another history, and say so', async () => {
    const [store, file] = [await logOf(2), newFile()];
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
    const readModels = new ReadModels({ file, store, log });
    await readModels.prepare();
    readModels.start();
    await readModels.caughtUp();
    await rebuildFromZero(await logOf(9), nextFileOf(file));
    offer(file);
    await until(() => !isOffered(file));
    expect(warnings.join()).toContain('not of this history');
    expect(findChargeBox(readModels.database, 'BOX-8')).toBeUndefined();
    expect(findChargeBox(readModels.database, 'BOX-1')).toBeDefined();
    await readModels.stop();
  });
});
