import { setTimeout as pause } from 'node:timers/promises';
import { startDouble } from './double';
import { load } from './load';
import { httpRequest, start } from './messages';
import { residentBytes } from './memory';
import type { Running } from './processes';
import { startService, trialFolder } from './processes';

// What a service takes of memory while its event store hangs and charge boxes go on asking, and how it comes back.
// `node dist/bench/store-away.js [seconds]`

const seconds = Number(process.argv[2] ?? 60);
const say = (line: string) => void process.stdout.write(`${line}\n`);
const megabytes = ({ pid }: Running) => Math.round(residentBytes(pid) / 1e6);

let used = 0;
async function asked({ port }: Running, duration: number): Promise<string> {
  const base = (used += 1_000_000);
  const request = (index: number) => httpRequest('StartTransaction', start(base + index), `AWAY-${index % 2_000}`);
  const { requestsPerSecond, failures, p99 } = await load({
    port,
    connections: 512,
    keepAlive: true,
    duration,
    request,
  });
  return `${Math.round(requestsPerSecond)} answers/s, ${failures} of them refusals, p99 ${Math.round(p99)} ms`;
}

async function main(): Promise<void> {
  const double = await startDouble();
  const folder = trialFolder();
  try {
    const service = await startService(folder.path, {
      EVENT_STORE: double.connectionString,
      EVENT_STORE_PATIENCE: '5',
    });
    for (let turn = 0; turn < 3; turn += 1) await asked(service, 5_000);
    say(`before: ${await asked(service, 5_000)}; ${megabytes(service)} MB`);
    double.still(true);
    const end = performance.now() + seconds * 1_000;
    let most = 0;
    while (performance.now() < end) {
      say(`store away: ${await asked(service, 5_000)}; ${megabytes(service)} MB`);
      most = Math.max(most, megabytes(service));
    }
    double.still(false);
    const back = performance.now();
    const url = `http://127.0.0.1:${service.apiPort}/health/ready`;
    while (!(await fetch(url)).ok) await pause(100);
    say(`ready again after ${Math.round(performance.now() - back)} ms; most memory meanwhile ${most} MB`);
    say(`after: ${await asked(service, 5_000)}; ${megabytes(service)} MB`);
    await service.stop();
  } finally {
    await double.stop();
    folder.remove();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
