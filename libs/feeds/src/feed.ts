import type { Log } from '@app/kernel';
import { setImmediate as letOthers } from 'node:timers/promises';
import { Audience } from './audience';
import type { Follower } from './follower';
import type { Place } from './place';
import { isAfter } from './place';
import type { FeedPage, FeedSource } from './source';
import type { Turns } from './turns';

const everything = {};
/** Connections written to before others get their turn. */
const atOnce = 100;
/** Shortest time between two looks for what is new, milliseconds: what comes in between is told together. */
const rest = 20;
const retryIn = 1_000;

/**
 * One feed and all who follow it. Who is behind reads pages of its own, each when its connection has taken the one before. Who is up to
 * date shares one look for what is new with all others, and falls behind when its connection does not take it.
 */
export class Feed {
  private readonly audience = new Audience();
  private readonly followers = new Set<Follower>();
  /** Up to where everybody in the audience was told. */
  private told: Place | undefined;
  private looking = false;
  private rung = false;
  private timer: NodeJS.Timeout | undefined;
  private unwatch: () => void = () => undefined;

  constructor(
    readonly source: FeedSource,
    private readonly turns: Turns,
    private readonly log: Log,
  ) {}

  get size(): number {
    return this.followers.size;
  }

  get all(): Iterable<Follower> {
    return this.followers;
  }

  join(follower: Follower): void {
    this.followers.add(follower);
    this.goOn(follower);
  }

  leave(follower: Follower): void {
    follower.over = true;
    this.followers.delete(follower);
    this.step(follower);
  }

  /** Goes on with a follower that may have stopped reading meanwhile. */
  goOn(follower: Follower): void {
    if (follower.over) return;
    if (follower.waitingSince === undefined) this.turns.take(() => this.page(follower));
    else follower.whenDrained(() => this.turns.take(() => this.page(follower)));
  }

  /** A sign of life for a follower to whom nothing was written for a while. */
  beat(follower: Follower): void {
    if (follower.waitingSince !== undefined) return;
    follower.beat();
    if (this.audience.has(follower)) this.settle(follower);
  }

  private async page(follower: Follower): Promise<void> {
    if (follower.over) return;
    try {
      const reading = this.source.read(follower.place, follower.following.filter);
      const page = reading instanceof Promise ? await reading : reading;
      if (follower.over) return;
      if (page.complete) follower.take(page.items, page.next, page.anchor);
      else follower.takePart(page.items, page.next, page.anchor);
      this.afterPage(follower, page);
    } catch (error) {
      this.log.error({ err: error }, 'A feed could not be read: its subscriber is cut off and will resume');
      follower.cut();
    }
  }

  private afterPage(follower: Follower, page: FeedPage): void {
    const isThere = page.complete && !(this.told !== undefined && isAfter(this.told, follower.place));
    if (isThere) this.announceTo(follower);
    if (isThere && !follower.over && follower.waitingSince === undefined) this.admit(follower);
    else this.goOn(follower);
  }

  private announceTo(follower: Follower): void {
    if (!follower.announced && this.source.settled) follower.announce();
  }

  private admit(follower: Follower): void {
    this.audience.add(follower);
    if (this.told === undefined) {
      this.told = follower.place;
      this.unwatch = this.source.watch(follower.place, () => this.ring());
    }
    // Something may have come since its last page was read.
    this.ring();
  }

  private step(follower: Follower): void {
    if (!this.audience.remove(follower) || this.audience.size > 0) return;
    this.unwatch();
    clearTimeout(this.timer);
    [this.told, this.rung, this.timer] = [undefined, false, undefined];
  }

  /** Somebody in the audience is served: it stays, goes, or falls behind. */
  private settle(follower: Follower): void {
    if (follower.waitingSince === undefined && !follower.over) return;
    this.step(follower);
    this.goOn(follower);
  }

  private ring(): void {
    this.rung = true;
    if (this.looking || this.timer !== undefined) return;
    this.lookIn(rest);
  }

  private lookIn(milliseconds: number): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.look();
    }, milliseconds);
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const begin = performance.now();
    let pause = retryIn;
    try {
      await this.tellNews();
      // However many there are, others have the processor half of the time.
      pause = Math.max(rest, performance.now() - begin);
    } catch (error) {
      this.rung = true;
      this.log.warn({ err: error, retryIn }, 'What is new in a feed could not be read');
    }
    this.looking = false;
    if (this.rung && this.told !== undefined && this.timer === undefined) this.lookIn(pause);
  }

  private async tellNews(): Promise<void> {
    for (let complete = false; !complete && this.told !== undefined;) {
      this.rung = false;
      const from = this.told;
      const page = await this.source.read(from, everything);
      if (this.told !== from) return;
      // Who is up to date hears first: for those who do not read, there is no end of pages.
      await this.turns.precedence.during(() => this.tell(page, from));
      if (this.told === from) this.told = page.next;
      complete = page.complete;
      if (!complete) await letOthers();
    }
    if (this.source.settled) for (const follower of this.audience.unannounced()) this.tellEnd(follower);
  }

  private tellEnd(follower: Follower): void {
    follower.announce();
    this.settle(follower);
  }

  private async tell(page: FeedPage, from: Place): Promise<void> {
    let written = 0;
    for (const { members, items } of this.audience.groupsFor(page.items)) {
      let text: Buffer | undefined;
      for (const follower of members) {
        // Who came since the look began may know some of it.
        if (isAfter(follower.place, from)) follower.take(items, page.next, page.anchor);
        else follower.takeText((text ??= Buffer.from(follower.framed(items))), page.next, page.anchor);
        this.settle(follower);
        written += 1;
        if (written % atOnce === 0) await letOthers();
      }
    }
    for (const follower of this.audience.members()) follower.moveTo(page.next, page.anchor);
  }
}
