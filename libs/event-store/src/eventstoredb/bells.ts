import type { Log, Position } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import type { Head } from '../head';
import type { Bell, TamedClient } from './client';
import type { LogPosition } from './positions';
import { isPlausible, textOf } from './positions';

interface BellParts {
  readonly client: Pick<TamedClient, 'listen'>;
  /** What the names of the streams that matter begin with. */
  readonly prefix: string;
  readonly head: Head;
  /** Looks at the log for the newest event, whatever the subscription says. */
  readonly look: () => Promise<unknown>;
  readonly watchEvery: number;
  readonly log: Log;
}

const firstWait = 100;
const longestWait = 5_000;

/**
 * Says that something new was appended, by whomever. The one live subscription only rings: what subscribers get they read in pages, so that a
 * subscription that is dropped, stalls, lies about its checkpoint or finds its reader too slow costs nothing but a moment.
 */
export class Bells {
  live = false;
  private isAway = false;
  private bell: Bell | undefined;
  private watch: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();
  private work: Promise<void> = Promise.resolve();
  /** Place of the newest event that the subscription has told of, or need not. */
  private heard: Position = BEGINNING;
  /** What the subscription should have told of by the next look. */
  private due: Position = BEGINNING;

  constructor(private readonly parts: BellParts) {}

  start(): void {
    this.work = this.listen();
    this.watch = setInterval(() => void this.check(), this.parts.watchEvery);
    this.watch.unref();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.watch);
    this.bell?.stop();
    await this.work;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async listen(): Promise<void> {
    for (let wait = firstWait; !this.stopped; wait = Math.min(longestWait, wait * 2)) {
      const begin = this.heard;
      await this.hear();
      this.live = false;
      if (this.heard > begin) wait = firstWait;
      await pause(wait, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Every end is a drop, also one without an error. */
  private async hear(): Promise<void> {
    const { client, prefix, log } = this.parts;
    const bell = client.listen(prefix);
    this.bell = bell;
    void bell.confirmed.then(() => this.begin(bell));
    try {
      for await (const { event } of bell.events) if (event?.position) this.ring(event.position);
    } catch (error) {
      if (!this.stopped && this.bell === bell)
        log.warn({ err: error }, 'The subscription to the event store was interrupted');
    } finally {
      bell.stop();
    }
  }

  /** What was appended before the subscription began is for the log to tell. */
  private async begin(bell: Bell): Promise<void> {
    await this.look();
    if (this.bell !== bell || this.stopped) return;
    this.live = true;
    this.heard = later(this.heard, this.parts.head.position);
    this.due = this.heard;
  }

  private ring(position: LogPosition): void {
    if (!isPlausible(position)) return;
    const place = textOf(position);
    this.heard = later(this.heard, place);
    this.parts.head.advance(place);
  }

  /** A subscription may be open and dead; the log itself is the yardstick. */
  private async check(): Promise<void> {
    const hasAnswer = await this.look();
    if (this.stopped) return;
    if (!hasAnswer || (this.live && this.heard < this.due)) return this.bell?.stop();
    this.due = this.parts.head.position;
  }

  private async look(): Promise<boolean> {
    if (this.stopped) return false;
    try {
      await this.parts.look();
      if (this.isAway) this.parts.log.info({}, 'The event store answers again');
      this.isAway = false;
      return true;
    } catch (error) {
      // Told once: what follows is more of the same.
      if (!this.stopped && !this.isAway) this.parts.log.warn({ err: error }, 'The event store does not answer');
      this.isAway = true;
      return false;
    }
  }
}

function later(one: Position, other: Position): Position {
  return one > other ? one : other;
}
