import type { FleetReport } from '../../apps/charge-box-simulator/src';
import { runFleet } from '../../apps/charge-box-simulator/src';
import type { Chance } from '../../apps/charge-box-simulator/src/random';
import { chanceOf } from '../../apps/charge-box-simulator/src/random';
import { EventStoreDbDouble } from '../support/eventstoredb/double';
import { checkAll } from './checks';
import type { FleetDoor } from './commands';
import { openFleetDoor, schedule } from './commands';
import { disturb } from './disturbances';
import type { InstanceAtWork } from './instances';
import { prepareInstance } from './instances';

// Several instances on one event store, a fleet whose messages go to any of them, operations scheduled at any of them; instances killed
// and told to stop, links frozen and cut, the store restarted, at random by seed. Then the history is held against every answer.
// Cannot see: a server that loses what it acknowledged, and clocks that disagree.

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly boxes: number;
  readonly instances: number;
  readonly onProgress?: (line: string) => void;
}

export interface ChaosReport {
  readonly disturbances: Readonly<Record<string, number>>;
  readonly answeredStarts: number;
  readonly answeredStops: number;
  readonly answeredReadings: number;
  readonly scheduled: number;
  readonly delivered: number;
  /** Everything that is wrong; empty when nothing is. */
  readonly complaints: readonly string[];
}

interface Stage {
  readonly double: EventStoreDbDouble;
  readonly instances: readonly InstanceAtWork[];
  readonly door: FleetDoor;
  readonly chance: Chance;
}

export async function letThereBeChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { onProgress = () => undefined } = options;
  const double = await new EventStoreDbDouble().start();
  const door = await openFleetDoor();
  const names = Array.from({ length: options.instances }, (_, index) => `chaos-${index + 1}`);
  const instances = await Promise.all(names.map((name) => prepareInstance(name, double.port)));
  try {
    await Promise.all(instances.map((instance) => instance.start()));
    return await actOut({ double, instances, door, chance: chanceOf(options.seed) }, { ...options, onProgress });
  } finally {
    await Promise.all(instances.map((instance) => instance.stop('SIGKILL').then(() => instance.remove())));
    await door.close();
    await double.stop();
  }
}

async function actOut(stage: Stage, options: Required<ChaosOptions>): Promise<ChaosReport> {
  const { instances, door, double, chance } = stage;
  const { seconds, onProgress } = options;
  const over = new AbortController();
  const now: { report?: FleetReport } = {};
  const fleet = live(stage, options, over.signal, (report) => (now.report = report));
  const end = Date.now() + seconds * 1_000;
  const scheduling = scheduleUntil(end, stage, options);
  const disturbances: Record<string, number> = {};
  while (Date.now() < end) {
    const what = await disturb(chance, instances, double);
    disturbances[what] = (disturbances[what] ?? 0) + 1;
    const { starts = [], stops = [] } = now.report ?? {};
    onProgress(
      `${Math.max(0, Math.round((end - Date.now()) / 1_000))} s left, ${what}: ${starts.length} starts and ${stops.length} stops answered, ${door.arrived.size} operations arrived`,
    );
  }
  const scheduled = await scheduling;
  onProgress('The storm is over; what is under way may end');
  over.abort();
  const report = await fleet;
  const complaints = await checkAll({ ...stage, report, scheduled });
  const { starts, stops, readings } = report;
  return {
    disturbances,
    answeredStarts: starts.length,
    answeredStops: stops.length,
    answeredReadings: readings.length,
    scheduled: scheduled.size,
    delivered: door.arrived.size,
    complaints,
  };
}

function live(
  { instances, door }: Stage,
  { boxes, seed }: ChaosOptions,
  signal: AbortSignal,
  onProgress: (report: FleetReport) => void,
): Promise<FleetReport> {
  return runFleet({
    url: instances.map(({ soapUrl }) => soapUrl),
    boxes,
    seed,
    signal,
    sessions: 100_000,
    readings: 2,
    pace: boxes,
    identityPrefix: 'CHAOS',
    faults: { duplicate: 0.05, lostAnswer: 0.05 },
    timeout: 8_000,
    retryFor: 120_000,
    from: () => door.url,
    onProgress,
  });
}

/** Texts that some instance said it will send, each scheduled again elsewhere until one said so. */
async function scheduleUntil(end: number, { instances }: Stage, { boxes, seed }: ChaosOptions): Promise<Set<string>> {
  const chance = chanceOf(seed + 1);
  const scheduled = new Set<string>();
  for (let count = 1; Date.now() < end - 3_000; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const identity = `CHAOS-${String(chance.whole(1, boxes)).padStart(4, '0')}`;
    const text = `${identity} ${count}`;
    for (let attempt = 0; attempt < 10 && !scheduled.has(text); attempt += 1) {
      const instance = instances[chance.whole(0, instances.length - 1)];
      if (instance && (await schedule(instance, identity, text))) scheduled.add(text);
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  return scheduled;
}

async function main(): Promise<void> {
  const [seconds = '300', seed = '1', boxes = '300'] = process.argv.slice(2);
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const options = { seconds: Number(seconds), seed: Number(seed), boxes: Number(boxes), instances: 3, onProgress };
  const report = await letThereBeChaos(options);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.complaints.length > 0) process.exitCode = 1;
}

if (require.main === module) void main();
