import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly keepAlive: boolean;
  /** How long requests are made, milliseconds. */
  readonly duration: number;
  /** The whole HTTP request number `index`, which is unique over the run. */
  readonly request: (index: number) => Buffer;
  /** Requests per second over all connections; as many as possible when left out. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
}

const lengthHeader = Buffer.from('Content-Length: ');

/** Makes requests over plain sockets, one at a time on each connection: a generator that costs less than what it measures. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let failures = 0;
  let index = 0;
  const begin = performance.now();
  const end = begin + options.duration;
  const interval = options.rate === undefined ? 0 : (options.connections * 1_000) / options.rate;
  const work = async (place: number) => {
    let line = new Line(options.port);
    let due = begin + (place / options.connections) * interval;
    for (; performance.now() < end; due += interval) {
      if (interval > 0 && due > performance.now())
        await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      const asked = interval > 0 ? due : performance.now();
      try {
        const status = await line.exchange(options.request(index++));
        if (status !== 200) failures += 1;
        else latencies.push(performance.now() - asked);
      } catch {
        failures += 1;
        line = new Line(options.port);
      }
      if (!options.keepAlive) {
        line.close();
        line = new Line(options.port);
      }
    }
    line.close();
  };
  await Promise.all(Array.from({ length: options.connections }, (_, place) => work(place)));
  const seconds = (performance.now() - begin) / 1_000;
  latencies.sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { requestsPerSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), failures };
}

/** One connection. */
class Line {
  private readonly socket: Socket;
  private received: Buffer | undefined;
  private settle: { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void } | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => this.take(chunk));
    const fail = () => this.settle?.reject(new Error('The connection ended.'));
    this.socket.on('error', fail);
    this.socket.on('close', fail);
  }

  exchange(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    const bytes = this.received === undefined ? chunk : Buffer.concat([this.received, chunk]);
    const head = bytes.indexOf('\r\n\r\n');
    const place = head < 0 ? -1 : bytes.indexOf(lengthHeader);
    const length =
      place < 0
        ? NaN
        : parseInt(bytes.toString('latin1', place + lengthHeader.length, place + lengthHeader.length + 10), 10);
    if (!(bytes.length >= head + 4 + length)) {
      this.received = bytes;
      return;
    }
    this.received = undefined;
    const { settle } = this;
    this.settle = undefined;
    settle?.resolve(Number(bytes.toString('latin1', 9, 12)));
  }
}
