import type { Anchor } from '@app/read-models';
import type { FeedFilter } from './filter';
import type { Item } from './item';
import type { Place } from './place';

/** Part of a feed, in order. */
export interface FeedPage {
  readonly items: readonly Item[];
  /** Where to go on, also past what the filter left out. */
  readonly next: Place;
  /** There is nothing after `next` at the moment. */
  readonly complete: boolean;
  /** By which the log is known again at `next`. */
  readonly anchor: Anchor | undefined;
}

/** Where a feed comes from. */
export interface FeedSource {
  /** Another text when what comes out of it changes. */
  readonly version: string;
  /** Its places are positions of the log, not numbers of rows. */
  readonly followsLog: boolean;
  /** False while it is still being built: then its end is not the end. */
  readonly settled: boolean;
  /** Throws a coded error while nothing can be read. */
  check(): void;
  /** What comes after a place, a bounded part of it. */
  read(after: Place, filter: FeedFilter): FeedPage | Promise<FeedPage>;
  /** Calls back whenever there may be more after a place, until the returned function is called. */
  watch(after: Place, news: () => void): () => void;
}
