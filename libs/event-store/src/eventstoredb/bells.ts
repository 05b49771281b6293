import type { Log } from '@app/kernel';
import type { Head } from '../head';
import type { Bell, TamedClient } from './client';
import { textOf } from './positions';

interface BellParts {
  readonly client: TamedClient;
  readonly head: Head;
  /** Looks at the log for the newest event, whatever the subscription says. */
  readonly look: () => Promise<void>;
  readonly watchEvery: number;
  readonly log: Log;
}

const longestWait = 5_000;

/**
 * Says that something new was appended, by whomever. The one live subscription only rings: what subscribers get they read in pages, so that a
 * subscription that is dropped, stalls, lies about its checkpoint or finds its reader too slow costs nothing but a moment.
 */
export class Bells {
  live = false;
  private bell: Bell | undefined;
  private watch: NodeJS.Timeout | undefined;
  private stopped = false;
  private work: Promise<void> = Promise.resolve();
  private heard = 0;

  constructor(private readonly parts: BellParts) {}

  start(): void {
    this.work = this.listen();
    this.watch = setInterval(() => void this.look(), this.parts.watchEvery);
    this.watch.unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.watch);
    await this.bell?.stop().catch(() => undefined);
    await this.work;
  }

  private async listen(): Promise<void> {
    for (let wait = 100; !this.stopped; wait = Math.min(longestWait, wait * 2)) {
      const begin = this.heard;
      await this.hear();
      this.live = false;
      if (this.heard > begin) wait = 100;
      if (!this.isStopped()) await new Promise((resolve) => setTimeout(resolve, wait).unref());
    }
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  /** Every end is a drop, also one without an error. */
  private async hear(): Promise<void> {
    const { client, head, log } = this.parts;
    const bell = client.listen();
    this.bell = bell;
    this.live = true;
    try {
      for await (const { event } of bell.events) {
        this.heard += 1;
        if (event?.position !== undefined) head.advance(textOf(event.position));
      }
    } catch (error) {
      if (!this.isStopped()) log.warn({ err: error }, 'The subscription to the event store was interrupted');
    } finally {
      await bell.stop().catch(() => undefined);
    }
    // What was appended between two subscriptions.
    await this.look();
  }

  /** A subscription may be open and dead; the log itself is the yardstick. */
  private async look(): Promise<void> {
    if (this.stopped) return;
    const before = this.parts.head.position;
    const heard = this.heard;
    try {
      await this.parts.look();
    } catch (error) {
      this.parts.log.warn({ err: error }, 'The event store does not answer');
      return;
    }
    const isDeaf = this.live && this.parts.head.position > before && this.heard === heard;
    if (isDeaf) await this.bell?.stop().catch(() => undefined);
  }
}
