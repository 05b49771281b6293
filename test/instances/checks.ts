import { join } from 'node:path';
import { openEventStoreDb } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { dump } from '@app/read-models';
import type { FleetReport } from '../../apps/charge-box-simulator/src';
import type { EventStoreDbDouble } from '../support/eventstoredb/double';
import { buildRows, firstDifference, historyAgainst } from '../support/history-against';
import type { FleetDoor } from './commands';
import { call } from './commands';
import type { InstanceAtWork } from './instances';

interface Outcome {
  readonly double: EventStoreDbDouble;
  readonly instances: readonly InstanceAtWork[];
  readonly door: FleetDoor;
  readonly report: FleetReport;
  readonly scheduled: ReadonlySet<string>;
}

const patience = 150_000;

/** Everything that is wrong once the storm is over. The instances are stopped on the way. */
export async function checkAll({ double, instances, door, report, scheduled }: Outcome): Promise<readonly string[]> {
  const complaints = [...(await settled(instances, scheduled))];
  await caughtUp(instances);
  for (const instance of instances) await instance.stop('SIGTERM');
  complaints.push(...instances.flatMap(({ failures }) => failures));
  for (const [text, count] of door.arrived) if (count > 1) complaints.push(`operation ${text} arrived ${count} times`);
  const store = await openEventStoreDb({ connectionString: double.connectionString });
  try {
    complaints.push(...(await historyAgainst(store, report)), ...(await readModelsAgainst(store, instances)));
  } finally {
    await store.close();
  }
  return complaints;
}

interface Operations {
  readonly rows: readonly { readonly status: string; readonly idempotencyKey?: string; readonly callId: string }[];
  readonly next?: string;
}

/** Every operation that was taken comes to an end that says what became of it. */
async function settled(
  instances: readonly InstanceAtWork[],
  scheduled: ReadonlySet<string>,
): Promise<readonly string[]> {
  const [first] = instances;
  if (first === undefined) return [];
  for (const end = Date.now() + patience; ;) {
    const rows = await operations(first);
    const open = rows.filter(({ status }) => status === 'Scheduled' || status === 'Sent');
    const known = new Set(rows.map(({ idempotencyKey }) => idempotencyKey));
    const lost = [...scheduled].filter((text) => !known.has(text));
    if (open.length === 0 && lost.length === 0) return [];
    if (Date.now() > end) {
      return [
        ...open.map(({ callId, status }) => `operation ${callId} is still ${status}`),
        ...lost.map((text) => `operation ${text} was taken and is not known`),
      ];
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function operations({ apiUrl }: InstanceAtWork): Promise<Operations['rows']> {
  const rows: Operations['rows'][number][] = [];
  for (let cursor = ''; ;) {
    const page = (await call(apiUrl, `/api/commands?limit=500${cursor}`))?.body as Operations | undefined;
    rows.push(...(page?.rows ?? []));
    if (page?.next === undefined) return rows;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

/** All instances have read everything. */
async function caughtUp(instances: readonly InstanceAtWork[]): Promise<void> {
  for (const { apiUrl } of instances) {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const ready = (await call(apiUrl, '/health/ready'))?.body as
        { readonly checks: { readonly readModels: { readonly lag: number } } } | undefined;
      if (ready?.checks.readModels.lag === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** The read models of every instance, brought up to date, against ones built anew from the whole history. */
async function readModelsAgainst(store: EventStore, instances: readonly InstanceAtWork[]): Promise<readonly string[]> {
  const complaints: string[] = [];
  const anew = join(instances[0]?.folder ?? '', 'anew.db');
  await buildRows(store, anew);
  const expected = dump(anew);
  for (const { name, folder } of instances) {
    const file = join(folder, 'read-models.db');
    await buildRows(store, file);
    complaints.push(...firstDifference(dump(file), expected).map((line) => `${name}: ${line}`));
  }
  return complaints;
}
