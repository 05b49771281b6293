import type { ChargeBoxEvent, Task, TaskChange } from '@app/charge-box';
import { freesTheLine, identityOfStream, sagaTypes, tasksOf, upcast } from '@app/charge-box';
import type { Clock, EventStore, Log, Meter, Position, RecordedEvent, Subscription } from '@app/kernel';
import { hasCode } from '@app/kernel';
import type { DueTask } from './commands';

/** What the to-do lists held at a position of the log; the read models keep it between runs. */
export interface TaskSeed {
  readonly position: Position;
  readonly tasks: Iterable<DueTask>;
}

export interface ToDoListParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** Takes a task whose time has come. It is off the list then; what fails is put back by `again`. */
  readonly due: (task: DueTask) => void;
  /** Sees every event that the sagas see, once it is stored, wherever it was made. */
  readonly seen: (event: ChargeBoxEvent, identity: string, position: Position) => void;
  /** Types of events wanted besides those of the sagas. */
  readonly alsoSeen: readonly string[];
}

const step = 100;
const longestWait = 10_000;

/**
 * The to-do lists of all sagas at work: folded from the log, from a seed on; what falls due is handed out. Timers are hints only: after a
 * restart the lists come back, and what is overdue is due at once.
 */
export class ToDoLists {
  private readonly tasks = new Map<string, DueTask>();
  /** Keys by the step in which they fall due. */
  private readonly steps = new Map<number, Set<string>>();
  private current = 0;
  private subscription: Subscription | undefined;
  private ticking: NodeJS.Timeout | undefined;
  private stopped = false;
  private live = false;
  private wait = 100;
  private caughtUp: () => void = () => undefined;
  private failed: (reason: unknown) => void = () => undefined;
  skipped = 0;

  constructor(private readonly parts: ToDoListParts) {}

  /** Resolves when the lists are those of now; only then tasks are handed out. Rejects with `event-newer` when they cannot be read. */
  async start(seed: TaskSeed): Promise<void> {
    this.current = this.stepOf(this.parts.clock.now());
    for (const task of seed.tasks) this.put(task);
    await new Promise<void>((resolve, reject) => {
      this.caughtUp = resolve;
      this.failed = reject;
      this.follow(seed.position);
    });
    this.live = true;
    this.ticking = setInterval(() => this.tick(), step);
    this.tick();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.ticking);
    await this.subscription?.stop();
  }

  get size(): number {
    return this.tasks.size;
  }

  /** The tasks on the lists. */
  all(): readonly DueTask[] {
    return [...this.tasks.values()];
  }

  /** Puts a task back that could not be done, for `milliseconds` from now. */
  again({ key, identity, task }: DueTask, milliseconds: number): void {
    const dueAt = new Date(this.parts.clock.now() + milliseconds).toISOString();
    if (!this.tasks.has(key)) this.put({ key, identity, task: { ...task, dueAt } });
  }

  /** Hands out everything whose time has come. Called by a timer; specs call it themselves. */
  tick(): void {
    const now = this.stepOf(this.parts.clock.now());
    // A clock that jumped far is not walked through step by step.
    if (now - this.current > this.steps.size) {
      for (const place of [...this.steps.keys()].sort((one, other) => one - other))
        if (place <= now) this.handOut(place);
      this.current = now;
    }
    for (; this.current <= now; this.current += 1) this.handOut(this.current);
    this.current = now;
  }

  private follow(after: Position): void {
    const types = [...sagaTypes, ...this.parts.alsoSeen];
    let from = after;
    this.subscription = this.parts.store.subscribe(
      { after, filter: { types }, batchSize: 1_000 },
      ({ events, checkpoint, caughtUp }) => {
        for (const event of events) this.take(event);
        from = checkpoint > from ? checkpoint : from;
        this.wait = 100;
        if (caughtUp) this.caughtUp();
      },
    );
    const again = (error?: unknown) => {
      if (this.stopped) return;
      if (!this.live && hasCode(error, 'event-newer')) {
        this.stopped = true;
        return this.failed(error);
      }
      this.parts.log.warn({ err: error, retryIn: this.wait }, 'The to-do lists were interrupted');
      setTimeout(() => this.stopped || this.follow(from), this.wait).unref();
      this.wait = Math.min(longestWait, this.wait * 2);
    };
    this.subscription.ended.then(() => again(), again);
  }

  /**
   * A saga never dies of one bad event: it is reported, counted and left out. At one of a newer program the lists stop and look again
   * later: what they left out would never be done.
   */
  private take(recorded: RecordedEvent): void {
    try {
      const identity = identityOfStream(recorded.stream) ?? '';
      const event = upcast(recorded);
      for (const change of tasksOf(event, identity)) this.apply(change, identity);
      this.parts.seen(event, identity, recorded.position);
      if (this.live && freesTheLine.has(event.type)) this.handOutNow(identity);
    } catch (error) {
      if (hasCode(error, 'event-newer')) throw error;
      const { type, stream, position } = recorded;
      this.skipped += 1;
      this.parts.meter.count('saga_events_skipped_total');
      this.parts.log.error({ type, stream, position, err: error }, 'An event was left out of the to-do lists');
    }
  }

  private apply({ key, task }: TaskChange, identity: string): void {
    this.remove(key);
    if (task !== undefined) this.put({ key, identity, task });
  }

  private handOutNow(identity: string): void {
    const task: Task = { dueAt: new Date(this.parts.clock.now()).toISOString(), work: { kind: 'dispatch' } };
    this.parts.due({ key: `next ${identity}`, identity, task });
  }

  private put(due: DueTask): void {
    const place = Math.max(this.current, this.stepOf(Date.parse(due.task.dueAt)));
    this.tasks.set(due.key, due);
    const keys = this.steps.get(place);
    if (keys === undefined) this.steps.set(place, new Set([due.key]));
    else keys.add(due.key);
    if (this.live && place === this.current && Date.parse(due.task.dueAt) <= this.parts.clock.now())
      this.handOut(place);
  }

  private remove(key: string): void {
    const due = this.tasks.get(key);
    if (due === undefined) return;
    this.tasks.delete(key);
    const place = this.stepOf(Date.parse(due.task.dueAt));
    this.steps.get(place)?.delete(key);
    if (this.steps.get(place)?.size === 0) this.steps.delete(place);
  }

  private handOut(place: number): void {
    const now = this.parts.clock.now();
    for (const key of this.steps.get(place) ?? []) {
      const due = this.tasks.get(key);
      // It may have come off, or lie later within this step.
      if (due !== undefined && Date.parse(due.task.dueAt) > now) continue;
      this.steps.get(place)?.delete(key);
      this.tasks.delete(key);
      if (due !== undefined) this.parts.due(due);
    }
    if (this.steps.get(place)?.size === 0) this.steps.delete(place);
  }

  private stepOf(time: number): number {
    return Math.floor(time / step);
  }
}
