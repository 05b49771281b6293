import type { WebhookArrears, WebhookFailure } from '@app/charge-box';
import type { Clock, EventStore, Log, Meter, Position, Subscription, SubscriptionBatch } from '@app/kernel';
import { identityOfStream } from '@app/charge-box';
import type { Alarm } from './alarm';
import type { DeadLetters } from './dead-letters';
import type { Delivery } from './delivery';
import { Lane } from './lane';
import type { Letter, Letters } from './letters';
import type { Memory } from './memory';
import type { Progress, ProgressNotes } from './progress';
import type { WebhookLimits } from './settings';
import type { Verdict } from './verdict';
import { pauseAfter } from './verdict';

export interface CourierParts {
  readonly id: string;
  readonly store: EventStore;
  readonly clock: Clock;
  readonly alarm: Alarm;
  readonly log: Log;
  readonly meter: Meter;
  readonly chance: () => number;
  readonly limits: WebhookLimits;
  readonly memory: Memory;
  readonly letters: Letters;
  readonly delivery: Delivery;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  readonly notes: Pick<ProgressNotes, 'save'>;
  /** Whether an attempt may begin: nobody else delivers until it is over. */
  readonly mayDeliver: () => boolean;
  /** The receiver is gone. */
  readonly gone: (reason: string) => Promise<void>;
  /** Somebody else noted how far the webhook is told. */
  readonly overtaken: () => void;
}

const retryIn = 1_000;
const batchSize = 200;

/**
 * Tells one webhook the log. Each box has a lane, in which one event waits for the one before; boxes that cannot be told fall behind alone, and
 * of them no more is kept than where they are. Where too many are behind, the log is read no further.
 */
export class Courier {
  private readonly lanes = new Map<string | undefined, Lane>();
  private readonly ready: Lane[] = [];
  private readonly working = new Set<Promise<void>>();
  private position: Position;
  private characters = 0;
  /** How often what is kept was dropped. */
  private drops = 0;
  private over = false;
  private dirty = false;
  private noting: Promise<void> = Promise.resolve();
  private cancelNote: (() => void) | undefined;
  private cancelFollow: () => void = () => undefined;
  private subscription: Subscription | undefined;
  private room: () => void = () => undefined;

  constructor(
    private readonly parts: CourierParts,
    private readonly from: Progress,
  ) {
    this.position = from.position;
    parts.delivery.failure = from.failure;
  }

  /** Boxes whose events wait. */
  get waiting(): number {
    return this.lanes.size;
  }

  /** Everything that waits is read anew: the log shows something else in the place of what was erased. */
  forget(): void {
    this.drops += 1;
    for (const lane of this.lanes.values()) {
      this.shorten(lane, 0);
      lane.whole = false;
    }
  }

  start(): void {
    for (const arrears of this.from.behind) this.open(Lane.inArrears(arrears));
    this.follow();
    this.pump();
  }

  /** Attempts under way end first; what came of them is noted. */
  async stop(): Promise<void> {
    this.over = true;
    this.cancelFollow();
    for (const lane of this.lanes.values()) lane.cancel();
    this.room();
    await this.subscription?.stop();
    await Promise.all(this.working);
    this.cancelNote?.();
    await this.noting;
    await this.note();
    this.count(-this.characters);
  }

  private follow(): void {
    const { store, letters, log, alarm, id } = this.parts;
    const options = { after: this.position, batchSize, ...letters.storeFilter };
    this.subscription = store.subscribe(options, (batch) => this.take(batch));
    const again = (error?: unknown) => {
      if (this.over) return;
      log.warn({ webhook: id, err: error, retryIn }, 'What a webhook is told was interrupted');
      this.cancelFollow = alarm.after(retryIn, () => this.follow());
    };
    this.subscription.ended.then(() => again(), again);
  }

  private async take({ events, checkpoint }: SubscriptionBatch): Promise<void> {
    const { drops } = this;
    for (const event of events) {
      if (this.parts.letters.wants(event)) {
        await this.roomFor(identityOfStream(event.stream));
        if (this.over) return;
        this.append(this.parts.letters.of(event), drops === this.drops);
      }
      this.position = event.position;
    }
    if (!this.over && checkpoint > this.position) this.position = checkpoint;
  }

  private async roomFor(identity: string | undefined): Promise<void> {
    while (!this.over && !this.lanes.has(identity) && this.lanes.size >= this.parts.limits.behind)
      await new Promise<void>((resolve) => (this.room = resolve));
  }

  private open(lane: Lane): Lane {
    this.lanes.set(lane.identity, lane);
    this.ready.push(lane);
    return lane;
  }

  /** `isAsNow`: nothing was erased since it was read. */
  private append(letter: Letter, isAsNow: boolean): void {
    const lane = this.lanes.get(letter.identity) ?? this.open(Lane.begun(letter.identity, this.position));
    const fits = lane.letters.length < this.parts.limits.keptEvents && letter.text.length <= this.spare;
    lane.upTo = letter.position;
    lane.whole &&= fits && isAsNow && !lane.pausing;
    if (lane.whole) this.keep(lane, letter);
    this.changed();
    this.pump();
  }

  private keep(lane: Lane, letter: Letter): void {
    lane.letters.push(letter);
    this.count(letter.text.length);
  }

  private shorten(lane: Lane, most: number): void {
    for (const { text } of lane.shorten(most)) this.count(-text.length);
  }

  private count(characters: number): void {
    this.characters += characters;
    this.parts.memory.count(characters);
  }

  private get spare(): number {
    return this.parts.memory.roomBeside(this.characters);
  }

  /** Begins as many attempts as there may be. */
  pump(): void {
    while (!this.over && this.working.size < this.parts.limits.parallel && this.parts.mayDeliver()) {
      const lane = this.ready.shift();
      if (lane === undefined) return;
      const work = this.work(lane).finally(() => {
        this.working.delete(work);
        this.pump();
      });
      this.working.add(work);
    }
  }

  /** One step of a lane. Whatever fails here is tried again. */
  private async work(lane: Lane): Promise<void> {
    try {
      if (lane.letters.length === 0) await this.load(lane);
      const [letter] = lane.letters;
      if (letter !== undefined) await this.deliver(lane, letter);
      else this.goOn(lane);
    } catch (error) {
      this.parts.log.warn({ webhook: this.parts.id, err: error, retryIn }, 'An event could not be told to a webhook');
      this.pause(lane, retryIn);
    }
  }

  private async load(lane: Lane): Promise<void> {
    if (lane.whole) return;
    const { limits, letters } = this.parts;
    const { upTo } = lane;
    const { drops } = this;
    const page = await letters.read(lane.identity, lane.after);
    if (drops !== this.drops) return;
    if (page.endOfLog && page.next < upTo) throw new Error('the store shows an earlier state of the log');
    // More may have come meanwhile.
    const isAll = page.next >= lane.upTo;
    const wanted = page.events.filter(({ position }) => position <= lane.upTo).map((event) => letters.of(event));
    let room = Math.min(limits.keptCharacters / limits.parallel, this.spare);
    const fitting = wanted.filter(({ text }, place) => place === 0 || (room -= text.length) > 0);
    for (const letter of fitting) this.keep(lane, letter);
    lane.whole = isAll && fitting.length === wanted.length;
    if (fitting.length === 0 && !isAll) lane.after = page.next;
  }

  private async deliver(lane: Lane, letter: Letter): Promise<void> {
    lane.firstAt ??= this.parts.clock.now();
    lane.attempts += 1;
    const verdict = await this.parts.delivery.attempt(letter, lane.attempts);
    this.changed();
    switch (verdict.kind) {
      case 'delivered':
        return this.settle(lane, letter);
      case 'off':
        return this.parts.gone(verdict.failure.detail);
      case 'never':
        return this.giveUp(lane, letter, verdict.failure);
      case 'again':
        return this.again(lane, letter, verdict);
    }
  }

  private async again(lane: Lane, letter: Letter, { failure, pause }: Extract<Verdict, { kind: 'again' }>) {
    // A stop may have cut it off.
    if (this.over) return;
    const { limits, chance } = this.parts;
    if (lane.attempts >= limits.attempts) return this.giveUp(lane, letter, failure);
    this.pause(lane, pauseAfter(lane.attempts, limits, chance, pause));
  }

  private async giveUp(lane: Lane, letter: Letter, failure: WebhookFailure): Promise<void> {
    const { deliveryId, type, position } = letter;
    const firstAt = new Date(lane.firstAt ?? this.parts.clock.now()).toISOString();
    const { upTo: _upTo, ...place }: WebhookArrears = lane.arrears;
    await this.parts.deadLetters.add({ deliveryId, type, position, ...place, firstAt, ...failure });
    this.parts.meter.count('webhook_deliveries_total', 'given-up');
    this.settle(lane, letter);
  }

  private settle(lane: Lane, letter: Letter): void {
    if (lane.settle(letter)) this.count(-letter.text.length);
    this.changed();
    this.goOn(lane);
  }

  /** Back to the end of the line, so that all boxes get their turn; or away, when nothing waits. */
  private goOn(lane: Lane): void {
    if (!lane.whole || lane.letters.length > 0) {
      this.ready.push(lane);
      return;
    }
    this.lanes.delete(lane.identity);
    this.changed();
    this.room();
  }

  /** While it pauses it keeps one letter at most. */
  private pause(lane: Lane, milliseconds: number): void {
    if (this.over) return;
    lane.pausing = true;
    this.shorten(lane, 1);
    if (this.spare < 0) this.shorten(lane, 0);
    lane.cancel = this.parts.alarm.after(milliseconds, () => {
      lane.pausing = false;
      this.ready.push(lane);
      this.pump();
    });
  }

  private changed(): void {
    this.dirty = true;
    if (this.over) return;
    this.cancelNote ??= this.parts.alarm.after(this.parts.limits.noteEvery, () => {
      this.cancelNote = undefined;
      this.noting = this.noting.then(() => this.note());
    });
  }

  private async note(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    const { failure } = this.parts.delivery;
    const behind = [...this.lanes.values()].map(({ arrears }) => arrears);
    try {
      const noted = await this.parts.notes.save({ position: this.position, behind, ...(failure && { failure }) });
      if (!noted) this.parts.overtaken();
    } catch (error) {
      this.parts.log.warn({ webhook: this.parts.id, err: error }, 'How far a webhook is told could not be noted');
      this.changed();
    }
  }
}
