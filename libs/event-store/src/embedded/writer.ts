import { codedError } from '@app/kernel';
import type { CodedError } from '@app/kernel';
import type { Worker } from 'node:worker_threads';
import type { Outcome, WriterReply, WriterRequest, WriterWork } from '../sqlite/messages';

/** Bounds of one message: what comes in one tick beyond them is sent in several. */
const mostWork = 512;
const mostText = 4 * 1024 * 1024;

interface Waiting {
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}

/** This side of the writing thread: gathers what one tick appends into one message, and knows who waits for which outcome. */
export class Writer {
  private readonly waiting: Waiting[] = [];
  private gathered: WriterWork[] = [];
  private gatheredText = 0;
  private flushing = false;
  private dead: CodedError | undefined;
  private readonly gone: Promise<void>;

  private constructor(
    private readonly thread: Worker,
    private readonly now: () => number,
  ) {
    thread.on('message', (reply: WriterReply) => this.take(reply));
    this.gone = new Promise((resolve) => thread.once('exit', () => resolve()));
    void this.gone.then(() =>
      this.fail(codedError('store-unavailable', 'the writing thread has ended; restart the service')),
    );
    thread.on('error', (error) =>
      this.fail(codedError('store-unavailable', `the writing thread failed: ${error.message}`, error)),
    );
  }

  /** Resolves with the newest position when the file is open. */
  static async open(thread: Worker, now: () => number): Promise<{ writer: Writer; position: number }> {
    const position = await new Promise<number>((resolve, reject) => {
      thread.once('message', (reply: WriterReply) => {
        if (reply.kind === 'open') resolve(reply.position);
        else if (reply.kind === 'refused') reject(codedError(reply.failure.code, reply.failure.detail));
      });
      thread.once('error', reject);
    });
    return { writer: new Writer(thread, now), position };
  }

  do(work: WriterWork, size: number): Promise<Outcome> {
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
    if (reply.kind === 'done') {
      const answered = this.waiting.splice(0, reply.outcomes.length);
      reply.outcomes.forEach((outcome, i) => answered[i]?.resolve(outcome));
    } else if (reply.kind === 'failed') {
      const error = codedError(reply.failure.code, reply.failure.detail);
      for (const waiting of this.waiting.splice(0, reply.count)) waiting.reject(error);
    }
  }

  private fail(error: CodedError): void {
    this.dead ??= error;
    for (const waiting of this.waiting.splice(0)) waiting.reject(this.dead);
  }
}
