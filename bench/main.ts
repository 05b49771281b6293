import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Bar } from './bars';
import { verdicts } from './bars';
import type { ClusterFigures } from './cluster';
import { benchCluster } from './cluster';
import { benchConversation } from './conversation';
import type { HistoryFigures } from './history';
import { benchHistory } from './history';
import type { LoadResult } from './load';
import { load } from './load';
import type { MemoryFigures } from './memory';
import { benchMemory } from './memory';
import type { ScenarioName } from './messages';
import { scenarios } from './messages';
import type { Running } from './processes';
import { startFloor, startService, trialFolder } from './processes';
import { benchStore } from './store';

// Speed as ratios: ours and the floor by turns in one run on one machine. `npm run bench -- --quick` takes a minute, all of it some more.

interface Row {
  readonly scenario: ScenarioName;
  readonly connections: number;
  readonly keepAlive: boolean;
  readonly floor: LoadResult;
  readonly ours: LoadResult;
  /** Ours over the floor, in requests a second. */
  readonly ratio: number;
}

const quick = process.argv.includes('--quick');
const usualRounds = quick ? 1 : 3;
/** Turns for what is promised: the middle of a few says too little on a machine that others use too. */
const promisedRounds = quick ? 1 : 9;
const duration = quick ? 1_500 : 2_000;
const widths = quick ? [64] : [1, 16, 64, 256];
let used = 0;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const round = (value: number, digits = 0) => value.toFixed(digits).padStart(8);
const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

async function compare(
  scenario: ScenarioName,
  floor: Running,
  ours: Running,
  how: { connections: number; keepAlive: boolean },
): Promise<Row> {
  const floors: LoadResult[] = [];
  const results: LoadResult[] = [];
  const rounds = isPromised(scenario, how) ? promisedRounds : usualRounds;
  for (let turn = 0; turn < rounds; turn += 1) {
    const base = used;
    used += 6 * 60_000;
    const request = (index: number) => scenarios[scenario](base + index, how.keepAlive);
    floors.push(await load({ port: floor.port, ...how, duration, request }));
    results.push(await load({ port: ours.port, ...how, duration, request }));
  }
  const row = {
    scenario,
    ...how,
    floor: middle(floors),
    ours: middle(results),
    ratio: median(results.map((result, turn) => result.requestsPerSecond / (floors[turn]?.requestsPerSecond ?? 1))),
  };
  const kept = how.keepAlive ? 'kept' : 'new ';
  say(
    `${scenario.padEnd(24)} ${kept} ${String(how.connections).padStart(4)} ${round(row.floor.requestsPerSecond)} ${round(row.ours.requestsPerSecond)} ${round(row.ours.p50, 2)} ${round(row.ours.p99, 2)} ${round(row.ratio, 3)} ${row.ours.failures}`,
  );
  return row;
}

function isPromised(scenario: ScenarioName, { connections, keepAlive }: { connections: number; keepAlive: boolean }) {
  return scenario === 'StartTransaction' && connections === 64 && keepAlive;
}

function middle(results: readonly LoadResult[]): LoadResult {
  return {
    requestsPerSecond: median(results.map(({ requestsPerSecond }) => requestsPerSecond)),
    p50: median(results.map(({ p50 }) => p50)),
    p99: median(results.map(({ p99 }) => p99)),
    failures: results.reduce((sum, { failures }) => sum + failures, 0),
  };
}

/** Every box has called once and the code is compiled, as in a service that has run for a while. */
async function warmUp(ours: Running): Promise<void> {
  for (const scenario of Object.keys(scenarios) as ScenarioName[]) {
    const base = used;
    used += 6 * 60_000;
    const request = (index: number) => scenarios[scenario](base + index, true);
    await load({ port: ours.port, connections: 64, keepAlive: true, duration: quick ? 1_500 : 4_000, request });
  }
}

/** Resolves when the read models of a service show everything. */
async function settled({ apiPort }: Running): Promise<void> {
  for (const end = Date.now() + 180_000; Date.now() < end;) {
    const response = await fetch(`http://127.0.0.1:${apiPort}/health/ready`);
    const { checks } = (await response.json()) as {
      readonly checks: { readonly readModels: { readonly lag?: number } };
    };
    if (checks.readModels.lag === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface Steady {
  readonly turns: number;
  readonly p50: number;
  readonly p99: number;
  readonly floorP50: number;
  readonly floorP99: number;
}

/** At a rate that a large fleet makes. By turns, so that one hiccup of the machine is not taken for ours. */
async function atRate(floor: Running, ours: Running): Promise<Steady> {
  const turns = quick ? 1 : 5;
  const results: { readonly bare: LoadResult; readonly own: LoadResult }[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const base = used;
    used += 10_000;
    const rate = { connections: 64, keepAlive: true, duration: quick ? 3_000 : 5_000, rate: 500 };
    const request = (index: number) => scenarios.StartTransaction(base + index, true);
    results.push({
      bare: await load({ port: floor.port, ...rate, request }),
      own: await load({ port: ours.port, ...rate, request }),
    });
  }
  return {
    turns,
    p50: median(results.map(({ own }) => own.p50)),
    p99: median(results.map(({ own }) => own.p99)),
    floorP50: median(results.map(({ bare }) => bare.p50)),
    floorP99: median(results.map(({ bare }) => bare.p99)),
  };
}

async function requests(): Promise<{ readonly rows: readonly Row[]; readonly steady: Steady }> {
  const floor = await startFloor(670);
  const folder = trialFolder();
  const ours = await startService(folder.path);
  await warmUp(ours);
  say('\nRequests a second on the durable embedded store, against a bare node:http server that answers as many bytes:');
  say('scenario                 conn         floor     ours   p50 ms   p99 ms    ratio failures');
  const rows: Row[] = [];
  for (const scenario of Object.keys(scenarios) as ScenarioName[]) {
    for (const connections of widths) rows.push(await compare(scenario, floor, ours, { connections, keepAlive: true }));
    rows.push(await compare(scenario, floor, ours, { connections: 64, keepAlive: false }));
  }
  // What the load before has left to do is none of this.
  await settled(ours);
  const steady = await atRate(floor, ours);
  say(
    `StartTransaction at 500/s, the middle of ${steady.turns} turns: p50 ${steady.p50.toFixed(2)} ms, p99 ${steady.p99.toFixed(2)} ms (the bare server ${steady.floorP50.toFixed(2)} and ${steady.floorP99.toFixed(2)} ms)`,
  );
  await floor.stop();
  await ours.stop();
  folder.remove();
  return { rows, steady };
}

/** The same on a store that instances share. */
async function instances(): Promise<ClusterFigures> {
  const cluster = await benchCluster({ duration: quick ? 2_000 : 6_000, events: quick ? 20_000 : 200_000 });
  say(
    `\nEventStoreDB's protocol (${process.env.ESDB_TEST_CONNECTION === undefined ? 'the double' : 'the server'}): StartTransaction ${round(cluster.shared.requestsPerSecond)} /s, ${cluster.ratio.toFixed(3)} times the embedded store (${round(cluster.embedded.requestsPerSecond)} /s), two instances ${round(cluster.twoInstances)} /s;`,
  );
  say(
    `  appends ${round(cluster.appendsPerSecond)} events/s, catching up ${round(cluster.catchUpPerSecond)} events/s, an append is seen at another instance after p50 ${cluster.visible.p50.toFixed(2)} ms, p99 ${cluster.visible.p99.toFixed(2)} ms; ${cluster.serviceMegabytes} MB`,
  );
  return cluster;
}

function promises(
  { rows, steady }: Awaited<ReturnType<typeof requests>>,
  history: HistoryFigures,
  memory: MemoryFigures,
): readonly Bar[] {
  const started = rows.find((row) => isPromised(row.scenario, row));
  const least = { atLeast: true, unit: '' };
  const most = { atLeast: false, unit: ' ms' };
  return [
    { what: 'StartTransaction at 64 connections over the floor', measured: started?.ratio ?? 0, bar: 0.15, ...least },
    { what: 'p99 at 500 requests a second', measured: steady.p99, bar: 20, ...most },
    { what: 'replay in events a second', measured: history.replayPerSecond, bar: 150_000, ...least },
    { what: 'first answer of a box with a long life', measured: history.activation, bar: 100, ...most },
    { what: 'ready with a long history', measured: history.readyAgain, bar: 3_000, ...most },
    { what: `memory for ${memory.boxes} boxes`, measured: memory.megabytes, bar: 1_000, atLeast: false, unit: ' MB' },
  ];
}

async function main(): Promise<void> {
  say(`node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`);
  const requestFigures = await requests();
  const store = await benchStore(quick ? { eventsPerTrial: 10_000 } : {});
  say(`\nStore: a bare loop of write and fdatasync ${round(store.floorPerSecond)} events/s`);
  for (const { inFlight, perSecond, p50, p99, timesFloor } of store.appends) {
    say(
      `  appends, ${String(inFlight).padStart(3)} in flight ${round(perSecond)} /s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${timesFloor.toFixed(2)} times the bare loop`,
    );
  }
  const history = await benchHistory(quick ? 100_000 : 1_000_000);
  say(
    `\nWith ${history.events} events of one box: replay ${round(history.replayPerSecond)} events/s, read models ${round(history.projectedPerSecond)} events/s,`,
  );
  say(
    `  ready in ${round(history.ready)} ms (${round(history.readyAgain)} ms with read models), first answer of the box in ${history.activation.toFixed(1)} ms (of a fresh one ${history.freshActivation.toFixed(1)} ms)`,
  );
  const memory = await benchMemory(quick ? 10_000 : 100_000);
  say(
    `\nMemory: ${round(memory.emptyMegabytes)} MB empty, ${round(memory.megabytes)} MB with ${memory.boxes} boxes known and kept`,
  );
  const conversation = await benchConversation(quick ? 1_000 : 5_000, quick ? 1_000 : 10_000);
  const { commands, delegated, pending } = conversation;
  say(
    `\nOperations to boxes: ${round(commands.perSecond)} /s, ${commands.ratio.toFixed(3)} times the SOAP client alone (${round(commands.floorPerSecond)} /s); from the API to the wire p50 ${commands.delayP50.toFixed(2)} ms, p99 ${commands.delayP99.toFixed(2)} ms`,
  );
  say(
    `Answers from outside: p50 ${delegated.p50.toFixed(2)} ms, p99 ${delegated.p99.toFixed(2)} ms, by the built-in rules ${delegated.automaticP50.toFixed(2)} ms; ${pending.requests} that wait take ${Math.round(pending.bytesEach / 1_000)} kB each`,
  );
  const cluster = await instances();
  say('\nWhat is promised:');
  for (const line of verdicts(promises(requestFigures, history, memory))) say(line);
  mkdirSync('bench/results', { recursive: true });
  const file = `bench/results/${new Date().toISOString().replaceAll(':', '-')}.json`;
  writeFileSync(
    file,
    `${JSON.stringify({ node: process.version, cores: cpus().length, quick, requestFigures, store, history, memory, conversation, cluster }, null, 2)}\n`,
  );
  say(`\nWritten to ${file}`);
}

void main();
