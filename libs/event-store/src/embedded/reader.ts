import { codedError } from '@app/kernel';
import type { CodedError, LogPage, RecordedEvent, StreamPage } from '@app/kernel';
import type { Worker } from 'node:worker_threads';
import type { LogQuery, ReaderReply, ReaderRequest, StreamQuery } from '../sqlite/messages';

interface Waiting {
  readonly events: RecordedEvent[];
  resolve(page: LogPage | StreamPage): void;
  reject(error: Error): void;
}

/** The events of a part of a page. */
export function eventsOf(part: string): RecordedEvent[] {
  return JSON.parse(part) as RecordedEvent[];
}

/** A page of the events of its parts, and the rest of it. */
export function pageOf<Page>(events: readonly RecordedEvent[], rest: string): Page {
  return { events, ...(JSON.parse(rest) as object) } as Page;
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

  readStream(query: StreamQuery): Promise<StreamPage> {
    return this.ask({ ticket: (this.tickets += 1), kind: 'stream', query }) as Promise<StreamPage>;
  }

  readAll(query: LogQuery): Promise<LogPage> {
    return this.ask({ ticket: (this.tickets += 1), kind: 'log', query }) as Promise<LogPage>;
  }

  async close(): Promise<void> {
    if (this.waiting.size > 0) await new Promise<void>((resolve) => (this.drained = resolve));
    await this.thread.terminate();
  }

  private ask(request: ReaderRequest): Promise<LogPage | StreamPage> {
    if (this.dead) return Promise.reject(this.dead);
    return new Promise((resolve, reject) => {
      this.waiting.set(request.ticket, { events: [], resolve, reject });
      this.thread.postMessage(request);
    });
  }

  private take(reply: ReaderReply): void {
    const waiting = this.waiting.get(reply.ticket);
    try {
      if ('part' in reply) return void waiting?.events.push(...eventsOf(reply.part));
      if ('failure' in reply) throw codedError(reply.failure.code, reply.failure.detail);
      waiting?.resolve(pageOf(waiting.events, reply.rest));
    } catch (error) {
      waiting?.reject(error as Error);
    }
    this.waiting.delete(reply.ticket);
    if (this.waiting.size === 0) this.drained();
  }

  private fail(error: CodedError): void {
    this.dead ??= error;
    for (const waiting of this.waiting.values()) waiting.reject(this.dead);
    this.waiting.clear();
    this.drained();
  }
}
