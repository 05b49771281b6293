import { codedError } from '@app/kernel';
import type { CodedError, LogPage, StreamPage } from '@app/kernel';
import type { Worker } from 'node:worker_threads';
import type { LogQuery, ReaderReply, ReaderRequest, StreamQuery } from '../sqlite/messages';

interface Waiting {
  resolve(page: string): void;
  reject(error: Error): void;
}

/** This side of the reading thread. */
export class Reader {
  private readonly waiting = new Map<number, Waiting>();
  private tickets = 0;
  private dead: CodedError | undefined;
  private drained: () => void = () => undefined;

  constructor(private readonly thread: Worker) {
    thread.on('message', (reply: ReaderReply) => this.take(reply));
    thread.on('error', (error) =>
      this.fail(codedError('store-unavailable', `the reading thread failed: ${error.message}`, error)),
    );
    thread.once('exit', () =>
      this.fail(codedError('store-unavailable', 'the reading thread has ended; restart the service')),
    );
  }

  async readStream(query: StreamQuery): Promise<StreamPage> {
    return JSON.parse(await this.ask({ ticket: (this.tickets += 1), kind: 'stream', query })) as StreamPage;
  }

  async readAll(query: LogQuery): Promise<LogPage> {
    return JSON.parse(await this.ask({ ticket: (this.tickets += 1), kind: 'log', query })) as LogPage;
  }

  async close(): Promise<void> {
    if (this.waiting.size > 0) await new Promise<void>((resolve) => (this.drained = resolve));
    await this.thread.terminate();
  }

  private ask(request: ReaderRequest): Promise<string> {
    if (this.dead) return Promise.reject(this.dead);
    return new Promise((resolve, reject) => {
      this.waiting.set(request.ticket, { resolve, reject });
      this.thread.postMessage(request);
    });
  }

  private take(reply: ReaderReply): void {
    const waiting = this.waiting.get(reply.ticket);
    this.waiting.delete(reply.ticket);
    if ('page' in reply) waiting?.resolve(reply.page);
    else waiting?.reject(codedError(reply.failure.code, reply.failure.detail));
    if (this.waiting.size === 0) this.drained();
  }

  private fail(error: CodedError): void {
    this.dead ??= error;
    for (const waiting of this.waiting.values()) waiting.reject(this.dead);
    this.waiting.clear();
    this.drained();
  }
}
