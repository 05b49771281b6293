import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CentralSystemClient } from '../../apps/client/src';
import { runFleet } from '../../apps/charge-box-simulator/src';
import type { Chance } from '../../apps/charge-box-simulator/src/random';
import { chanceOf } from '../../apps/charge-box-simulator/src/random';
import type { Running } from '../../bench/processes';
import { startService } from '../../bench/processes';
import type { StoreForTests } from '../support/store-for-tests';
import { storeForTests } from '../support/store-for-tests';
import { checkEvents, checkRows } from './checks';
import type { Opening, Subscriber } from './ledger';
import { followOn, Ledger } from './ledger';

// Subscribers lose their connection again and again, at a service that is killed and restarted again and again, at random by seed. In the end
// each must have exactly the rows of the read models, and every event once, by leaving out what has an id that it took already.
// Cannot see: a reader that forgets an id which it was given.

export interface SubscribersOptions {
  /** As `storeForTests` names it. */
  readonly store: string;
  readonly seconds: number;
  readonly seed: number;
  readonly onProgress?: (line: string) => void;
}

export interface SubscribersReport {
  readonly store: string;
  readonly kills: number;
  readonly restarts: number;
  readonly subscribers: number;
  readonly connections: number;
  readonly items: number;
  /** Items that were sent again, and left out by their ids. */
  readonly again: number;
  readonly events: number;
  readonly stops: number;
  /** Everything that is wrong; empty when nothing is. */
  readonly complaints: readonly string[];
}

const key = 'bench-bench-bench-bench';
const boxes = 8;
/** Times that the service ends, however short the run is, and transactions that are over before each. */
const leastRounds = 4;
const stopsEachRound = 5;
const followed: readonly Omit<Subscriber, 'ledger'>[] = [
  { feed: 'charge-boxes', filter: {} },
  { feed: 'connectors', filter: {} },
  { feed: 'transactions', filter: {} },
  { feed: 'transactions', filter: { identity: 'FEED-0001' } },
  { feed: 'meter-values', filter: {} },
  { feed: 'meter-values', filter: { identity: 'FEED-0002', connectorId: 1 } },
  { feed: 'quirks', filter: {} },
  { feed: 'id-tags', filter: {} },
  { feed: 'starts', filter: {} },
];
const own = `module.exports = { name: 'starts', version: 1, on: { TransactionStarted: {
  keys: (data, { identity }) => [identity],
  apply: (row) => ({ starts: (row?.starts ?? 0) + 1 }),
} } };`;

interface Stage extends Required<SubscribersOptions> {
  readonly folder: string;
  readonly place: StoreForTests;
  readonly chance: Chance;
  readonly over: AbortController;
}

/** The service on one folder, at the same ports whenever it is started. */
class Restarted {
  private constructor(
    private readonly stage: Stage,
    private service: Running,
  ) {}

  static async begin(stage: Stage): Promise<Restarted> {
    return new Restarted(stage, await startService(stage.folder, environmentOf(stage)));
  }

  get soapPort(): number {
    return this.service.port;
  }

  get apiPort(): number {
    return this.service.apiPort ?? 0;
  }

  async again(signal: NodeJS.Signals): Promise<void> {
    const ports = { SOAP_PORT: String(this.soapPort), API_PORT: String(this.apiPort) };
    await this.service.stop(signal);
    this.service = await startService(this.stage.folder, { ...environmentOf(this.stage), ...ports });
  }

  stop(signal?: NodeJS.Signals): Promise<void> {
    return this.service.stop(signal);
  }
}

const sourcesIn = (folder: string) => join(folder, 'sources');
const environmentOf = ({ place, folder }: Stage) => ({
  ...place.environment,
  PROJECTIONS_DIR: sourcesIn(folder),
});

/** Runs on one store for so many seconds, then checks. */
export async function subscribersOn(options: SubscribersOptions): Promise<SubscribersReport> {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-subscribers-'));
  mkdirSync(sourcesIn(folder));
  writeFileSync(join(sourcesIn(folder), 'starts.cjs'), own);
  const place = await storeForTests(options.store);
  const over = new AbortController();
  const stage = { onProgress: () => undefined, ...options, folder, place, chance: chanceOf(options.seed), over };
  let service: Restarted | undefined;
  try {
    service = await Restarted.begin(stage);
    return await actOut(stage, service);
  } finally {
    over.abort();
    await service?.stop('SIGKILL').catch(() => undefined);
    await place.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function actOut(stage: Stage, service: Restarted): Promise<SubscribersReport> {
  const { over, place, folder, store, onProgress } = stage;
  const url = `http://127.0.0.1:${service.apiPort}`;
  const client = new CentralSystemClient({ url, key, retryAfter: 20, longestRetry: 300 });
  const nameOf = ({ feed, filter }: Omit<Subscriber, 'ledger'>) => `${feed} ${JSON.stringify(filter)}`;
  const subscribers = followed.map((each) => ({ ...each, ledger: new Ledger(nameOf(each)) }));
  const events = new Ledger('events');
  const openEvents: Opening = (options) => client.events(options);
  const running = [
    ...subscribers.map((each, number) => follow(stage, number, openingOf(client, each), each.ledger)),
    follow(stage, subscribers.length, openEvents, events),
  ];
  const { stops, kills, restarts } = await storm(stage, service);
  onProgress('The storm is over; what is under way may end');
  const openFeed = (subscriber: Subscriber) => openingOf(client, subscriber);
  const complaints = await checkRows(subscribers, openFeed, join(folder, 'read-models.db'));
  const missing = await checkEvents(events, openEvents, async () => {
    over.abort();
    await Promise.all(running);
    await service.stop();
    return place.open(folder);
  });
  const ledgers = [...subscribers.map(({ ledger }) => ledger), events];
  const sum = (count: (ledger: Ledger) => number) => ledgers.reduce((total, ledger) => total + count(ledger), 0);
  return {
    store,
    kills,
    restarts,
    subscribers: ledgers.length,
    connections: sum(({ connections }) => connections),
    items: sum(({ items }) => items),
    again: sum(({ again }) => again),
    events: events.events.length,
    stops,
    complaints: [...ledgers.flatMap((ledger) => ledger.complaints), ...complaints, ...missing],
  };
}

function openingOf(client: CentralSystemClient, { feed, filter }: Omit<Subscriber, 'ledger'>): Opening {
  return (options) =>
    feed === 'starts' ? client.ownFeed(feed, options) : client.feed(feed, { ...filter, ...options });
}

function follow({ seed, over }: Stage, number: number, open: Opening, ledger: Ledger): Promise<void> {
  return followOn(open, ledger, { chance: chanceOf(seed * 1_000 + number), over: over.signal, longest: 400 });
}

/** Boxes at work, and a service that ends at random. */
async function storm(stage: Stage, service: Restarted) {
  const { seconds, seed, chance, onProgress } = stage;
  const controller = new AbortController();
  let stops = 0;
  const fleet = runFleet({
    url: `http://127.0.0.1:${service.soapPort}/ocpp`,
    boxes,
    seed,
    sessions: 100_000,
    readings: 2,
    pace: 40,
    identityPrefix: 'FEED',
    faults: { duplicate: 0.1, lostAnswer: 0.1 },
    retryFor: 30_000,
    signal: controller.signal,
    onProgress: (report) => (stops = report.stops.length),
  });
  const ends = { SIGKILL: 0, SIGTERM: 0 };
  const end = Date.now() + seconds * 1_000;
  for (let round = 1; Date.now() < end || round <= leastRounds; round += 1) {
    const before = stops;
    await changeCards(service.apiPort, round);
    await pause(chance.whole(500, 3_000));
    // A slow machine gets the time to have something to tell.
    for (const late = Date.now() + 20_000; stops < before + stopsEachRound && Date.now() < late;) await pause(20);
    const signal = round % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
    await service.again(signal);
    ends[signal] += 1;
    const left = Math.max(0, Math.round((end - Date.now()) / 1_000));
    onProgress(`${left} s left, ${ends.SIGKILL} kills, ${ends.SIGTERM} restarts, ${stops} transactions over`);
  }
  controller.abort();
  await fleet;
  return { stops, kills: ends.SIGKILL, restarts: ends.SIGTERM };
}

/** Rows that come and go. */
async function changeCards(port: number, round: number): Promise<void> {
  const call = (method: string, idTag: string, body?: object) =>
    fetch(`http://127.0.0.1:${port}/api/id-tags/${idTag}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  await call('PUT', `CARD-${round % 5}`, { blocked: false });
  await call('DELETE', `CARD-${(round + 2) % 5}`);
}

async function main(): Promise<void> {
  const [seconds = '300', seed = '1', ...stores] = process.argv.slice(2);
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const reports: SubscribersReport[] = [];
  for (const store of stores.length === 0 ? ['embedded', 'double'] : stores)
    reports.push(await subscribersOn({ store, seconds: Number(seconds), seed: Number(seed), onProgress }));
  process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
  if (reports.some(({ complaints }) => complaints.length > 0)) process.exitCode = 1;
}

if (require.main === module) void main();
