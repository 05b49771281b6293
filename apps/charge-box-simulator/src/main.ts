import { Command, InvalidArgumentError } from 'commander';
import type { SimulatedFaults } from './faults';
import { faultNames, parseFault } from './faults';
import type { FleetReport } from './fleet';
import { runFleet } from './fleet';
import { serveBoxes } from './serve-boxes';

interface Options {
  readonly url: readonly string[];
  readonly boxes: number;
  readonly sessions: number;
  readonly connectors: number;
  readonly seed: number;
  readonly idTag?: string;
  readonly fault: SimulatedFaults;
  readonly pace: number;
  readonly serve?: boolean;
  readonly json?: boolean;
  readonly allowRemote?: boolean;
}

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
};

const fault = (text: string, known: SimulatedFaults): SimulatedFaults => {
  try {
    return { ...known, ...parseFault(text) };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

const program = new Command('charge-box-simulator')
  .description('A fleet of simulated charge boxes that boot, authorize, charge, report and stop.')
  .option('--url <url...>', 'address of the central system, or of all its instances', ['http://127.0.0.1:8080/ocpp'])
  .option('--boxes <number>', 'number of boxes', whole, 3)
  .option('--sessions <number>', 'charging sessions of each box', whole, 2)
  .option('--connectors <number>', 'connectors of each box', whole, 2)
  .option('--seed <number>', 'the same seed makes the same fleet do the same', whole, 1)
  .option('--id-tag <tag>', 'one idTag for all boxes instead of one for each')
  .option('--pace <milliseconds>', 'pause between the messages of a box', whole, 200)
  .option(
    '--fault <name=probability>',
    `what goes wrong, repeatable: ${Object.keys(faultNames).join(', ')}, clockSkew=<seconds>`,
    fault,
    {},
  )
  .option('--serve', 'goes on afterwards and answers the operations that the central system calls')
  .option('--json', 'prints the whole report as JSON')
  .option('--allow-remote', 'allows an address that is not on this machine')
  .action((options: Options) => run(options));

async function run(options: Options): Promise<void> {
  const remote = options.url.find((url) => !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname));
  if (!options.allowRemote && remote !== undefined) {
    program.error(`${remote} is not on this machine. Say --allow-remote if it may be called.`);
  }
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const served = options.serve ? await serveBoxes(options.url[0] ?? '', options.boxes, options.connectors) : undefined;
  const begin = Date.now();
  const report = await runFleet({
    ...options,
    faults: options.fault,
    retryFor: 5_000,
    signal: controller.signal,
    from: served?.addressOf,
    onProgress: progress(options, begin),
  });
  process.stderr.write('\n');
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : summary(report));
  if (served !== undefined) {
    process.stderr.write('The boxes answer operations now, until this is ended.\n');
    await served.until(controller.signal);
  }
  if (report.failures > 0) process.exitCode = 1;
}

function progress({ boxes, sessions }: Options, begin: number) {
  let shown = 0;
  return ({ requests, answered, sessionsDone, faults, failures }: FleetReport) => {
    if (Date.now() - shown < 200) return;
    shown = Date.now();
    const seconds = (shown - begin) / 1_000;
    const left = sessionsDone > 0 ? Math.ceil((seconds / sessionsDone) * (boxes * sessions - sessionsDone)) : undefined;
    const refused = Object.values(faults).reduce((sum, count) => sum + count, 0);
    const rest = left === undefined ? '' : `, about ${left} s left`;
    process.stderr.write(
      `\r${sessionsDone}/${boxes * sessions} sessions, ${requests} requests (${Math.round(requests / seconds)}/s), ${answered} answered, ${refused} refused, ${failures} failed${rest}   `,
    );
  };
}

function summary({
  requests,
  repeated,
  answered,
  starts,
  stops,
  readings,
  faults,
  failures,
  lastFailure,
  latencies,
}: FleetReport): string {
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  return [
    `${requests} requests sent (${repeated} of them again), ${answered} answered, ${failures} boxes gave up`,
    `${starts.length} transactions started, ${stops.length} stopped, ${readings.length} meter values`,
    `answers took ${at(0.5)} ms at the median, ${at(0.99)} ms at 99 %`,
    ...Object.entries(faults).map(([name, count]) => `${count} faults ${name}`),
    ...('SecurityError' in faults
      ? ['SecurityError: the boxes are not accepted here; accept them as candidates first']
      : []),
    ...(lastFailure === undefined ? [] : [`the last that gave up: ${lastFailure}`]),
    '',
  ].join('\n');
}

if (require.main === module) void program.parseAsync();
