import type { Anchor } from '@app/read-models';
import type { FeedFilter } from './filter';
import { matches } from './filter';
import type { FeedFormat, Notice } from './frames';
import { framings } from './frames';
import type { Item } from './item';
import type { Place } from './place';
import { isAfter, placeText } from './place';

/** Where a feed is written to: one connection. */
export interface Sink {
  /** False when what was written waits for the reader. */
  write(text: string | Buffer): boolean;
  /** Calls back, once, when nothing waits for the reader any more. */
  whenDrained(work: () => void): void;
  end(): void;
  /** Ends the connection without waiting for the reader. */
  cut(): void;
}

/** How a feed is wanted. */
export interface Following {
  readonly filter: FeedFilter;
  readonly format: FeedFormat;
  /** Ends once everything that there is was told. */
  readonly untilCaughtUp: boolean;
  /** What ids are good for: they begin with it. */
  readonly mark: string;
}

/** One subscriber. Nothing is kept for it but its place and what its connection has not taken yet. */
export class Follower {
  over = false;
  announced = false;
  /** Since when it has not read what was written, milliseconds; `undefined` while it reads. */
  waitingSince: number | undefined;
  lastWrite: number;
  anchor: Anchor | undefined;

  constructor(
    private readonly sink: Sink,
    readonly following: Following,
    public place: Place,
    private readonly now: () => number,
  ) {
    this.lastWrite = now();
  }

  /** The text of items for everybody who follows in the same way. */
  framed(items: readonly Item[]): string {
    const { format, mark } = this.following;
    return items.map((item) => framings[format].item(item, `${mark}.${placeText(item.place, item.cause)}`)).join('');
  }

  /** Writes what is new to it among items up to a place. */
  take(items: readonly Item[], next: Place, anchor: Anchor | undefined): void {
    this.takeText(this.framed(this.newAmong(items)), next, anchor);
  }

  /** The same for part of what there is: where it ends is told too, as the log of now vouches for it. */
  takePart(items: readonly Item[], next: Place, anchor: Anchor | undefined): void {
    const text = this.framed(this.newAmong(items));
    this.moveTo(next, anchor);
    this.write(`${text}${this.signOfLife()}`);
  }

  takeText(text: string | Buffer, next: Place, anchor: Anchor | undefined): void {
    this.moveTo(next, anchor);
    if (text.length > 0) this.write(text);
  }

  moveTo(place: Place, anchor: Anchor | undefined): void {
    if (isAfter(place, this.place)) this.place = place;
    this.anchor = anchor ?? this.anchor;
  }

  announce(): void {
    this.announced = true;
    this.notice({ event: 'caught-up', data: { position: this.place.position } });
    if (this.following.untilCaughtUp) this.end();
  }

  notice(notice: Notice): void {
    this.write(framings[this.following.format].notice(notice, this.id));
  }

  beat(): void {
    this.write(this.signOfLife());
  }

  /** Goes on with work once it has read everything. */
  whenDrained(work: () => void): void {
    this.sink.whenDrained(() => {
      this.waitingSince = undefined;
      if (!this.over) work();
    });
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.sink.end();
  }

  cut(): void {
    this.over = true;
    this.sink.cut();
  }

  private newAmong(items: readonly Item[]): readonly Item[] {
    return items.filter((item) => isAfter(item.place, this.place) && matches(item, this.following.filter));
  }

  private signOfLife(): string {
    return framings[this.following.format].beat(new Date(this.now()).toISOString(), this.id);
  }

  private get id(): string | undefined {
    if (this.anchor === undefined) return undefined;
    return `${this.following.mark}.${placeText(this.place, this.anchor)}`;
  }

  private write(text: string | Buffer): void {
    if (this.over) return;
    this.lastWrite = this.now();
    if (!this.sink.write(text)) this.waitingSince ??= this.lastWrite;
  }
}
