import type { EventStore, KnownTokens, Log, Position } from '@app/kernel';
import { BEGINNING, codedError } from '@app/kernel';
import type { AuthorizationSeed, LastSeen, OfferedRequest, TaskSeed } from '@app/runtime';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Progress } from './projector';
import { Projector } from './projector';
import type { StoreOpener } from './projector-thread';
import type { WorkerMessage } from './projector-worker';
import type { SqliteDatabase } from './sqlite/database';
import { anchorPosition, isMadeOf } from './sqlite/anchor';
import { checkpointOf, hasIndexes, makeIndexes, makeTables, openForReading, openForWriting } from './sqlite/database';
import { knownTokens } from './sqlite/veil-keys';
import { lastSeenFrom, pendingFrom, seedFrom, tasksFrom } from './sqlite/seed';
import { discard, isOffered, misfitOf, takeOver } from './take-over';

export interface ReadModelsOptions {
  readonly file: string;
  readonly store: EventStore;
  /** Opens the log in a thread of its own. Without it rows are built in this thread, which is for small stores. */
  readonly openStore?: StoreOpener;
  readonly log: Log;
  /** Removes the file at the end. */
  readonly disposable?: boolean;
}

interface Waiter {
  readonly position: Position;
  readonly done: (reached: boolean) => void;
  readonly timer: NodeJS.Timeout;
}

/** The read models at work: built beside the service, asked by queries, and how far they are. */
export class ReadModels {
  private progress: Progress = { checkpoint: '', caughtUp: false, skipped: 0, applied: 0 };
  private closing = false;
  private built = false;
  private caughtUpAt = Date.now();
  private interruption: string | undefined;
  private whenCaughtUp: (() => void) | undefined;
  private waiters: Waiter[] = [];
  private readonly listeners = new Set<() => unknown>();
  private writer: SqliteDatabase;
  private reader: SqliteDatabase | undefined;
  private looking: NodeJS.Timeout | undefined;
  private taking: Promise<unknown> | undefined;
  private wakeThread: () => void = () => undefined;
  private stopBuilding: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly options: ReadModelsOptions) {
    // Opened here first, so that the tables exist before anybody asks and a fault stops the start.
    this.writer = openForWriting(options.file);
  }

  /** Throws rows away that come from another log. Call it first; until then rows may show what never happened here. */
  async prepare(): Promise<void> {
    const { store, log, file } = this.options;
    if (!(await isMadeOf(store, this.writer))) {
      log.warn({ file }, 'The read models come from another history: they are built anew');
      makeTables(this.writer);
    }
    // Nothing is stored, so nothing has to be built.
    if (!hasIndexes(this.writer) && (await store.head()) === BEGINNING) makeIndexes(this.writer);
  }

  /** Connection for queries. Throws `read-models-building` until the rows have shown everything once: half of them would be wrong answers. */
  get database(): SqliteDatabase {
    this.built ||= hasIndexes(this.writer);
    if (!this.built) throw codedError('read-models-building', `${this.progress.applied} events so far`);
    this.reader ??= openForReading(this.options.file);
    return this.reader;
  }

  /** Place of an event of ours that the log must have if it is still the one that the rows were made of. */
  anchor(): Position {
    return anchorPosition(this.writer);
  }

  /** What the runtime must know of idTags and transactions, as of the checkpoint. */
  seed(): AuthorizationSeed {
    return seedFrom(this.writer);
  }

  /** What is known of tokens in the log, as of the checkpoint. */
  tokens(): KnownTokens {
    return knownTokens(this.writer);
  }

  /** The to-do lists of the sagas, as of the checkpoint. */
  taskSeed(): TaskSeed {
    return tasksFrom(this.writer);
  }

  /** Requests that wait for somebody outside, as of the checkpoint. */
  pending(): readonly OfferedRequest[] {
    return pendingFrom(this.writer);
  }

  /** When boxes were last seen, as of the checkpoint. */
  lastSeen(): readonly LastSeen[] {
    return lastSeenFrom(this.writer);
  }

  start(): void {
    this.build();
    const done = () => (this.taking = undefined);
    const failed = (error: unknown) => {
      this.options.log.error({ err: error }, 'The read models could not be opened');
      done();
    };
    this.looking = setInterval(() => {
      if (isOffered(this.options.file)) this.taking ??= this.takeOver().then(done, failed);
    }, 1_000).unref();
  }

  private build(): void {
    const { openStore } = this.options;
    if (openStore === undefined) this.startHere();
    else this.startThread(openStore);
  }

  /** Takes rows that were built beside this process into use, and goes on from where they are. */
  private async takeOver(): Promise<void> {
    const { file, store, log } = this.options;
    const misfit = await misfitOf(file, store);
    if (misfit !== undefined) {
      discard(file);
      return log.warn({ file, ...misfit.about }, `Read models were offered that ${misfit.what}: thrown away`);
    }
    await this.stopBuilding();
    if (this.closing) return;
    this.reader?.close();
    this.reader = undefined;
    this.writer.close();
    try {
      takeOver(file);
      log.info({ file }, 'Read models that were built beside are in use now');
    } catch (error) {
      discard(file);
      log.error({ err: error }, 'Read models that were built beside could not be taken into use: thrown away');
    }
    this.writer = openForWriting(file);
    this.built = false;
    // They may lie a little before the old ones: whoever asks for a position waits for it again.
    this.progress = { ...this.progress, checkpoint: checkpointOf(this.writer), caughtUp: false };
    this.build();
  }

  /** Lets everybody go who waits for rows, now and later: this process ends. */
  letGo(): void {
    this.closing = true;
    for (const { done, timer } of this.waiters.splice(0)) {
      clearTimeout(timer);
      done(false);
    }
  }

  async stop(): Promise<void> {
    this.letGo();
    clearInterval(this.looking);
    await this.taking;
    await this.stopBuilding();
    this.reader?.close();
    this.writer.close();
    if (this.options.disposable)
      for (const end of ['', '-wal', '-shm']) rmSync(`${this.options.file}${end}`, { force: true });
  }

  /**
   * `caughtUpAt`: when the rows last showed everything, milliseconds since 1970; the start of this run at first. `interruption`: why they
   * are not going on at the moment.
   */
  status(): Progress & { readonly caughtUpAt: number; readonly interruption: string | undefined } {
    return { ...this.progress, caughtUpAt: this.caughtUpAt, interruption: this.interruption };
  }

  /** Resolves once the rows show everything that is stored; tells how far it is meanwhile. */
  async caughtUp(): Promise<void> {
    const { log } = this.options;
    const begin = performance.now();
    const tell = () => {
      const { applied, checkpoint } = this.progress;
      const perSecond = Math.round(applied / ((performance.now() - begin) / 1_000));
      log.info({ applied, perSecond, checkpoint }, 'The read models are being built');
    };
    const telling = setInterval(tell, 5_000);
    if (!this.progress.caughtUp) await new Promise<void>((resolve) => (this.whenCaughtUp = resolve));
    clearInterval(telling);
  }

  /** Resolves with true once the rows show everything up to a position, with false after `patience` milliseconds. */
  waitFor(position: Position, patience: number): Promise<boolean> {
    if (this.progress.checkpoint >= position) return Promise.resolve(true);
    if (this.closing) return Promise.resolve(false);
    // The thread looks for new events by itself a few times a second, which lets it take many at once; who waits is served now.
    this.wakeThread();
    return new Promise((done) => {
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((waiter) => waiter.timer !== timer);
        done(false);
      }, patience);
      this.waiters.push({ position, done, timer });
    });
  }

  /** Calls back whenever rows may have changed, until the returned function is called. */
  onProgress(listener: () => unknown): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private startHere(): void {
    const { log } = this.options;
    const projector = new Projector(this.options.store, this.writer, {
      progress: (progress) => this.advance(progress),
      skipped: ({ type, stream, position }, error) =>
        log.error({ type, stream, position, err: error }, 'An event was left out of the read models'),
      interrupted: (error, retryIn) => {
        this.interruption = error instanceof Error ? error.message : undefined;
        log.warn({ err: error, retryIn }, 'The read models were interrupted');
      },
    });
    this.wakeThread = () => projector.hurry();
    this.stopBuilding = () => projector.stop();
    projector.start();
  }

  private startThread(openStore: StoreOpener): void {
    const { log, file } = this.options;
    const thread = new Worker(join(__dirname, `projector-worker${__filename.slice(-3)}`), {
      workerData: { file, openStore },
      ...(__filename.endsWith('.ts') ? { execArgv: ['--require', '@swc-node/register'] } : {}),
    });
    let stopping = false;
    thread.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') return this.advance(message);
      const { kind, ...fields } = message;
      if (message.kind === 'interrupted') this.interruption = message.reason;
      log.warn(
        fields,
        kind === 'skipped' ? 'An event was left out of the read models' : 'The read models were interrupted',
      );
    });
    thread.on('error', (error) => log.error({ err: error }, 'The thread of the read models failed'));
    const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    void exited.then(() => {
      if (stopping) return;
      this.progress = { ...this.progress, caughtUp: false };
      log.error({}, 'The thread of the read models ended; it is started again');
      setTimeout(() => !stopping && this.startThread(openStore), 1_000);
    });
    this.wakeThread = () => thread.postMessage('wake');
    this.stopBuilding = async () => {
      stopping = true;
      this.wakeThread = () => undefined;
      thread.postMessage('stop');
      await exited;
    };
  }

  private advance(progress: Progress): void {
    this.progress = progress;
    this.interruption = undefined;
    if (progress.caughtUp) {
      this.caughtUpAt = Date.now();
      this.whenCaughtUp?.();
    }
    for (const listener of this.listeners) listener();
    const reached = this.waiters.filter(({ position }) => position <= progress.checkpoint);
    if (reached.length === 0) return;
    this.waiters = this.waiters.filter(({ position }) => position > progress.checkpoint);
    for (const { done, timer } of reached) {
      clearTimeout(timer);
      done(true);
    }
  }
}
