import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openEmbeddedStore, openEventStoreDb } from '@app/event-store';
import type { EventStore, EventToAppend } from '@app/kernel';

// A history goes from an embedded store to EventStoreDB's protocol and back, with one copy killed on the way. Cannot see: a real server.

export interface Moved {
  readonly events: number;
  readonly thereSeconds: number;
  readonly backSeconds: number;
  /** Events that the killed copy had brought over. */
  readonly keptByKill: number;
  readonly checksums: readonly string[];
  readonly identical: boolean;
}

interface Report {
  readonly kept: number;
  readonly identical: boolean;
  readonly seconds: number;
  readonly target: { readonly events: number; readonly checksum: string };
}

const tell = (line: string) => void process.stderr.write(`${line}\n`);
const script = (path: string) => join(__dirname, '../..', path);

export async function moveThereAndBack(events: number): Promise<Moved> {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-move-'));
  const double = fork(script('test/support/eventstoredb/main.js'), ['--port', '0'], { silent: true });
  try {
    const [line] = (await once(double.stdout ?? double, 'data')) as [Buffer];
    const server = line.toString().trim();
    await fill(join(folder, 'events.db'), events);
    tell(`${events} events made`);
    await killedCopy(`embedded:${folder}`, server);
    const there = await copy(`embedded:${folder}`, server, '--continue');
    tell(`there in ${there.seconds.toFixed(0)} s, ${there.kept} of them before the kill`);
    const back = await copy(server, `embedded:${join(folder, 'back')}`);
    tell(`back in ${back.seconds.toFixed(0)} s`);
    return {
      events: back.target.events,
      thereSeconds: there.seconds,
      backSeconds: back.seconds,
      keptByKill: there.kept,
      checksums: [there, back].map(({ target }) => target.checksum),
      identical: there.identical && back.identical && there.target.checksum === back.target.checksum,
    };
  } finally {
    double.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

const metadata = {
  schema: 1,
  correlationId: 'c',
  causationId: 'c',
  actor: 'charge-box',
  receivedAt: '2026-03-01T12:00:00Z',
};

/** As a fleet would leave it: a thousand boxes by turns, state and telemetry, heartbeats of which the oldest are forgotten. */
async function fill(file: string, count: number): Promise<void> {
  const store = await openEmbeddedStore({ file });
  for (let made = 0; made < count;) {
    const work = Array.from({ length: Math.min(2_000, count - made) }, (_, index) => {
      const number = made + index;
      const kind = number % 25 === 24 ? 'chargeBoxHeartbeats' : number % 2 === 0 ? 'chargeBox' : 'chargeBoxTelemetry';
      const event: EventToAppend = {
        id: `id-${number}`,
        type: 'Moved',
        data: { number, text: 'x'.repeat(150) },
        metadata,
      };
      return store.append(`${kind}-${Math.floor(number / 5) % 1_000}`, [event], 'any');
    });
    await Promise.all(work);
    made += work.length;
  }
  for (let box = 0; box < 1_000; box += 1) await store.retain(`chargeBoxHeartbeats-${box}`, { maxCount: 5 });
  await store.close();
}

/** A copy that dies somewhere in the middle: when a good part has arrived. */
async function killedCopy(from: string, to: string): Promise<void> {
  const child = start(from, to);
  const target = await openEventStoreDb({ connectionString: to });
  while (child.exitCode === null && !(await hasSome(target))) await pause(20);
  child.kill('SIGKILL');
  if (child.exitCode === null) await once(child, 'exit');
  await target.close();
}

async function hasSome(store: EventStore): Promise<boolean> {
  const { events } = await store.readAll({ direction: 'forward', limit: 2_000 });
  return events.length === 2_000;
}

async function copy(from: string, to: string, ...options: readonly string[]): Promise<Report> {
  const child = start(from, to, ...options);
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'exit')) as [number];
  const text = Buffer.concat(chunks).toString();
  if (code !== 0) throw new Error(`history copy ended with ${code}: ${text}`);
  return JSON.parse(text) as Report;
}

function start(from: string, to: string, ...options: readonly string[]): ChildProcess {
  const args = ['copy', '--from', from, '--to', to, '--json', ...options];
  const child = fork(script('apps/history/src/main.js'), args, { silent: true });
  child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  return child;
}

async function main(): Promise<void> {
  const moved = await moveThereAndBack(Number(process.argv[2] ?? 1_042_000));
  process.stdout.write(`${JSON.stringify(moved, null, 2)}\n`);
  if (!moved.identical) process.exitCode = 1;
}

if (require.main === module) void main();
