import type Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { failureOf } from './failure';
import type { Failure } from './failure';
import { openWritable } from './file';
import { LogWriter } from './log-writer';
import { receive } from './mail';
import type { WriterReply, WriterRequest, WriterStart } from './messages';

/** Most appends of one transaction: more would not be faster, and the first of them would wait for the last. */
const mostPerCommit = 512;

// A purge waits until nobody reads the pages that go, but not for ever; appends go on meanwhile.
const purgeTries = 50;
const purgeRest = 100;

/** The thread that writes: whatever has come in while the disk was busy goes into the next transaction together. */
class WriterThread {
  private readonly log: LogWriter;
  private now = 0;
  private tidyingUp = false;

  constructor(
    private readonly port: MessagePort,
    private readonly db: Database.Database,
    private readonly file: string,
  ) {
    this.log = new LogWriter(db);
  }

  run(): void {
    this.say({ kind: 'open', position: this.log.position });
    this.port.on('message', (request: WriterRequest) => this.work(request));
  }

  private work(first: WriterRequest): void {
    const requests = [first, ...this.pending(first.work.length)];
    this.now = requests.at(-1)?.now ?? this.now;
    const committed = this.commit(requests);
    for (const { purge } of requests) if (purge) this.purge(purgeTries);
    if (requests.some((request) => request.close)) return this.close();
    if (committed) this.tidyUpWhenIdle();
  }

  private pending(count: number): WriterRequest[] {
    const requests: WriterRequest[] = [];
    for (let taken = count; taken < mostPerCommit;) {
      const request = receive<WriterRequest>(this.port);
      if (!request) break;
      requests.push(request);
      taken += request.work.length;
    }
    return requests;
  }

  private commit(requests: readonly WriterRequest[]): boolean {
    try {
      const outcomes = this.log.commit(requests);
      if (outcomes.length > 0) this.say({ kind: 'done', outcomes });
      return true;
    } catch (error) {
      const count = requests.reduce((sum, request) => sum + request.work.length, 0);
      this.say({ kind: 'failed', count, failure: failureOf(error, this.file) });
      return false;
    }
  }

  private purge(tries: number): void {
    const failure = this.purgeFailure();
    if (failure?.code !== 'store-unavailable' || tries <= 1) return this.say({ kind: 'purged', failure });
    setTimeout(() => {
      if (this.db.open) this.purge(tries - 1);
    }, purgeRest);
  }

  private purgeFailure(): Failure | undefined {
    try {
      this.log.purge();
      return undefined;
    } catch (error) {
      return failureOf(error, this.file);
    }
  }

  /** Removes outdated events step by step; requests that come in between go first. */
  private tidyUpWhenIdle(): void {
    if (this.tidyingUp || !this.log.hasLeftovers) return;
    this.tidyingUp = true;
    setImmediate(() => this.tidyUp());
  }

  private tidyUp(): void {
    this.tidyingUp = false;
    if (this.db.open) this.work({ now: this.now, work: [] });
  }

  private close(): void {
    this.db.close();
    this.port.close();
  }

  private say(reply: WriterReply): void {
    this.port.postMessage(reply);
  }
}

function start(port: MessagePort, { file, maxBytes }: WriterStart): void {
  try {
    new WriterThread(port, openWritable(file, maxBytes), file).run();
  } catch (error) {
    port.postMessage({ kind: 'refused', failure: failureOf(error, file) } satisfies WriterReply);
    port.close();
  }
}

if (parentPort) start(parentPort, workerData as WriterStart);
