import { openInMemoryStore } from '@app/event-store';
import type { EventStore, EventToAppend } from '@app/kernel';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyHistory } from '../copy';
import { NdjsonSide } from '../ndjson';
import type { Side } from '../side';
import { StoreSide } from '../store-side';

// A service at work forgets old heartbeats and snapshots while its history is copied, and between one copy and the next.

const folder = mkdtempSync(join(tmpdir(), 'history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const metadata = {
  schema: 1,
  correlationId: 'c',
  causationId: 'c',
  actor: 'charge-box',
  receivedAt: '2026-03-01T12:00:00Z',
};
let ids = 0;
const event = (): EventToAppend => ({ id: `id-${(ids += 1)}`, type: 'Happened', data: { count: ids }, metadata });
const heartbeats = 'chargeBoxHeartbeats-A';

/** State of a box that stays, heartbeats of which five do, and a snapshot. */
async function work(store: EventStore, times: number): Promise<void> {
  for (let done = 0; done < times; done += 1)
    for (const stream of ['chargeBox-A', heartbeats, 'chargeBoxSnapshot-A'])
      await store.append(stream, [event()], 'any');
  await store.retain(heartbeats, { maxCount: 5 });
  await store.retain('chargeBoxSnapshot-A', { maxCount: 1 });
}

const side = (store: EventStore) => StoreSide.open(store, { most: 8, inOrder: false });
const copy = async (from: EventStore, target: Side, resume = false) =>
  copyHistory(await side(from), target, { resume });
const eventsOf = async (store: EventStore, stream: string) =>
  (await store.readStream(stream, { limit: 10_000 })).events;

describe('a copy goes on after the source has forgotten', () => {
  it.each([1, 3, 4, 5, 40])('%i turns of work later, in a store', async (turns) => {
    const [source, target] = [openInMemoryStore(), openInMemoryStore()];
    await work(source, 20);
    await copy(source, await side(target));
    await work(source, turns);
    const report = await copy(source, await side(target), true);
    const gone = Math.min(turns, 5) + 1;
    expect(report).toMatchObject({ identical: true, kept: 26, copied: turns + gone, forgotten: gone });
    expect(report.target).toEqual(report.source);
    const [kept, all] = [await eventsOf(source, heartbeats), await eventsOf(target, heartbeats)];
    expect(all.slice(-5).map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
    expect((await copy(source, await side(target), true)).copied).toBe(0);
  });

  it('in a file, which can be read afterwards', async () => {
    const file = join(folder, 'on.ndjson');
    const source = openInMemoryStore();
    await work(source, 20);
    for (const turns of [2, 7, 0]) {
      const target = await NdjsonSide.openForWriting(file);
      expect(await copy(source, target, true)).toMatchObject({ identical: true });
      await target.close();
      await work(source, turns);
    }
    const back = openInMemoryStore();
    const report = await copyHistory(await NdjsonSide.openForReading(file), await side(back), { resume: false });
    expect(report).toMatchObject({ identical: true });
    expect(await eventsOf(back, 'chargeBox-A')).toHaveLength(29);
  });

  it('wherever an earlier copy had ended, and whatever happened since', async () => {
    const turns = fc.integer({ min: 0, max: 12 });
    await fc.assert(
      fc.asyncProperty(turns, turns, fc.nat(40), async (before, after, events) => {
        const [source, target] = [openInMemoryStore(), openInMemoryStore()];
        await work(source, before);
        const { events: all } = await source.readAll({ from: '', direction: 'forward', limit: 1_000 });
        for (const { stream, ...each } of all.slice(0, events)) await target.append(stream, [each], 'any');
        await work(source, after);
        const report = await copy(source, await side(target), true);
        expect(report).toMatchObject({ identical: true });
        expect(report.target).toEqual(report.source);
      }),
      { numRuns: 100 },
    );
  });

  it('but not where an event was changed, or the target is ahead', async () => {
    const source = openInMemoryStore();
    await work(source, 20);
    const changed = openInMemoryStore();
    const { events } = await source.readAll({ from: '', direction: 'forward', limit: 1_000 });
    for (const { stream, ...each } of events.slice(0, 20))
      await changed.append(stream, [{ ...each, data: stream === heartbeats ? {} : each.data }], 'any');
    const differs = { code: 'history-differs', message: expect.stringContaining(heartbeats) as string };
    await expect(copy(source, await side(changed), true)).rejects.toMatchObject(differs);
    const ahead = openInMemoryStore();
    await copy(source, await side(ahead));
    await ahead.append(heartbeats, [event()], 'any');
    await expect(copy(source, await side(ahead), true)).rejects.toMatchObject(differs);
  });
});

describe('a copy of a source that forgets while it is read', () => {
  /** Works on between one page and the next. */
  function busy(store: EventStore): EventStore {
    return {
      shared: false,
      append: (...given) => store.append(...given),
      readStream: (...given) => store.readStream(...given),
      readAll: async (options) => {
        const page = await store.readAll({ ...options, limit: 7 });
        await work(store, 1);
        return page;
      },
      subscribe: (...given) => store.subscribe(...given),
      head: () => store.head(),
      retain: (...given) => store.retain(...given),
      close: () => store.close(),
    };
  }

  it('is identical with what the source kept, in a store', async () => {
    const [source, target] = [openInMemoryStore(), openInMemoryStore()];
    await work(source, 20);
    expect(await copy(busy(source), await side(target))).toMatchObject({ identical: true });
    expect(await copy(busy(source), await side(target), true)).toMatchObject({ identical: true });
  });

  it('is identical with what the source kept, in a file', async () => {
    const file = join(folder, 'busy.ndjson');
    const source = openInMemoryStore();
    await work(source, 20);
    for (const resume of [false, true]) {
      const target = await NdjsonSide.openForWriting(file);
      expect(await copy(busy(source), target, resume)).toMatchObject({ identical: true });
      await target.close();
      const reading = await NdjsonSide.openForReading(file);
      expect(reading.isEmpty).toBe(false);
    }
  });

  it('marks a file as complete only when it is identical', async () => {
    const file = join(folder, 'bad.ndjson');
    const source = openInMemoryStore();
    await work(source, 3);
    const target = await NdjsonSide.openForWriting(file);
    const losing: Side = {
      isEmpty: true,
      isAsStored: true,
      read: () => target.read(),
      write: (events) => target.write(events.slice(1)),
      flush: () => target.flush(),
      seal: (whole) => target.seal(whole),
      hasForgotten: async () => false,
      close: () => target.close(),
    };
    expect(await copy(source, losing)).toMatchObject({ identical: false });
    await target.close();
    expect(readFileSync(file, 'utf8')).not.toContain('"end"');
    await expect(NdjsonSide.openForReading(file)).rejects.toMatchObject({ code: 'history-unreadable' });
  });
});
