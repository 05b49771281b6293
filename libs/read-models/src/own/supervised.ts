import type { Log, Position } from '@app/kernel';
import { codedError, startThread } from '@app/kernel';
import { basename, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { FollowedRows, OwnFollowed } from '../followed-rows';
import type { StoreOpener } from '../projector-thread';
import type { OwnProjectionRow } from './rows';
import type { SqliteDatabase } from '../sqlite/database';
import { rowsWithKeys } from '../sqlite/followed-tables';
import { OwnRows } from '../sqlite/own-rows';
import { rowsFileOf } from './files';
import { ownTable } from './guard';
import type { Declared, OwnMessage, OwnStart } from './own-worker';

export interface Supervision {
  /** Where rows are kept. */
  readonly folder: string;
  readonly openStore: StoreOpener;
  readonly log: Log;
  /** Milliseconds within which a projection must come back from an event. */
  readonly patience: number;
  /** Gives a name to a projection; otherwise the file that has it. */
  readonly claim: (name: string, source: string) => string | undefined;
  /** It is known now what it is, or that it is nothing. */
  readonly known: () => void;
}

const heapMegabytes = 256;
const longestWait = 60_000;
/** Milliseconds that a thread has to end by itself. */
const farewell = 2_000;

/** One projection from outside with the thread that builds its rows. Whatever the thread does, it is outlived. */
export class Supervised implements FollowedRows {
  declared: Declared | undefined;
  private state: OwnProjectionRow['state'] = 'loading';
  private fault: string | undefined;
  private thread: Worker | undefined;
  private opened: OwnRows | undefined;
  private stopping = false;
  private heardAt = 0;
  private caughtUpAt = Date.now();
  private wait = 1_000;
  private watching: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private caughtUp = false;
  private readonly listeners = new Set<() => unknown>();
  private readonly losers = new Set<() => unknown>();

  constructor(
    private readonly source: string,
    private readonly supervision: Supervision,
  ) {}

  get isLoading(): boolean {
    return this.state === 'loading';
  }

  /** Whether its rows may be, or become, those of a projection that goes on. */
  get isUnknown(): boolean {
    return this.declared === undefined && this.state !== 'stopped';
  }

  /** Whether it goes on with the rows of a version. */
  keepsUp(name: string, version: number): boolean {
    return this.state !== 'stopped' && this.declared?.name === name && this.declared.version === version;
  }

  get file(): string {
    return basename(this.source);
  }

  start(): void {
    const { folder, openStore, patience } = this.supervision;
    const start: OwnStart = { source: this.source, folder, openStore, beat: patience / 5 };
    const worker = join(__dirname, `own-worker${__filename.slice(-3)}`);
    const thread = startThread(worker, this.file, start, { maxOldGenerationSizeMb: heapMegabytes });
    this.thread = thread;
    this.heardAt = performance.now();
    this.watching = setInterval(() => this.watch(thread), patience / 5).unref();
    thread.on('message', (message: OwnMessage) => this.hear(thread, message));
    thread.on('error', (error) => (this.fault = `Its thread failed: ${error.message}`));
    thread.once('exit', () => this.ended());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.retry);
    const { thread } = this;
    if (thread !== undefined) {
      const exited = new Promise((resolve) => thread.once('exit', resolve));
      thread.postMessage('stop');
      const late = setTimeout(() => void thread.terminate(), farewell);
      await exited;
      clearTimeout(late);
    }
    this.opened?.close();
  }

  /** Lets go of its rows when it does not go on with them: they are removed. */
  letGo(): void {
    if (this.state !== 'stopped') return;
    this.opened?.close();
    this.opened = undefined;
  }

  /** Its rows. Throws `projection-building` until they are complete. */
  get rows(): OwnRows {
    if (this.opened?.isBuilt) return this.opened;
    throw codedError('projection-building', this.declared?.name);
  }

  /** Their connection, for who follows them. Throws `projection-stopped` when nothing more will come. */
  get database(): SqliteDatabase {
    if (this.state === 'stopped') throw codedError('projection-stopped', this.fault);
    return this.rows.database;
  }

  status(): { readonly caughtUp: boolean } {
    return { caughtUp: this.caughtUp };
  }

  onProgress(listener: () => unknown): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  followed(): readonly OwnFollowed[] {
    if (this.declared === undefined) return [];
    const { name, version, columns } = this.declared;
    const table = rowsWithKeys(ownTable, `own ${name}:${version}`, { id: 'key' });
    return [{ name, version, columns, table, rows: this, onLost: (listener) => void this.losers.add(listener) }];
  }

  row(head: Position): OwnProjectionRow {
    const { file, declared, state, fault } = this;
    const { position, rows, skipped } = this.opened?.reached() ?? { position: '', rows: 0, skipped: 0 };
    const about = declared && { name: declared.name, version: declared.version, columns: declared.columns };
    const lag = position >= head ? 0 : Math.max(1, Math.round((Date.now() - this.caughtUpAt) / 1_000));
    return { file, ...about, state, position, rows, lag, skipped, ...(fault === undefined ? {} : { fault }) };
  }

  private hear(thread: Worker, message: OwnMessage): void {
    this.heardAt = performance.now();
    switch (message.kind) {
      case 'beat':
        return;
      case 'declared':
        return this.declare(thread, message);
      case 'refused':
        return this.giveUp(thread, message.faults.join('; '));
      case 'opened':
        return this.open(message.anew);
      case 'progress':
        return this.advance(message.caughtUp);
      case 'skipped':
      case 'interrupted':
        return this.note(message);
    }
  }

  private declare(thread: Worker, { name, version, columns, indexes }: Declared): void {
    const other = this.supervision.claim(name, this.source);
    if (other !== undefined) return this.giveUp(thread, `name ${name} is that of ${other} already`);
    this.declared = { name, version, columns, indexes };
    this.supervision.known();
    thread.postMessage('go');
  }

  private open(anew: boolean): void {
    const { declared, supervision } = this;
    if (declared === undefined) return;
    if (anew)
      supervision.log.warn({ file: this.file }, 'The rows of a projection come from another history: built anew');
    this.opened?.close();
    this.opened = new OwnRows(rowsFileOf(supervision.folder, declared.name, declared.version), declared);
    this.state = this.opened.isBuilt ? 'running' : 'building';
    if (anew) this.lose();
  }

  private advance(caughtUp: boolean): void {
    this.fault = undefined;
    this.wait = 1_000;
    if (caughtUp) {
      this.state = 'running';
      this.caughtUp = true;
      this.caughtUpAt = Date.now();
    }
    for (const listener of this.listeners) listener();
  }

  private note({ kind, ...fields }: Extract<OwnMessage, { kind: 'skipped' | 'interrupted' }>): void {
    const { log } = this.supervision;
    if (kind === 'interrupted') this.fault = fields.reason;
    const sentence = kind === 'skipped' ? 'A projection left an event out' : 'A projection was interrupted';
    log.warn({ file: this.file, projection: this.declared?.name, ...fields }, sentence);
  }

  /** A thread from which nothing is heard is in a loop; nothing but its end gets it out of there. */
  private watch(thread: Worker): void {
    const { patience } = this.supervision;
    if (performance.now() - this.heardAt <= patience) return;
    const place = this.opened?.reached().position;
    const where = place === undefined ? 'its file' : `an event after position ${place || 'the beginning'}`;
    this.giveUp(
      thread,
      `It did not come back from ${where} within ${patience / 1_000} s. Mend it, and start the service again`,
    );
  }

  private giveUp(thread: Worker, fault: string): void {
    this.state = 'stopped';
    this.fault = fault;
    clearInterval(this.watching);
    this.supervision.log.error({ file: this.file, fault }, 'A projection is not built');
    void thread.terminate();
    this.lose();
    this.supervision.known();
  }

  private lose(): void {
    for (const listener of this.losers) listener();
  }

  private ended(): void {
    clearInterval(this.watching);
    this.thread = undefined;
    if (this.stopping || this.state === 'stopped') return;
    this.fault ??= 'Its thread ended';
    this.supervision.log.error(
      { file: this.file, fault: this.fault, retryIn: this.wait },
      'The thread of a projection ended; it is started again',
    );
    this.retry = setTimeout(() => this.start(), this.wait);
    this.wait = Math.min(longestWait, this.wait * 2);
  }
}
