import type { EventStore, Position, RecordedEvent, Subscription, SubscriptionBatch } from '@app/kernel';
import type { SqliteDatabase } from './sqlite/database';
import { builtIn, makeIndexes } from './sqlite/database';
import type { Learning } from './sqlite/veil-keys';
import { knownTokens } from './sqlite/veil-keys';
import { ProjectorTables } from './sqlite/projector-tables';

/** How far a projector is. */
export interface Progress {
  readonly checkpoint: Position;
  readonly caughtUp: boolean;
  readonly skipped: number;
  /** Events taken since the start. */
  readonly applied: number;
}

export interface ProjectorSignals {
  progress(progress: Progress): void;
  /** An event that a projection could not take. */
  skipped(event: Pick<RecordedEvent, 'type' | 'stream' | 'position'>, error: unknown): void;
  /** The subscription ended; it is tried again after `retryIn` milliseconds. */
  interrupted(error: unknown, retryIn: number): void;
}

const batchSize = 2_000;
const longestWait = 10_000;
// Under load many events at a time cost a third of what few cost: a row that changes often is written once, a page of an index too.
const busyBatch = 100;
const busyRest = 500;

/** Feeds the read models from the log, from where they were; goes on by itself after every interruption until it is stopped. */
export class Projector {
  private readonly rows: ProjectorTables;
  private subscription: Subscription | undefined;
  private stopping = false;
  private wait = 100;
  private retry: NodeJS.Timeout | undefined;
  private skipped = 0;
  private applied = 0;
  private indexed = false;
  private resting: { readonly end: () => void } | undefined;

  constructor(
    private readonly store: EventStore & Partial<Learning>,
    private readonly database: SqliteDatabase,
    private readonly signals: ProjectorSignals,
    private readonly tables = builtIn,
  ) {
    this.rows = new ProjectorTables(database, tables);
  }

  start(): void {
    if (this.stopping) return;
    // After an interruption it may know more than the rows.
    this.store.learn?.(knownTokens(this.database));
    this.subscription = this.store.subscribe({ after: this.rows.checkpoint, batchSize }, (batch) => this.take(batch));
    this.subscription.ended.then(
      () => this.again(undefined),
      (error: unknown) => this.again(error),
    );
  }

  private take({ events, checkpoint, caughtUp }: SubscriptionBatch): Promise<void> | undefined {
    const { skipped, newer } = this.rows.apply(events, checkpoint);
    this.skipped += skipped.length;
    this.applied += events.length;
    if (this.rows.startsAnew()) {
      this.indexed = false;
      throw new Error('An idTag was erased: its rows are built anew');
    }
    for (const { event, error } of skipped) this.signals.skipped(event, error);
    if (newer !== undefined) {
      this.tell(this.rows.checkpoint, false);
      throw newer as Error;
    }
    this.wait = 100;
    if (caughtUp) this.index();
    this.tell(checkpoint > '' ? checkpoint : this.rows.checkpoint, caughtUp);
    return caughtUp && events.length >= busyBatch ? this.rest() : undefined;
  }

  private tell(checkpoint: Position, caughtUp: boolean): void {
    this.signals.progress({ checkpoint, caughtUp, skipped: this.skipped, applied: this.applied });
  }

  /** Somebody waits: what is new is taken at once. */
  hurry(): void {
    this.resting?.end();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.retry);
    this.hurry();
    await this.subscription?.stop().catch(() => undefined);
  }

  private index(): void {
    if (this.indexed) return;
    makeIndexes(this.database, this.tables);
    this.indexed = true;
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.resting = undefined;
        resolve();
      };
      const timer = setTimeout(end, busyRest);
      this.resting = { end };
    });
  }

  private again(error: unknown): void {
    if (this.stopping) return;
    this.signals.interrupted(error, this.wait);
    this.retry = setTimeout(() => this.start(), this.wait);
    this.wait = Math.min(longestWait, this.wait * 2);
  }
}
