import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetReport } from '../../apps/charge-box-simulator/src';
import { runFleet } from '../../apps/charge-box-simulator/src';
import { dump } from '@app/read-models';
import { startService } from '../../bench/processes';
import { buildRows, firstDifference, historyAgainst } from '../support/history-against';
import type { StoreForTests } from '../support/store-for-tests';
import { storeForTests } from '../support/store-for-tests';

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
  const store = await storeForTests('embedded');
  const { environment } = store;
  const complaints: string[] = [];
  const report: { now?: FleetReport } = {};
  const controller = new AbortController();
  try {
    let service = await startService(folder, environment);
    const { port } = service;
    const fleet = live({ port, boxes, seed, signal: controller.signal, onProgress: (now) => (report.now = now) });
    for (let kill = 1; kill <= kills && complaints.length < 20; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150 + ((seed * 7_919 + kill * 104_729) % 700)));
      // A slow machine gets the time to have something to lose.
      await until(() => (report.now?.stops.length ?? 0) >= kill * stopsBetweenKills);
      await service.stop('SIGKILL');
      complaints.push(...(await checkHistory(store, folder, report.now)).map((line) => `after kill ${kill}: ${line}`));
      onProgress(
        `kill ${kill} of ${kills}: ${report.now?.starts.length ?? 0} starts answered so far, ${complaints.length} complaints`,
      );
      service = await startService(folder, { ...environment, SOAP_PORT: String(port) });
    }
    controller.abort();
    const last = await fleet;
    await service.stop();
    complaints.push(...(await checkHistory(store, folder, last)), ...(await checkReadModels(store, folder)));
    const { starts, stops, readings } = last;
    return {
      kills,
      answeredStarts: starts.length,
      answeredStops: stops.length,
      answeredReadings: readings.length,
      complaints,
    };
  } finally {
    await store.stop();
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

async function checkHistory(
  place: StoreForTests,
  folder: string,
  report: FleetReport | undefined,
): Promise<readonly string[]> {
  const store = await place.open(folder);
  try {
    return await historyAgainst(store, report);
  } finally {
    await store.close();
  }
}

/** The read models that lived through all kills, brought up to date, against ones built anew from the whole history. */
async function checkReadModels(place: StoreForTests, folder: string): Promise<readonly string[]> {
  const store = await place.open(folder);
  try {
    const [live, anew] = [join(folder, 'read-models.db'), join(folder, 'anew.db')];
    await buildRows(store, live);
    await buildRows(store, anew);
    return firstDifference(dump(live), dump(anew));
  } finally {
    await store.close();
  }
}

async function main(): Promise<void> {
  const kills = Number(process.argv[2] ?? 50);
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const report = await crashAgainAndAgain({ kills, seed: Number(process.argv[3] ?? 1), onProgress });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.complaints.length > 0) process.exitCode = 1;
}

if (require.main === module) void main();
