import type { Clock, EventStore, Log, Meter } from '@app/kernel';
import { codedError } from '@app/kernel';
import type { Anchor, FollowedRows, OwnFollowed, OwnProjections } from '@app/read-models';
import { followedTables } from '@app/read-models';
import type { FeedName, Filters, ProjectionFeedName } from './catalogue';
import { feedFilters, isFeedName, ownFeedFilters, projectionFeeds } from './catalogue';
import { endOfLog, EventsSource } from './events-source';
import { Feed } from './feed';
import type { FeedFilter } from './filter';
import { filterText } from './filter';
import type { Following, Sink } from './follower';
import { Follower } from './follower';
import type { FeedFormat } from './frames';
import type { Mark, Place, UnknownId } from './place';
import { isKnownIn, markOf, markText, readId, start, unknownIds } from './place';
import { RowsSource } from './rows-source';
import { Turns } from './turns';

export interface FeedsSettings {
  /** Milliseconds that a subscriber may leave unread what was written to it. */
  readonly patience: number;
  /** Most subscribers at once. */
  readonly most: number;
  /** Milliseconds between signs of life. */
  readonly beatEvery: number;
}

export const feedsDefaults: FeedsSettings = { patience: 30_000, most: 10_000, beatEvery: 15_000 };

interface FeedsParts {
  readonly store: EventStore;
  readonly readModels: FollowedRows;
  /** Projections that live outside of the service. */
  readonly own?: Pick<OwnProjections, 'followed' | 'isLoading'>;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly settings?: Partial<FeedsSettings>;
  /** Calls back whenever a text was erased from the log, until the returned function is called. */
  readonly onErased?: (listener: () => void) => () => void;
}

export interface FeedRequest {
  readonly filter: FeedFilter;
  readonly format: FeedFormat;
  readonly untilCaughtUp?: boolean;
  /** Id of the last message that the subscriber got. */
  readonly after?: string | undefined;
  /** Without an id, what there is already is left out. Of the feed of events alone. */
  readonly fromNow?: boolean;
}

/** A feed about to be followed: where it begins is known, and nothing can be refused any more. */
export interface Opening {
  /** Follows it into a connection. The returned function ends that; call it when the connection is gone. */
  follow(sink: Sink): () => void;
}

/** Pages of the log read at once: few, so that what answers charge boxes finds its turn. Those of rows are read here, one by one. */
const readers = 4;

/** Everything that can be followed. */
export class Feeds {
  private readonly feeds: Readonly<Record<FeedName, Feed>>;
  private readonly ofOwn = new Map<string, Feed>();
  private readonly turns = new Turns(1);
  private readonly settings: FeedsSettings;
  private readonly sweeping: NodeJS.Timeout;
  private readonly leaveErasures: (() => void) | undefined;
  private closed = false;

  constructor(private readonly parts: FeedsParts) {
    const { store, readModels, log, settings } = parts;
    this.settings = { ...feedsDefaults, ...settings };
    const projections = (Object.keys(projectionFeeds) as ProjectionFeedName[]).map(
      (name) => [name, new Feed(new RowsSource(readModels, followedTables[name]), this.turns, log)] as const,
    );
    const source = new EventsSource(store, log);
    this.leaveErasures = parts.onErased?.(() => source.forget());
    const events = new Feed(source, new Turns(readers, this.turns.precedence), log);
    this.feeds = { ...(Object.fromEntries(projections) as Record<ProjectionFeedName, Feed>), events };
    const { patience, beatEvery } = this.settings;
    this.sweeping = setInterval(() => this.sweep(), Math.min(1_000, patience / 2, beatEvery / 2)).unref();
  }

  get size(): number {
    return this.all.reduce((sum, feed) => sum + feed.size, 0);
  }

  get isFull(): boolean {
    return this.closed || this.size >= this.settings.most;
  }

  /** Feeds of projections that live outside of the service. */
  own(): readonly OwnFollowed[] {
    return this.parts.own?.followed() ?? [];
  }

  /** By what a feed can be chosen from; `undefined` if there is none. Throws `projection-building` while it may be there in a moment. */
  filtersOf(name: string): Filters | undefined {
    if (isFeedName(name)) return feedFilters[name];
    if (this.feedNamed(name) !== undefined) return ownFeedFilters;
    if (this.parts.own?.isLoading) throw codedError('projection-building', name);
    return undefined;
  }

  /** Finds where a subscriber was. Rejects with a coded error while there is nothing to read or the log cannot be asked. */
  async open(
    name: string,
    { filter, format, untilCaughtUp = false, after, fromNow = false }: FeedRequest,
  ): Promise<Opening> {
    const feed = this.feedNamed(name);
    if (feed === undefined) throw new RangeError(`There is no feed ${name}.`);
    feed.source.check();
    const mark = markOf(name, filterText(filter), feed.source.version);
    const following = { filter, format, untilCaughtUp, mark: markText(mark) };
    if (after === undefined && fromNow) {
      const { place: from, anchor } = await endOfLog(this.parts.store);
      return { follow: (sink) => this.follow(feed, following, { from, anchor, sink }) };
    }
    const from = after === undefined ? start : await this.placeOf(feed, mark, after);
    return { follow: (sink) => this.follow(feed, following, { from, sink }) };
  }

  close(): void {
    this.closed = true;
    clearInterval(this.sweeping);
    this.leaveErasures?.();
    for (const feed of this.all) dismiss(feed);
  }

  private get all(): readonly Feed[] {
    return [...Object.values(this.feeds), ...this.ofOwn.values()];
  }

  private feedNamed(name: string): Feed | undefined {
    if (isFeedName(name)) return this.feeds[name];
    const known = this.ofOwn.get(name);
    const followed = known === undefined ? this.own().find((each) => each.name === name) : undefined;
    if (followed === undefined) return known;
    const feed = new Feed(new RowsSource(followed.rows, followed.table), this.turns, this.parts.log);
    // They come back, and are told what has become of it.
    followed.onLost(() => dismiss(feed));
    this.ofOwn.set(name, feed);
    return feed;
  }

  private follow(
    feed: Feed,
    following: Following,
    {
      from,
      anchor,
      sink,
    }: { readonly from: Place | UnknownId; readonly anchor?: Anchor | undefined; readonly sink: Sink },
  ): () => void {
    const place = typeof from === 'string' ? start : from;
    const follower = new Follower(sink, following, place, () => this.parts.clock.now());
    follower.anchor = anchor;
    if (typeof from === 'string') follower.notice({ event: 'reset', data: { reason: unknownIds[from] } });
    feed.join(follower);
    return () => feed.leave(follower);
  }

  private async placeOf({ source }: Feed, mark: Mark, id: string): Promise<Place | UnknownId> {
    const resumption = readId(mark, id);
    if (typeof resumption === 'string') return resumption;
    const { place, anchor } = resumption;
    if (!(await isKnownIn(this.parts.store, anchor))) return 'other-history';
    // What came after the anchor cannot be known again.
    return source.followsLog && place.position > anchor.position ? { position: anchor.position } : place;
  }

  private sweep(): void {
    const { patience, beatEvery } = this.settings;
    const now = this.parts.clock.now();
    for (const feed of this.all) {
      for (const follower of feed.all) {
        if (now - (follower.waitingSince ?? now) > patience) {
          this.parts.meter.count('feed_subscribers_cut_total');
          follower.cut();
          feed.leave(follower);
        } else if (now - follower.lastWrite >= beatEvery) feed.beat(follower);
      }
    }
  }
}

function dismiss(feed: Feed): void {
  for (const follower of [...feed.all]) {
    follower.end();
    feed.leave(follower);
  }
}
