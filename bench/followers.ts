import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

// Subscribers over bare sockets: thousands of them must cost their own process little.

const caughtUp = '{"event":"caught-up"';
const told = /"info":"at-(\d+)"/;
const named = /"id":"([^"]+)"/g;

/** What those who read have heard, together. */
export class Heard {
  caughtUp = 0;
  /** Connections that ended before it was over. */
  lost = 0;
  isOver = false;
  readonly sockets: Socket[] = [];
  readonly delays: number[] = [];
  /** By subscriber, how many of the changes. */
  readonly changes: number[] = [];
  /** When each change was reported, by its number. */
  readonly reported: number[] = [];

  line(line: string, subscriber: number): void {
    if (line.startsWith(caughtUp)) this.caughtUp += 1;
    const number = told.exec(line)?.[1];
    const at = number === undefined ? undefined : this.reported[Number(number)];
    if (at === undefined) return;
    this.delays.push(performance.now() - at);
    this.changes[subscriber] = (this.changes[subscriber] ?? 0) + 1;
  }
}

/** How long things took, milliseconds. */
export function quantiles(times: number[]): string {
  times.sort((one, other) => one - other);
  const at = (part: number) => (times[Math.ceil(times.length * part) - 1] ?? Number.NaN).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms of ${times.length}`;
}

/** Asks for a feed; what comes is not read yet. */
function ask(port: number, path: string, last?: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' }).pause();
  socket.write(
    `GET /api/feeds/${path} HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\nAuthorization: Bearer bench-bench-bench-bench\r\n` +
      `${last === undefined ? '' : `Last-Event-ID: ${last}\r\n`}\r\n`,
  );
  return socket;
}

/** Reads what comes. A connection that ends is opened again, and counted: it would otherwise look like one that is late. */
export function reader(port: number, heard: Heard, subscriber: number): void {
  const socket = ask(port, 'connectors').on('error', () => undefined);
  heard.sockets[subscriber] = socket;
  socket.on('close', () => {
    if (heard.isOver) return;
    heard.lost += 1;
    setTimeout(() => reader(port, heard, subscriber), 200);
  });
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) heard.line(line, subscriber);
  });
  socket.resume();
}

/** One who asks for more than any buffer holds, and never reads. */
export const silent = (port: number): Socket => ask(port, 'meter-values').on('error', () => undefined);

/** The last id in what had come for one who never read, now that the service has let it go. */
export async function lastIdOf(socket: Socket): Promise<string | undefined> {
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.resume();
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 10_000))]);
  // Of a line that is cut off nothing counts.
  return [...text.slice(0, text.lastIndexOf('\n')).matchAll(named)].at(-1)?.[1];
}

/** The first message of a feed behind an id. */
export async function firstBehind(port: number, last: string): Promise<string> {
  const socket = ask(port, 'meter-values', last).on('error', () => undefined);
  let text = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const event = /"event":"([\w-]+)"/.exec(text)?.[1];
      if (event === undefined) return;
      socket.destroy();
      resolve(event);
    });
    socket.on('close', () => resolve('nothing'));
    socket.resume();
  });
}
