import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openEmbeddedStore } from '@app/event-store';
import { BEGINNING } from '@app/kernel';
import type { EventStore, EventToAppend, Position } from '@app/kernel';

export interface StoreBenchOptions {
  /** Where the file of the trial goes; a folder of its own is made there, and removed. */
  readonly folder?: string;
  readonly eventsPerTrial?: number;
  readonly streams?: number;
  readonly inFlight?: readonly number[];
}

export interface AppendFigures {
  readonly inFlight: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Times the rate of a bare loop that writes and syncs one event after another. */
  readonly timesFloor: number;
}

export interface StoreFigures {
  /** Events a second of a bare loop: write 400 bytes, sync, again. */
  readonly floorPerSecond: number;
  readonly appends: readonly AppendFigures[];
  readonly replayPerSecond: number;
  /** The same through a subscription, which reads ahead. */
  readonly subscribePerSecond: number;
  /** Milliseconds until a page of 256 events of one stream is there. */
  readonly readStream: { readonly p50: number; readonly p99: number };
  /** Events a second that reach a subscriber while they are appended, 64 in flight. */
  readonly livePerSecond: number;
}

const bytesPerEvent = 400;

/** How fast the embedded store appends durably, replays, and finds the events of one stream. */
export async function benchStore(options: StoreBenchOptions = {}): Promise<StoreFigures> {
  const { folder = tmpdir(), eventsPerTrial = 40_000, streams = 1000, inFlight = [1, 16, 64, 256] } = options;
  const own = mkdtempSync(join(folder, 'store-bench-'));
  try {
    const floorPerSecond = floor(join(own, 'floor'));
    const store = await openEmbeddedStore({ file: join(own, 'events.db') });
    const appends: AppendFigures[] = [];
    for (const width of inFlight) {
      const trial = { width, count: width === 1 ? eventsPerTrial / 10 : eventsPerTrial, streams };
      appends.push(figures(width, await appendMany(store, trial), floorPerSecond));
    }
    const livePerSecond = await live(store, { width: 64, count: eventsPerTrial, streams });
    const replayPerSecond = await replay(store);
    const subscribePerSecond = await catchUp(store);
    const readStream = await activations(store, streams);
    await store.close();
    return { floorPerSecond, appends, replayPerSecond, subscribePerSecond, readStream, livePerSecond };
  } finally {
    rmSync(own, { recursive: true });
  }
}

function floor(path: string): number {
  const file = openSync(path, 'w');
  const bytes = Buffer.alloc(bytesPerEvent, 'x');
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < 1000; count += 1) {
    writeSync(file, bytes);
    fdatasyncSync(file);
  }
  closeSync(file);
  return count;
}

interface Trial {
  readonly width: number;
  readonly count: number;
  readonly streams: number;
}

interface Timed {
  readonly count: number;
  readonly seconds: number;
  readonly latencies: number[];
}

async function appendMany(store: EventStore, { width, count, streams }: Trial): Promise<Timed> {
  const latencies: number[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const event = sample((next += 1));
      const began = performance.now();
      await store.append(`chargeBox-${next % streams}`, [event], 'any');
      latencies.push(performance.now() - began);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: width }, worker));
  return { count, seconds: (performance.now() - began) / 1000, latencies };
}

function sample(n: number): EventToAppend {
  const at = new Date(1_700_000_000_000 + n).toISOString();
  return {
    id: `${String(n).padStart(8, '0')}-${Math.random().toString(16).slice(2, 6)}-4000-8000-000000000000`,
    type: n % 3 === 0 ? 'MeterValuesReported' : 'ConnectorStatusReported',
    data: { connectorId: n % 4, status: 'Occupied', errorCode: 'NoError', info: 'x'.repeat(100), timestamp: at },
    metadata: { schema: 1, correlationId: `c-${n}`, causationId: `m-${n}`, actor: 'charge-box', receivedAt: at },
  };
}

function figures(inFlight: number, { count, seconds, latencies }: Timed, floorPerSecond: number): AppendFigures {
  const perSecond = Math.round(count / seconds);
  return { inFlight, perSecond, ...percentiles(latencies), timesFloor: perSecond / floorPerSecond };
}

function percentiles(latencies: number[]): { p50: number; p99: number } {
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function replay(store: EventStore): Promise<number> {
  const began = performance.now();
  let count = 0;
  let from: Position = BEGINNING;
  for (let ended = false; !ended;) {
    const page = await store.readAll({ from, limit: 1000 });
    count += page.events.length;
    from = page.next;
    ended = page.endOfLog;
  }
  return Math.round((count * 1000) / (performance.now() - began));
}

async function catchUp(store: EventStore): Promise<number> {
  const began = performance.now();
  let count = 0;
  await new Promise<void>((resolve) => {
    const subscription = store.subscribe({ after: BEGINNING }, ({ events, caughtUp }) => {
      count += events.length;
      if (caughtUp) resolve(subscription.stop());
    });
  });
  return Math.round((count * 1000) / (performance.now() - began));
}

async function activations(store: EventStore, streams: number): Promise<{ p50: number; p99: number }> {
  const latencies: number[] = [];
  for (let i = 0; i < 1000; i += 1) {
    const began = performance.now();
    await store.readStream(`chargeBox-${(i * 7919) % streams}`, { limit: 256 });
    latencies.push(performance.now() - began);
  }
  return percentiles(latencies);
}

async function live(store: EventStore, trial: Trial): Promise<number> {
  let missing = trial.count;
  let arrived: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (arrived = resolve));
  const subscription = store.subscribe({ after: await store.head() }, ({ events }) => {
    missing -= events.length;
    if (missing <= 0) arrived();
  });
  const began = performance.now();
  await appendMany(store, trial);
  await all;
  const seconds = (performance.now() - began) / 1000;
  await subscription.stop();
  return Math.round(trial.count / seconds);
}
