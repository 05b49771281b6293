import { codedError } from '@app/kernel';
import type { CodedError, ExpectedRevision, Retention } from '@app/kernel';
import type { Worker } from 'node:worker_threads';
import type { EventText } from '../event-text';
import type { Outcome, WriterReply, WriterRequest, WriterWork } from '../sqlite/messages';

/** Bounds of one message: the thread begins with the first while the rest of the tick is still being made. It groups them again. */
const mostWork = 32;
const mostText = 4 * 1024 * 1024;

/** Events that are stored together, and when they were taken. */
export interface Batch {
  readonly texts: readonly EventText[];
  readonly at: number;
}

interface Waiting<T> {
  resolve(outcome: T): void;
  reject(error: Error): void;
}

/** This side of the writing thread: gathers what one tick appends into one message, and knows who waits for which outcome. */
export class Writer {
  private readonly waiting: Waiting<Outcome>[] = [];
  private readonly purging: Waiting<void>[] = [];
  private gathered: WriterWork[] = [];
  private gatheredText = 0;
  private flushing = false;
  private dead: CodedError | undefined;
  private failing = false;
  private readonly gone: Promise<void>;
  /** The newest position when the file is open, or the reason why it is not. */
  readonly opened: Promise<number>;
  private settleOpened: { resolve(position: number): void; reject(error: Error): void } | undefined;

  constructor(
    private readonly thread: Worker,
    private readonly now: () => number,
  ) {
    this.opened = new Promise((resolve, reject) => (this.settleOpened = { resolve, reject }));
    this.gone = new Promise((resolve) => thread.once('exit', () => resolve()));
    void this.gone.then(() => this.fail(lost('has ended; restart the service')));
    thread.on('error', (error) => this.fail(lost(`failed: ${error.message}`)));
    thread.on('message', (reply: WriterReply) => this.take(reply));
  }

  append(stream: string, expected: ExpectedRevision, batch: Batch): Promise<Outcome> {
    const texts: string[] = [];
    let size = 0;
    for (const { id, type, data, metadata } of batch.texts) {
      texts.push(id, type, data, metadata);
      size += data.length + metadata.length;
    }
    return this.do({ stream, expected: expected === 'any' ? -2 : expected, at: batch.at, texts }, size);
  }

  async retain(stream: string, retention: Retention): Promise<void> {
    await this.do({ stream, retention }, 0);
  }

  purge(): Promise<void> {
    if (this.dead) return Promise.reject(this.dead);
    this.flush();
    return new Promise((resolve, reject) => {
      this.purging.push({ resolve, reject });
      this.send({ now: this.now(), work: [], purge: true });
    });
  }

  /** Rejects with the reason when nothing can be written: after a failure it is tried. */
  async check(): Promise<void> {
    if (this.dead) throw this.dead;
    if (this.failing) await this.do({ probe: true }, 0);
  }

  private do(work: WriterWork, size: number): Promise<Outcome> {
    if (this.dead) return Promise.reject(this.dead);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.gathered.push(work);
      this.gatheredText += size;
      if (this.gathered.length >= mostWork || this.gatheredText >= mostText) this.flush();
      else this.flushSoon();
    });
  }

  sweep(): void {
    this.send({ now: this.now(), work: [], sweep: true });
  }

  /** Everything that was taken is finished first. */
  async close(): Promise<void> {
    this.flush();
    this.send({ now: this.now(), work: [], close: true });
    await this.gone;
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.gathered.length === 0) return;
    const work = this.gathered;
    this.gathered = [];
    this.gatheredText = 0;
    this.send({ now: this.now(), work });
  }

  private send(request: WriterRequest): void {
    this.thread.postMessage(request);
  }

  private take(reply: WriterReply): void {
    switch (reply.kind) {
      case 'open':
        return this.settleOpened?.resolve(reply.position);
      case 'refused':
        return this.settleOpened?.reject(codedError(reply.failure.code, reply.failure.detail));
      case 'done':
        this.failing = false;
        return this.waiting
          .splice(0, reply.outcomes.length)
          .forEach((waiting, i) => waiting.resolve(reply.outcomes[i] ?? [-1]));
      case 'failed':
        // A group of nothing was tidying up.
        this.failing ||= reply.count > 0;
        return this.reject(reply.count, codedError(reply.failure.code, reply.failure.detail));
      case 'purged':
        return this.tellPurged(reply.failure && codedError(reply.failure.code, reply.failure.detail));
    }
  }

  private fail(error: CodedError): void {
    this.dead ??= error;
    this.settleOpened?.reject(this.dead);
    this.reject(this.waiting.length, this.dead);
    for (const waiting of this.purging.splice(0)) waiting.reject(this.dead);
  }

  private tellPurged(failure: CodedError | undefined): void {
    const waiting = this.purging.shift();
    if (failure === undefined) waiting?.resolve();
    else waiting?.reject(failure);
  }

  private reject(count: number, error: CodedError): void {
    for (const waiting of this.waiting.splice(0, count)) waiting.reject(error);
  }
}

function lost(how: string): CodedError {
  return codedError('store-unavailable', `the writing thread ${how}`);
}
