import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { EventStore } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import type { EventMessage, ProjectionFilter, ProjectionName, RowMessage } from '../../apps/client/src';
import { CentralSystemClient } from '../../apps/client/src';
import { runFleet } from '../../apps/charge-box-simulator/src';
import { startScript } from '../../bench/processes';
import { storeForTests } from '../support/store-for-tests';

// Subscribers that lose their connection again and again, at a service that is killed again and again, end with what is true.
// Cannot see: a reader that forgets an id which it was given.

const key = 'bench-bench-bench-bench';
const kills = 3;
const startService = (folder: string, environment: Readonly<Record<string, string>>) =>
  startScript([join(__dirname, '../../dist/apps/central-system/src/main.js')], folder, environment);

/** A small generator, so that a run can be had again. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

/** Follows on and on: each connection is given up after a random time, and the next goes on behind the last id. */
async function followOn<Message extends { readonly id?: string }>(
  open: (after: string | undefined, signal: AbortSignal) => AsyncIterable<Message>,
  { chance, over, take }: { chance: () => number; over: AbortSignal; take: (message: Message) => void },
): Promise<void> {
  for (let last: string | undefined; !over.aborted;) {
    const lost = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    for await (const message of open(last, AbortSignal.any([lost.signal, over]))) {
      last = message.id ?? last;
      take(message);
      timer ??= setTimeout(() => lost.abort(), Math.floor(chance() * 300));
    }
    clearTimeout(timer);
  }
}

class Table {
  readonly rows = new Map<string, unknown>();
  resets = 0;

  take(message: RowMessage<unknown>): void {
    if (message.event === 'row') this.rows.set(message.data.key, message.data.row);
    if (message.event === 'removed') this.rows.delete(message.data.key);
    if (message.event !== 'reset') return;
    this.resets += 1;
    this.rows.clear();
  }
}

const followed: readonly (readonly [ProjectionName, ProjectionFilter])[] = [
  ['charge-boxes', {}],
  ['connectors', {}],
  ['transactions', {}],
  ['transactions', { identity: 'FEED-0001' }],
  ['meter-values', {}],
  ['meter-values', { identity: 'FEED-0002', connectorId: 1 }],
  ['quirks', {}],
  ['id-tags', {}],
];

async function eventsIn(store: EventStore): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let from = BEGINNING, end = false; !end;) {
    const page = await store.readAll({ from, direction: 'forward', limit: 5_000 });
    ids.push(...page.events.filter(({ stream }) => !stream.startsWith('chargeBoxSnapshot-')).map(({ id }) => id));
    [from, end] = [page.next, page.endOfLog];
  }
  return ids;
}

it.each(['embedded', 'double'])(
  'nothing is missing and nothing is left over, on %s',
  async (usual) => {
    const folder = mkdtempSync(join(tmpdir(), 'ocpp-feeds-'));
    const store = await storeForTests(usual);
    const over = new AbortController();
    const chance = chanceOf(20_261);
    let service = await startService(folder, store.environment);
    const places = { SOAP_PORT: String(service.port), API_PORT: String(service.apiPort) };
    const client = new CentralSystemClient({
      url: `http://127.0.0.1:${service.apiPort}`,
      key,
      retryAfter: 20,
      longestRetry: 300,
    });
    const call = (method: string, path: string, body?: object) =>
      fetch(`http://127.0.0.1:${places.API_PORT}/api/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
    try {
      const tables = followed.map(([name, filter]) => {
        const table = new Table();
        const open = (after: string | undefined, signal: AbortSignal) =>
          client.feed(name, { ...filter, signal, ...(after === undefined ? {} : { after }) });
        const running = followOn<RowMessage<unknown>>(open, { chance, over: over.signal, take: (m) => table.take(m) });
        return { name, filter, table, running };
      });
      const events = new Map<string, string>();
      const openEvents = (after: string | undefined, signal: AbortSignal) =>
        client.events({ signal, ...(after === undefined ? {} : { after }) });
      const takeEvent = (message: EventMessage) => {
        if (message.event === 'event') events.set(message.id, message.data.id);
      };
      const eventsRunning = followOn(openEvents, { chance, over: over.signal, take: takeEvent });

      const controller = new AbortController();
      let stops = 0;
      const fleet = runFleet({
        url: `http://127.0.0.1:${places.SOAP_PORT}/ocpp`,
        boxes: 8,
        seed: 7,
        sessions: 100_000,
        readings: 2,
        identityPrefix: 'FEED',
        faults: { duplicate: 0.1, lostAnswer: 0.1 },
        retryFor: 30_000,
        signal: controller.signal,
        onProgress: (report) => (stops = report.stops.length),
      });
      for (let kill = 1; kill <= kills; kill += 1) {
        const before = stops;
        await call('PUT', `id-tags/CARD-${kill}`, { blocked: false });
        await call('DELETE', `id-tags/CARD-${kill - 1}`);
        while (stops < before + 8) await new Promise((resolve) => setTimeout(resolve, 5));
        await service.stop('SIGKILL');
        service = await startService(folder, { ...store.environment, ...places });
      }
      controller.abort();
      await fleet;

      for (const { name, filter, table } of tables) {
        // Read anew each time: the last messages of the fleet may still be on their way into the rows.
        await until(async () => {
          const now = new Table();
          for await (const message of client.feed(name, { ...filter, until: 'caught-up' })) now.take(message);
          return isDeepStrictEqual(sorted(table), sorted(now));
        });
        expect([name, table.resets]).toEqual([name, 0]);
      }
      const { rows } = (await (await call('GET', 'transactions?limit=1000')).json()) as {
        rows: { transactionId: number }[];
      };
      const transactions = [...(tables[2]?.table.rows.values() ?? [])] as { transactionId: number }[];
      expect(transactions.toSorted((one, other) => other.transactionId - one.transactionId)).toEqual(rows);
      expect(rows.length).toBeGreaterThan(20);

      await until(async () => {
        const { rows: stored } = { rows: await countOf(client) };
        return new Set(events.values()).size >= stored;
      });
      over.abort();
      await Promise.all([...tables.map(({ running }) => running), eventsRunning]);
      await service.stop();
      const log = await store.open(folder);
      const recorded = await eventsIn(log);
      await log.close();
      const told = [...events.values()];
      expect(told.length).toBe(new Set(told).size);
      // The service records nothing more than its own end after the last event was told.
      expect(told).toEqual(recorded.slice(0, told.length));
      expect(recorded.length - told.length).toBeLessThan(5);
    } finally {
      over.abort();
      await service.stop().catch(() => undefined);
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  480_000,
);

const sorted = ({ rows }: Table) => [...rows].sort(([one], [other]) => (one < other ? -1 : 1));

/** How many events there are by now. */
async function countOf(client: CentralSystemClient): Promise<number> {
  let count = 0;
  for await (const { event } of client.events({ until: 'caught-up' })) if (event === 'event') count += 1;
  return count;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
