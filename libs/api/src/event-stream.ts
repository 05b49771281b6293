import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';

const heartbeatEvery = 15_000;
/** Bytes that may wait for a reader; who reads slower is cut off and resumes where it was. */
const mostWaiting = 4 * 1_048_576;

export interface StreamedEvent {
  readonly event: string;
  /** Resume position; an event without one leaves the last as it is. */
  readonly id?: string;
  readonly data: unknown;
}

/** One Server-Sent Events connection (HTML Living Standard, 9.2). */
export class EventStream {
  private readonly response: ServerResponse;
  private readonly beat: NodeJS.Timeout;
  private readonly enders = new Set<() => void>();
  private over = false;

  constructor(reply: FastifyReply) {
    reply.hijack();
    this.response = reply.raw;
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined));
    this.response.writeHead(200, {
      ...(headers as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    this.response.write(': at your service\n\n');
    this.beat = setInterval(() => this.write(': still here\n\n'), heartbeatEvery);
    this.response.once('close', () => this.end());
  }

  get ended(): boolean {
    return this.over;
  }

  whenEnded(work: () => void): void {
    if (this.over) work();
    else this.enders.add(work);
  }

  /** False when the reader is gone, or was cut off because it does not read. */
  send({ event, id, data }: StreamedEvent): boolean {
    const place = id === undefined ? '' : `id: ${id}\n`;
    return this.write(`${place}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    clearInterval(this.beat);
    this.response.end();
    for (const work of this.enders) work();
  }

  private write(text: string): boolean {
    if (this.over) return false;
    if (this.response.writableLength > mostWaiting) {
      this.end();
      this.response.destroy();
      return false;
    }
    this.response.write(text);
    return true;
  }
}
