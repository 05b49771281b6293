import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { residentBytes } from './memory';
import { httpRequest, scenarios } from './messages';
import type { Running } from './processes';
import { startService, trialFolder } from './processes';

// Thousands follow the connectors while boxes report; some never read. What it costs the service, and how late the others hear.

const subscribers = Number(process.argv[2] ?? 5_000);
const mute = Number(process.argv[3] ?? 500);
const seconds = Number(process.argv[4] ?? 40);
const perSecond = 20;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** When each status was reported, by the text that it carries. */
const reported = new Map<string, number>();
const delays: number[] = [];
const heard: number[] = [];
let caughtUp = 0;
let closed = 0;

function subscribe(port: number, reads: boolean, number: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.on('close', () => (closed += 1));
  // Those who do not read ask for more than any buffer between them and the service holds.
  const feed = reads ? 'connectors' : 'meter-values';
  socket.write(
    `GET /api/feeds/${feed} HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\nAuthorization: Bearer bench-bench-bench-bench\r\n\r\n`,
  );
  if (!reads) return socket.pause();
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(line, number);
  });
  return socket;
}

function hear(line: string, number: number): void {
  if (line.startsWith('{"event":"caught-up"')) caughtUp += 1;
  const told = /"info":"(at-\d+)"/.exec(line)?.[1];
  const at = told === undefined ? undefined : reported.get(told);
  if (at === undefined) return;
  delays.push(performance.now() - at);
  heard[number] = (heard[number] ?? 0) + 1;
}

/** So many boxes report a status each second, one after the other. */
async function report({ port }: Running, during: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let sent = 0;
  for (const end = performance.now() + during * 1_000; performance.now() < end; sent += 1) {
    const name = `at-${sent}`;
    const status = {
      connectorId: 1,
      status: sent % 2 === 0 ? 'Occupied' : 'Available',
      errorCode: 'NoError',
      info: name,
    };
    reported.set(name, performance.now());
    socket.write(httpRequest('StatusNotification', status, `BOX-${sent % 200}`));
    await new Promise((resolve) => socket.once('data', resolve));
    await pause(1_000 / perSecond);
  }
  socket.destroy();
  return sent;
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

async function main(): Promise<void> {
  const folder = trialFolder();
  const service = await startService(folder.path, { FEED_PATIENCE: '20' });
  const port = service.apiPort ?? 0;
  const sockets: Socket[] = [];
  try {
    await fill(service);
    const empty = residentBytes(service.pid);
    for (let number = 0; number < subscribers; number += 1) {
      sockets.push(subscribe(port, number >= mute, number));
      if (number % 100 === 99) await pause(50);
    }
    for (const end = Date.now() + 60_000; caughtUp < subscribers - mute && Date.now() < end;) await pause(100);
    const joined = residentBytes(service.pid);
    say(
      `${caughtUp} of ${subscribers} follow, ${mute} never read: ${megabytes(empty)} MB before, ${megabytes(joined)} MB with them`,
    );
    let most = joined;
    const watching = setInterval(() => (most = Math.max(most, residentBytes(service.pid))), 250);
    const sent = await report(service, seconds);
    await pause(3_000);
    clearInterval(watching);
    const complete = heard.filter((count) => count === sent).length;
    delays.sort((one, other) => one - other);
    const at = (part: number) => (delays[Math.floor(delays.length * part)] ?? 0).toFixed(0);
    say(`${sent} changes in ${seconds} s: ${complete} subscribers heard all of them, ${delays.length} messages`);
    say(`from the request of the box to its subscriber: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, last ${at(0.99999)} ms`);
    say(`${closed} connections were ended by the service`);
    say(`most memory of the service: ${megabytes(most)} MB, at the end ${megabytes(residentBytes(service.pid))} MB`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await service.stop();
    folder.remove();
  }
}

const megabytes = (bytes: number) => Math.round(bytes / 1e6);

void main();
