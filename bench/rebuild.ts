import { idTagVeiling } from '@app/charge-box';
import { openEmbeddedStore, veiledForRows } from '@app/event-store';
import { silentLog } from '@app/kernel';
import { dump, ReadModels, rebuildFromZero } from '@app/read-models';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFleet } from './fleet';
import { load } from './load';
import { scenarios } from './messages';
import type { Running } from './processes';
import { startService, trialFolder } from './processes';

// All read models of a fleet's history built anew by the command line: on a stopped service, and beside one that answers as fast as it can.
// `node dist/bench/rebuild.js [events]`

const events = Number(process.argv[2] ?? 1_000_000);
const say = (line: string) => void process.stdout.write(`${line}\n`);
const checksum = (file: string) => createHash('sha256').update(dump(file)).digest('hex').slice(0, 16);

interface Rebuilt {
  readonly events: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly inUse: string;
}

async function rebuild(dataDir: string): Promise<Rebuilt> {
  const script = join(__dirname, '../apps/history/src/main.js');
  const env = { ...process.env, DATA_DIR: dataDir, EVENT_STORE: 'embedded' };
  const { stdout } = await promisify(execFile)(process.execPath, [script, 'rebuild', 'all', '--json'], { env });
  return JSON.parse(stdout) as Rebuilt;
}

/** Rows as they come about while events are stored, not afterwards. */
async function storeAndBuildLive(folder: string): Promise<void> {
  const store = await openEmbeddedStore({ file: join(folder, 'events.db') });
  const readModels = new ReadModels({ file: join(folder, 'read-models.db'), store, log: silentLog });
  await readModels.prepare();
  readModels.start();
  await writeFleet(store, events, 1_000);
  if (!(await readModels.waitFor(await store.head(), 600_000))) throw new Error('The read models did not catch up.');
  await readModels.stop();
  await store.close();
}

let used = 0;
async function answered({ port }: Running, seconds: number): Promise<number> {
  const base = (used += 400_000);
  const { requestsPerSecond } = await load({
    port,
    connections: 64,
    keepAlive: true,
    duration: seconds * 1_000,
    request: (index) => scenarios.StartTransaction(base + index, true),
  });
  return requestsPerSecond;
}

async function main(): Promise<void> {
  const folder = trialFolder();
  const file = join(folder.path, 'read-models.db');
  try {
    await storeAndBuildLive(folder.path);
    const live = checksum(file);
    const alone = await rebuild(folder.path);
    say(
      `${alone.events} events: ${alone.perSecond} events/s; rows ${checksum(file) === live ? 'identical' : 'DIFFER'}`,
    );
    const service = await startService(folder.path);
    await answered(service, 5);
    const before = await answered(service, 8);
    const beside = rebuild(folder.path);
    let building = true;
    const rates: number[] = [];
    void beside.finally(() => (building = false)).catch(() => undefined);
    while (building) rates.push(await answered(service, 4));
    const { perSecond, inUse } = await beside;
    // The last turn had some of its time alone.
    const during = rates.slice(0, -1).reduce((sum, rate) => sum + rate, 0) / (rates.length - 1);
    const after = await answered(service, 8);
    const share = during / ((before + after) / 2);
    say(
      `beside a service: ${perSecond} events/s, in use ${inUse}; StartTransaction ${Math.round(before)}/s before, ${Math.round(during)}/s meanwhile, ${Math.round(after)}/s after: ${share.toFixed(2)}`,
    );
    await service.stop();
    // Ready again, it shows everything.
    await (await startService(folder.path)).stop();
    const store = await openEmbeddedStore({ file: join(folder.path, 'events.db'), readOnly: true });
    const again = join(folder.path, 'again.db');
    await rebuildFromZero(veiledForRows(store, idTagVeiling), again);
    await store.close();
    say(`rows of the service and from zero: ${checksum(file) === checksum(again) ? 'identical' : 'DIFFER'}`);
  } finally {
    folder.remove();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
