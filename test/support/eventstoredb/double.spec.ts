import { EventStoreDBClient, eventTypeFilter, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DoubleCluster } from './cluster';
import { EventStoreDbDouble } from './double';
import type { DoubleOptions } from './double';
import { DoubleLog } from './log';
import type { ProposedEvent } from './log';
import { keepIn } from './log-file';

// The double against the client as it is. Cannot see: whether servers do the same; that is on file in docs/eventstoredb.md.

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function started(options: DoubleOptions = {}) {
  const double = await new EventStoreDbDouble(options).start();
  const client = EventStoreDBClient.connectionString(double.connectionString);
  ends.push(
    () => double.stop(),
    () => client.dispose(),
  );
  return { double, client };
}

const made = (type: string, count = 1) => Array.from({ length: count }, () => jsonEvent({ type, data: { a: 1 } }));
const proposed = (id: number): ProposedEvent => ({
  id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  type: 'T',
  contentType: 'application/json',
  data: Buffer.from('{}'),
  metadata: Buffer.from('{}'),
});

async function typesOf(read: AsyncIterable<{ event?: { type: string; revision: bigint } }>): Promise<string[]> {
  const types: string[] = [];
  for await (const { event } of read) if (event) types.push(`${event.type}@${event.revision}`);
  return types;
}

describe('the double of EventStoreDB', () => {
  it('reads streams and everything, both ways, from both ends and from the middle', async () => {
    const { client } = await started();
    await client.appendToStream('a', [...made('A'), ...made('B'), ...made('C')]);
    await client.appendToStream('b', made('D'));
    const all = client.readAll();
    const places: { commit: bigint; prepare: bigint }[] = [];
    for await (const { event } of all) if (event) places.push(event.position);
    const [, second] = places;
    if (!second) throw new Error('four are stored');
    expect(await typesOf(client.readStream('a', { fromRevision: 1n }))).toEqual(['B@1', 'C@2']);
    expect(await typesOf(client.readStream('a', { fromRevision: 1n, direction: 'backwards' }))).toEqual(['B@1', 'A@0']);
    expect(await typesOf(client.readStream('a', { fromRevision: 'end', direction: 'backwards', maxCount: 1 }))).toEqual(
      ['C@2'],
    );
    expect(await typesOf(client.readStream('a', { fromRevision: 9n }))).toEqual([]);
    expect(await typesOf(client.readAll({ fromPosition: second, maxCount: 2 }))).toEqual(['B@1', 'C@2']);
    expect(await typesOf(client.readAll({ fromPosition: second, direction: 'backwards' }))).toEqual(['B@1', 'A@0']);
    expect(await typesOf(client.readAll({ fromPosition: 'end', direction: 'backwards', maxCount: 1 }))).toEqual([
      'D@0',
    ]);
  });

  it('shows no more of a stream than its metadata says, and all of it in the log', async () => {
    const { client, double } = await started();
    await client.appendToStream('a', made('A', 5));
    await client.setStreamMetadata('a', { truncateBefore: 3 });
    expect(await typesOf(client.readStream('a'))).toEqual(['A@3', 'A@4']);
    await client.setStreamMetadata('a', { maxCount: 1 });
    expect(await typesOf(client.readStream('a'))).toEqual(['A@4']);
    await client.deleteStream('a');
    await expect(typesOf(client.readStream('a'))).rejects.toMatchObject({ type: 'stream-not-found' });
    await client.appendToStream('a', made('B'), { expectedRevision: 'no_stream' });
    expect(await typesOf(client.readStream('a'))).toEqual(['B@5']);
    await client.tombstoneStream('a');
    await expect(typesOf(client.readStream('a'))).rejects.toMatchObject({ type: 'stream-deleted' });
    const types = double.log.all.map(({ type, stream }) => (type.startsWith('$') ? `${type} ${stream}` : type));
    expect(types.slice(5)).toEqual([
      '$metadata $$a',
      '$metadata $$a',
      '$metadata $$a',
      '$metadata $$a',
      'B',
      '$streamDeleted a',
    ]);
  });

  it.each([
    ['prefixes of streams', streamNameFilter({ prefixes: ['x-', 'y-'] }), ['A', 'B']],
    ['an expression for streams', streamNameFilter({ regex: '^.-2$' }), ['B', 'C']],
    ['prefixes of types', eventTypeFilter({ prefixes: ['C'] }), ['C']],
    ['an expression for types', eventTypeFilter({ regex: '^[^$B]' }), ['A', 'C']],
  ])('filters subscriptions by %s', async (_what, filter, wanted) => {
    const { client } = await started();
    for (const [stream, type] of [
      ['x-1', 'A'],
      ['y-2', 'B'],
      ['z-2', 'C'],
    ] as const)
      await client.appendToStream(stream, made(type));
    const types: string[] = [];
    const subscription = client.subscribeToAll({ filter });
    subscription.once('caughtUp', () => void subscription.unsubscribe());
    for await (const { event } of subscription) if (event) types.push(event.type);
    expect(types).toEqual(wanted);
  });

  it('says a checkpoint after so many events as the filter wants to be searched', async () => {
    const { client, double } = await started();
    await client.appendToStream('a', made('A', 25));
    const places: bigint[] = [];
    const checkpointReached = (_all: unknown, { commit }: { commit: bigint }) => void places.push(commit);
    const filter = streamNameFilter({ prefixes: ['z'], maxSearchWindow: 5, checkpointInterval: 2, checkpointReached });
    const subscription = client.subscribeToAll({ filter });
    subscription.once('caughtUp', () => void subscription.unsubscribe());
    for await (const _event of subscription) throw new Error('nothing is wanted');
    expect(places.map(Number)).toEqual([double.log.all[9]?.position, double.log.all[19]?.position]);
  });

  it('follows one stream from a revision on', async () => {
    const { client } = await started();
    await client.appendToStream('a', made('A', 3));
    const seen: bigint[] = [];
    const subscription = client.subscribeToStream('a', { fromRevision: 0n });
    subscription.once('caughtUp', () => void client.appendToStream('a', made('B')));
    for await (const { event } of subscription) {
      seen.push(event?.revision ?? -1n);
      if (event?.type === 'B') await subscription.unsubscribe();
    }
    expect(seen).toEqual([1n, 2n, 3n]);
  });

  it('takes batches, and refuses what is too large', async () => {
    const { client, double } = await started({ maxAppendSize: 5_000 });
    expect(await client.appendToStream('a', made('A', 3))).toMatchObject({ nextExpectedRevision: 2n });
    const large = jsonEvent({ type: 'L', data: { text: 'x'.repeat(5_000) } });
    await expect(client.appendToStream('a', large)).rejects.toMatchObject({ maxAppendSize: 5_000 });
    double.faults.election = 'not-ready';
    await expect(client.appendToStream('a', made('A'))).rejects.toThrow(/Could not recognize Server Is Not Ready/);
  });

  it('gossips of its cluster, and clients find the leader', async () => {
    const cluster = await new DoubleCluster().start();
    const [, second] = cluster.nodes;
    if (!second) throw new Error('three are made');
    cluster.elect(second);
    const client = EventStoreDBClient.connectionString(cluster.connectionString);
    ends.push(
      () => cluster.stop(),
      () => client.dispose(),
    );
    await client.appendToStream('a', made('A'), { requiresLeader: true });
    expect(second.calls).toBe(1);
  });

  it('keeps its log in a file, if it is told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'double-'));
    ends.push(async () => rmSync(folder, { recursive: true }));
    const [before, after] = [new DoubleLog(), new DoubleLog()];
    keepIn(join(folder, 'log'), before);
    before.append('a', 'no-stream', [proposed(1), proposed(2)]);
    before.delete('a');
    before.append('b', 'any', [proposed(3)]);
    before.tombstone('b');
    keepIn(join(folder, 'log'), after);
    expect(after.all).toEqual(before.all);
    expect(after.page('a', { from: 'start', backwards: false, count: 9 })).toBe('missing');
    expect(after.page('b', { from: 'start', backwards: false, count: 9 })).toBe('deleted');
  });

  it('finds a page among hundreds of thousands as fast as among a few', () => {
    const log = new DoubleLog();
    const batch = Array.from({ length: 200 }, (_, id) => proposed(id));
    for (let i = 0; i < 1_000; i += 1) {
      log.forgetRecentIds();
      log.append(`s${i % 10}`, 'any', batch);
    }
    const middle = log.all[100_000]?.position ?? 0;
    const begin = process.cpuUsage();
    for (let i = 0; i < 2_000; i += 1) {
      log.pageOfAll({ from: middle + i, backwards: false, count: 10 });
      log.page('s1', { from: 9_000, backwards: true, count: 10 });
    }
    // A look at each event would be four hundred million looks.
    expect(process.cpuUsage(begin).user / 1_000).toBeLessThan(500);
    expect(log.all).toHaveLength(200_000);
  });
});
