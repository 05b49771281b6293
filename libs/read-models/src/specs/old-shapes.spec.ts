import { idTagStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { silentLog } from '@app/kernel';
import { noon } from '@app/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadModels } from '../read-models';
import { rebuildFromZero } from '../rebuild';
import { dump } from '../sqlite/database';

// What earlier and later programs stored, as rows show it: a made-up version 0 of every shape keeps the data in a member of its own.

jest.mock('../../../charge-box/src/upcasters', () => {
  const steps = { 0: ({ formerly }: { formerly: object }) => formerly };
  return { upcasters: new Proxy({}, { get: () => steps }) };
});

const folder = mkdtempSync(join(tmpdir(), 'old-shapes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tag = (idTag: string) => ({ idTag, blocked: false, concurrentTransactions: true, at: noon });
async function save(store: EventStore, idTag: string, schema: number, type = 'IdTagSaved'): Promise<void> {
  const data = schema === 0 ? { formerly: tag(idTag) } : tag(idTag);
  const metadata = { schema, correlationId: 'c', causationId: 'c', actor: 'operator', receivedAt: noon };
  await store.append(idTagStream(idTag), [{ id: idTag, type, data, metadata }], 'any');
}

it('rows follow from older shapes as from current ones', async () => {
  const [old, current] = [openInMemoryStore(), openInMemoryStore()];
  await save(old, 'ONE', 0);
  await save(current, 'ONE', 1);
  await rebuildFromZero(old, join(folder, 'old.db'));
  await rebuildFromZero(current, join(folder, 'current.db'));
  expect(dump(join(folder, 'old.db'))).toContain('"idTag\\":\\"ONE\\"');
  expect(dump(join(folder, 'old.db'))).toBe(dump(join(folder, 'current.db')));
});

describe('an event of a newer program', () => {
  it('ends a rebuild', async () => {
    const store = openInMemoryStore();
    await save(store, 'NEWER', 2);
    await expect(rebuildFromZero(store, join(folder, 'newer.db'))).rejects.toMatchObject({ code: 'event-newer' });
  });

  it('is waited at: what came before is shown, it is not counted as left out, and why is told', async () => {
    const store = openInMemoryStore();
    await save(store, 'BEFORE', 1);
    const [before] = (await store.readAll({ limit: 1 })).events;
    await save(store, 'NEWER', 2);
    await save(store, 'AFTER', 1);
    const readModels = new ReadModels({ file: join(folder, 'waiting.db'), store, log: silentLog });
    readModels.start();
    expect(await readModels.waitFor(before?.position ?? '', 5_000)).toBe(true);
    // The subscription tells its end a moment later.
    for (const end = Date.now() + 5_000; readModels.status().interruption === undefined && Date.now() < end;)
      await new Promise(setImmediate);
    const { caughtUp, skipped, interruption } = readModels.status();
    expect({ caughtUp, skipped, interruption }).toEqual({
      caughtUp: false,
      skipped: 0,
      interruption: expect.stringContaining('IdTagSaved, version 2, is event 0 of idTag-newer') as string,
    });
    await readModels.stop();
    const rows = dump(join(folder, 'waiting.db'));
    expect(['BEFORE', 'NEWER', 'AFTER'].map((name) => rows.includes(`"${name.toLowerCase()}"`))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('of a type that no row is made of is passed by', async () => {
    const store = openInMemoryStore();
    await save(store, 'ONE', 1, 'IdTagPraised');
    await save(store, 'TWO', 1);
    await rebuildFromZero(store, join(folder, 'passed.db'));
    expect(dump(join(folder, 'passed.db'))).toContain('"two"');
  });
});
