import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { firstBehind, Heard, lastIdOf, quantiles, reader, silent } from './followers';
import { residentBytes } from './memory';
import { httpRequest, scenarios } from './messages';
import type { Running } from './processes';
import { startService, trialFolder } from './processes';

// Thousands follow the connectors while boxes report; then hundreds come who ask for more than any buffer holds and never read. What that costs the
// service, and how late the others hear, before, with and after them. Cannot see: a network that is slower than the machine.

const subscribers = Number(process.argv[2] ?? 5_000);
const mute = Number(process.argv[3] ?? 500);
const seconds = Number(process.argv[4] ?? 20);
const readers = subscribers - mute;
/** Changes in a second: each is a message to every reader, and this one process reads them all. */
const perSecond = 5;
const patience = 20;
const asked = 5;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const heard = new Heard();
/** Milliseconds in which boxes were answered. */
const answers: number[] = [];

async function until(holds: () => boolean, most: number): Promise<number> {
  const begin = performance.now();
  while (!holds() && performance.now() - begin < most) await pause(20);
  return (performance.now() - begin) / 1_000;
}

/** What buffers of connections hold in the kernel, on the whole machine. */
function kernelBytes(): number {
  const pages = /^TCP: .* mem (\d+)$/m.exec(readFileSync('/proc/net/sockstat', 'utf8'))?.[1];
  return Number(pages ?? 0) * 4_096;
}

/** Boxes report their status one after the other; resolves with how many changes there were. */
async function report({ port }: Running): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const first = heard.reported.length;
  for (const end = performance.now() + seconds * 1_000; performance.now() < end;) {
    const number = heard.reported.length;
    const status = number % 2 === 0 ? 'Occupied' : 'Available';
    const change = { connectorId: 1, status, errorCode: 'NoError', info: `at-${number}` } as const;
    heard.reported.push(performance.now());
    const sent = performance.now();
    socket.write(httpRequest('StatusNotification', change, `BOX-${number % 200}`));
    await new Promise((resolve) => socket.once('data', resolve));
    answers.push(performance.now() - sent);
    await pause(1_000 / perSecond);
  }
  socket.destroy();
  return heard.reported.length - first;
}

/** How late readers hear of changes, and what memory the service takes meanwhile. */
async function measure(service: Running, what: string): Promise<void> {
  heard.changes.fill(0);
  const late = monitorEventLoopDelay({ resolution: 10 });
  late.enable();
  let most = 0;
  const watching = setInterval(() => (most = Math.max(most, residentBytes(service.pid))), 200);
  const changes = await report(service);
  const complete = () => heard.changes.filter((count) => count === changes).length;
  const waited = await until(() => complete() === readers, 30_000);
  clearInterval(watching);
  late.disable();
  say(
    `${what}: ${complete()} of ${readers} heard all ${changes} changes, the last ${waited.toFixed(1)} s after the last one`,
  );
  say(`  from the request of the box to its subscribers: ${quantiles(heard.delays.splice(0))}`);
  say(`  the box itself was answered: ${quantiles(answers.splice(0))}`);
  say(`  the reading process itself was late by ${(late.percentile(99) / 1e6).toFixed(0)} ms (p99)`);
  say(`  most memory of the service ${megabytes(most)}; connections in the kernel ${megabytes(kernelBytes())}`);
}

/** Readings for those who do not read. */
async function fill({ port }: Running): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  for (let index = 0; index < 1_500; index += 1) {
    socket.write(scenarios['MeterValues (20 values)'](index, true));
    await new Promise((resolve) => socket.once('data', resolve));
  }
  socket.destroy();
}

/** So many connections, some at a time: no list of connections waiting to be accepted runs over. */
async function open(count: number, one: (number: number) => void): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    one(number);
    if (number % 100 === 99) await pause(50);
  }
}

async function actOut(service: Running, silents: Socket[]): Promise<void> {
  const port = service.apiPort ?? 0;
  await fill(service);
  say(`memory of the service before: ${megabytes(residentBytes(service.pid))}`);
  await open(readers, (number) => reader(port, heard, number));
  const joined = await until(() => heard.caughtUp >= readers, 120_000);
  const withReaders = residentBytes(service.pid);
  say(
    `${heard.caughtUp} of ${readers} readers caught up in ${joined.toFixed(1)} s, with them ${megabytes(withReaders)}`,
  );
  await measure(service, 'without silent ones');

  await open(mute, () => void silents.push(silent(port)));
  await measure(service, `with ${mute} silent ones`);
  let cut = 0;
  const begin = performance.now();
  for (const end = Date.now() + 300_000; cut < mute && Date.now() < end; await pause(200))
    cut = await figure(port, 'feed_subscribers_cut_total');
  say(
    `${cut} of ${mute} silent ones were cut off after ${patience} s of patience, the last ${((performance.now() - begin) / 1_000).toFixed(0)} s later; ${await figure(port, 'feed_subscribers')} follow still`,
  );
  for (const [number, socket] of silents.slice(0, asked).entries()) {
    const last = await lastIdOf(socket);
    const first = last === undefined ? 'nothing' : await firstBehind(port, last);
    say(`  silent ${number + 1} goes on behind the last id that had come, and hears: ${first}`);
  }
  await measure(service, 'after them');
  say(`${heard.lost} connections of readers were lost and opened again, all in all`);
}

/** One of the figures that the service tells of itself. */
async function figure(port: number, name: string): Promise<number> {
  const headers = { authorization: 'Bearer bench-bench-bench-bench' };
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

async function main(): Promise<void> {
  const folder = trialFolder();
  const service = await startService(folder.path, { FEED_PATIENCE: String(patience) });
  const silents: Socket[] = [];
  try {
    say(`${readers} readers and ${mute} silent ones, ${perSecond} changes a second for ${seconds} s each time`);
    await actOut(service, silents);
  } finally {
    heard.isOver = true;
    for (const socket of [...heard.sockets, ...silents]) socket.destroy();
    await service.stop();
    folder.remove();
  }
}

void main();
