import { openEventStoreDb } from '@app/event-store';
import type { EventStore, EventToAppend } from '@app/kernel';
import { startShared } from './double';
import { load } from './load';
import type { LoadResult } from './load';
import { httpRequest, start } from './messages';
import { residentBytes } from './memory';
import { startService, trialFolder } from './processes';

// EventStoreDB's protocol, on the double in a process of its own: what the client and the adapter cost, not what a server does. With
// ESDB_TEST_CONNECTION on that server instead.

export interface ClusterFigures {
  /** StartTransaction, 64 connections. */
  readonly embedded: LoadResult;
  readonly shared: LoadResult;
  readonly ratio: number;
  /** The same with two instances, half of the connections each. */
  readonly twoInstances: number;
  readonly appendsPerSecond: number;
  readonly catchUpPerSecond: number;
  /** From an append at one store to the subscriber of another, milliseconds. */
  readonly visible: { readonly p50: number; readonly p99: number };
  readonly serviceMegabytes: number;
}

export async function benchCluster({
  duration,
  events,
}: {
  readonly duration: number;
  readonly events: number;
}): Promise<ClusterFigures> {
  const server = await startShared();
  try {
    const embedded = await requestsOn({}, duration);
    const environment = { EVENT_STORE: server.connectionString, EVENT_STORE_NAMESPACE: server.namespace ?? '' };
    const shared = await requestsOn(environment, duration);
    const twoInstances = await requestsOnTwo(environment, duration);
    const log = await startShared();
    const one = await openEventStoreDb(log);
    const other = await openEventStoreDb(log);
    const appendsPerSecond = await append(one, events);
    const catchUpPerSecond = await catchUp(other, events);
    const visible = await visibility(one, other, 500);
    await Promise.all([one.close(), other.close()]);
    await log.stop();
    const ratio = shared.requestsPerSecond / embedded.requestsPerSecond;
    const { serviceMegabytes } = shared;
    return { embedded, shared, ratio, twoInstances, appendsPerSecond, catchUpPerSecond, visible, serviceMegabytes };
  } finally {
    await server.stop();
  }
}

let used = 50_000_000;

async function requestsOn(environment: Readonly<Record<string, string>>, duration: number) {
  const folder = trialFolder();
  const service = await startService(folder.path, environment);
  await starts(service.port, 64, duration / 2);
  const result = await starts(service.port, 64, duration);
  const serviceMegabytes = Math.round(residentBytes(service.pid) / 1_048_576);
  await service.stop();
  folder.remove();
  return { ...result, serviceMegabytes };
}

async function requestsOnTwo(environment: Readonly<Record<string, string>>, duration: number): Promise<number> {
  const folders = [trialFolder(), trialFolder()];
  const services = await Promise.all(
    folders.map(({ path }, place) => startService(path, { ...environment, INSTANCE_NAME: `bench-${place}` })),
  );
  const results = await Promise.all(services.map(({ port }) => starts(port, 32, duration)));
  await Promise.all(services.map((service) => service.stop()));
  for (const folder of folders) folder.remove();
  return results.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
}

function starts(port: number, connections: number, duration: number): Promise<LoadResult> {
  const base = (used += 1_000_000);
  const request = (index: number) => httpRequest('StartTransaction', start(base + index), `SHARED-${index % 500}`);
  return load({ port, connections, keepAlive: true, duration, request });
}

const metadata = {
  schema: 1,
  correlationId: 'c',
  causationId: 'c',
  actor: 'system',
  receivedAt: '2026-01-01T00:00:00Z',
};
let made = 0;
const event = (): EventToAppend => ({
  id: `bench-${(made += 1)}`,
  type: 'Benched',
  data: { at: performance.timeOrigin + performance.now(), text: 'x'.repeat(200) },
  metadata,
});

/** Events a second, ten in a batch, 64 batches in flight. */
async function append(store: EventStore, events: number): Promise<number> {
  const begin = performance.now();
  let left = events / 10;
  const work = async (lane: number) => {
    for (let revision = -1; left > 0; revision += 10) {
      left -= 1;
      await store.append(`bench-${lane}`, Array.from({ length: 10 }, event), revision);
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, lane) => work(lane)));
  return (events / (performance.now() - begin)) * 1_000;
}

async function catchUp(store: EventStore, events: number): Promise<number> {
  const begin = performance.now();
  let seen = 0;
  await new Promise<void>((resolve) => {
    const subscription = store.subscribe({ after: '', batchSize: 2_000 }, (batch) => {
      seen += batch.events.length;
      if (batch.caughtUp && seen >= events) void subscription.stop().then(resolve);
    });
  });
  return (seen / (performance.now() - begin)) * 1_000;
}

async function visibility(one: EventStore, other: EventStore, count: number) {
  const delays: number[] = [];
  const after = await other.head();
  let wake: () => void = () => undefined;
  const subscription = other.subscribe({ after }, ({ events }) => {
    const now = performance.timeOrigin + performance.now();
    for (const { data } of events) delays.push(now - (data as { at: number }).at);
    wake();
  });
  for (let index = 0; index < count; index += 1) {
    const seen = new Promise<void>((resolve) => (wake = resolve));
    await one.append('bench-visible', [event()], 'any');
    if (delays.length <= index) await seen;
  }
  await subscription.stop();
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
