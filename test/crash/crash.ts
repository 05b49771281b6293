import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnsweredReading, AnsweredStart, AnsweredStop, FleetReport } from '../../apps/charge-box-simulator/src';
import { runFleet } from '../../apps/charge-box-simulator/src';
import { openEmbeddedStore } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { dump, rebuildFromZero } from '@app/read-models';
import { startService } from '../../bench/processes';

// Kills the service with signal 9 at random moments under load, again and again, and holds its history against what was answered.
// Cannot see: a power cut that loses what the disk said it had written.

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly boxes?: number;
  readonly onProgress?: (line: string) => void;
}

export interface CrashReport {
  readonly kills: number;
  readonly answeredStarts: number;
  readonly answeredStops: number;
  readonly answeredReadings: number;
  /** Everything that is wrong; empty when nothing is. */
  readonly complaints: readonly string[];
}

/**
 * Starts, loads, kills and starts again on one folder. The same boxes live through all of it: what was on the way when the service
 * died they send again, unchanged. After each kill the history must hold every answer exactly once.
 */
export async function crashAgainAndAgain({
  kills,
  seed,
  boxes = 12,
  onProgress = () => undefined,
}: CrashOptions): Promise<CrashReport> {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-crash-'));
  const complaints: string[] = [];
  const report: { now?: FleetReport } = {};
  const controller = new AbortController();
  try {
    let service = await startService(folder);
    const { port } = service;
    const fleet = live({ port, boxes, seed, signal: controller.signal, onProgress: (now) => (report.now = now) });
    for (let kill = 1; kill <= kills && complaints.length < 20; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150 + ((seed * 7_919 + kill * 104_729) % 700)));
      // A slow machine gets the time to have something to lose.
      await until(() => (report.now?.stops.length ?? 0) >= kill * stopsBetweenKills);
      await service.stop('SIGKILL');
      complaints.push(...(await checkHistory(folder, report.now)).map((line) => `after kill ${kill}: ${line}`));
      onProgress(
        `kill ${kill} of ${kills}: ${report.now?.starts.length ?? 0} starts answered so far, ${complaints.length} complaints`,
      );
      service = await startService(folder, { SOAP_PORT: String(port) });
    }
    controller.abort();
    const last = await fleet;
    await service.stop();
    complaints.push(...(await checkHistory(folder, last)), ...(await checkReadModels(folder)));
    const { starts, stops, readings } = last;
    return {
      kills,
      answeredStarts: starts.length,
      answeredStops: stops.length,
      answeredReadings: readings.length,
      complaints,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Transactions that are over, at least, before each kill. */
const stopsBetweenKills = 6;

async function until(reached: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !reached() && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

interface Load {
  readonly port: number;
  readonly boxes: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (report: FleetReport) => void;
}

function live({ port, ...load }: Load): Promise<FleetReport> {
  const faults = { duplicate: 0.1, lostAnswer: 0.1 };
  return runFleet({
    ...load,
    url: `http://127.0.0.1:${port}/ocpp`,
    sessions: 100_000,
    readings: 1,
    identityPrefix: 'CRASH',
    faults,
    retryFor: 30_000,
  });
}

async function checkHistory(folder: string, report: FleetReport | undefined): Promise<readonly string[]> {
  const store = await openEmbeddedStore({ file: join(folder, 'events.db') });
  try {
    const { starts, stops, readings } = await collect(store);
    return [
      ...repeated(starts.map(({ transactionId }) => `transaction id ${transactionId}`)),
      ...missingOrDoubled('start', (report?.starts ?? []).map(keyOfStart), starts.map(keyOfStart)),
      ...missingOrDoubled('stop', (report?.stops ?? []).map(keyOfStop), stops.map(keyOfStop)),
      ...missingOrDoubled('reading', (report?.readings ?? []).map(keyOfReading), readings.map(keyOfReading)),
    ];
  } finally {
    await store.close();
  }
}

interface History {
  readonly starts: (Pick<AnsweredStart, 'identity' | 'transactionId'> & { readonly meterStart?: number })[];
  readonly stops: Pick<AnsweredStop, 'identity' | 'transactionId' | 'meterStop'>[];
  readonly readings: Pick<AnsweredReading, 'identity' | 'transactionId' | 'value'>[];
}

const keyOfStart = ({ identity, transactionId, meterStart }: History['starts'][number]) =>
  `${identity} ${transactionId} ${meterStart}`;
const keyOfStop = ({ identity, transactionId, meterStop }: History['stops'][number]) =>
  `${identity} ${transactionId} ${meterStop}`;
const keyOfReading = ({ identity, transactionId, value }: History['readings'][number]) =>
  `${identity} ${transactionId} ${value}`;

async function collect(store: EventStore): Promise<History> {
  const history: History = { starts: [], stops: [], readings: [] };
  for (let from = '', end = false; !end;) {
    const page = await store.readAll({ from, direction: 'forward', limit: 5_000 });
    for (const event of page.events) take(event, history);
    from = page.next;
    end = page.endOfLog;
  }
  return history;
}

interface AnyData {
  readonly transactionId: number;
  readonly meterStart: number;
  readonly meterStop: number;
  readonly values: readonly { readonly value: readonly { readonly value: string }[] }[];
}

function take({ type, stream, data }: RecordedEvent, history: History): void {
  const identity = stream.slice(stream.indexOf('-') + 1);
  const { transactionId, meterStart, meterStop, values } = data as AnyData;
  if (type === 'TransactionStarted') history.starts.push({ identity, transactionId, meterStart });
  if (type === 'TransactionStopped') history.stops.push({ identity, transactionId, meterStop });
  if (type !== 'MeterValuesReported') return;
  for (const reading of values.flatMap(({ value }) => value))
    history.readings.push({ identity, transactionId, value: reading.value });
}

function repeated(keys: readonly string[]): readonly string[] {
  return keys.filter((key, place) => keys.indexOf(key) !== place).map((key) => `${key} was given twice`);
}

function missingOrDoubled(what: string, answered: readonly string[], kept: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const key of kept) counts.set(key, (counts.get(key) ?? 0) + 1);
  const missing = answered
    .filter((key) => !counts.has(key))
    .map((key) => `the answered ${what} ${key} is not in the history`);
  const doubled = [...counts]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `the ${what} ${key} is in the history ${count} times`);
  return [...missing, ...doubled];
}

/** The read models that lived through all kills, brought up to date, against ones built anew from the whole history. */
async function checkReadModels(folder: string): Promise<readonly string[]> {
  const store = await openEmbeddedStore({ file: join(folder, 'events.db') });
  try {
    const [live, anew] = [join(folder, 'read-models.db'), join(folder, 'anew.db')];
    await rebuildFromZero(store, live);
    await rebuildFromZero(store, anew);
    return firstDifference(dump(live), dump(anew));
  } finally {
    await store.close();
  }
}

function firstDifference(live: string, anew: string): readonly string[] {
  if (live === anew) return [];
  const [one, other] = [live.split('\n'), anew.split('\n')];
  const place = one.findIndex((line, index) => line !== other[index]);
  return [`the read models differ from ones built anew: ${one[place]} where anew ${other[place]}`];
}

async function main(): Promise<void> {
  const kills = Number(process.argv[2] ?? 50);
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const report = await crashAgainAndAgain({ kills, seed: Number(process.argv[3] ?? 1), onProgress });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.complaints.length > 0) process.exitCode = 1;
}

if (require.main === module) void main();
