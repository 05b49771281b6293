import type { WebhookEventOf } from '@app/charge-box';
import { upcast, webhookLeaseStream } from '@app/charge-box';
import type { Clock, EventStore, Log } from '@app/kernel';
import type { Alarm } from './alarm';
import { appendTo } from './append';

type Taken = WebhookEventOf<'WebhookLeaseTaken'>;

/** This process among those that share the store. */
export interface Holder {
  readonly run: string;
  heldBefore(run: string): boolean;
}

export interface LeaseParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly alarm: Alarm;
  readonly log: Log;
  readonly holder: Holder;
  readonly seconds: number;
  /** It may be held now, or not any more. */
  readonly looked: () => void;
}

/**
 * Which of several instances delivers. The log decides: who appends behind what he has read. Clocks are not compared: a lease is over when
 * nothing was appended for its time, as measured here.
 */
export class Lease {
  private until = -Infinity;
  private seen = { revision: -1, at: 0 };
  private running = false;
  private retained = false;
  private cancel: () => void = () => undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LeaseParts) {}

  /** Whether what takes so many milliseconds can be done while nobody else delivers. */
  isHeldFor(milliseconds: number): boolean {
    const { store, alarm } = this.parts;
    return this.running && (!store.shared || alarm.now() + milliseconds < this.until);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    if (this.parts.store.shared) this.look();
  }

  /** Gives it back, so that another instance need not wait. */
  async stop(): Promise<void> {
    if (!this.running) return;
    const held = this.isHeldFor(0);
    this.running = false;
    this.cancel();
    await this.looking;
    if (held && this.parts.store.shared) await this.write(0, this.seen.revision).catch(() => undefined);
    this.until = -Infinity;
  }

  private look(): void {
    this.looking = this.take()
      .catch((error: unknown) => this.parts.log.debug({ err: error }, 'Who delivers webhooks could not be asked'))
      .then(() => {
        this.parts.looked();
        if (this.running) this.cancel = this.parts.alarm.after(this.parts.seconds * 200, () => this.look());
      });
  }

  private async take(): Promise<void> {
    const { store, alarm, seconds } = this.parts;
    const page = await store.readStream(webhookLeaseStream, { direction: 'backward', limit: 1 });
    const [last] = page.events;
    if (last !== undefined && !this.isFree(upcast<Taken>(last).data, page.lastRevision)) {
      this.until = -Infinity;
      return;
    }
    const before = alarm.now();
    const appended = await this.write(seconds, page.lastRevision);
    this.until = appended ? before + seconds * 1_000 : -Infinity;
  }

  private isFree({ holder, seconds }: Taken['data'], revision: number): boolean {
    const { alarm, holder: self } = this.parts;
    if (seconds === 0 || holder === self.run || self.heldBefore(holder)) return true;
    if (revision !== this.seen.revision) this.seen = { revision, at: alarm.now() };
    return alarm.now() - this.seen.at > seconds * 1_000;
  }

  private async write(seconds: number, expected: number): Promise<boolean> {
    const { store, clock, holder } = this.parts;
    if (!this.retained) await store.retain(webhookLeaseStream, { maxCount: 1 });
    this.retained = true;
    const data = { holder: holder.run, seconds, at: new Date(clock.now()).toISOString() };
    const event = { type: 'WebhookLeaseTaken', data } as const;
    const appended = await appendTo(store, { stream: webhookLeaseStream, expected }, event);
    if (appended.outcome === 'appended') this.seen = { revision: appended.revision, at: this.parts.alarm.now() };
    return appended.outcome === 'appended';
  }
}
