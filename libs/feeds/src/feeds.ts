import type { Clock, EventStore, Log, Meter } from '@app/kernel';
import type { ReadModels } from '@app/read-models';
import { isInLog } from '@app/read-models';
import type { FeedName, ProjectionFeedName } from './catalogue';
import { projectionFeeds } from './catalogue';
import { EventsSource } from './events-source';
import { Feed } from './feed';
import type { FeedFilter } from './filter';
import { filterText } from './filter';
import type { Following, Sink } from './follower';
import { Follower } from './follower';
import type { FeedFormat } from './frames';
import type { Place } from './place';
import { markOf, readId, start } from './place';
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
  readonly readModels: Pick<ReadModels, 'database' | 'onProgress' | 'status'>;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly settings?: Partial<FeedsSettings>;
}

export interface FeedRequest {
  readonly filter: FeedFilter;
  readonly format: FeedFormat;
  readonly untilCaughtUp?: boolean;
  /** Id of the last message that the subscriber got. */
  readonly after?: string | undefined;
}

/** A feed about to be followed: where it begins is known, and nothing can be refused any more. */
export interface Opening {
  /** Follows it into a connection. The returned function ends that; call it when the connection is gone. */
  follow(sink: Sink): () => void;
}

/** Pages read at once: few, so that what answers charge boxes finds its turn. */
const readers = 4;

/** Everything that can be followed. */
export class Feeds {
  private readonly feeds: Readonly<Record<FeedName, Feed>>;
  private readonly settings: FeedsSettings;
  private readonly sweeping: NodeJS.Timeout;
  private closed = false;

  constructor(private readonly parts: FeedsParts) {
    const { store, readModels, log, settings } = parts;
    this.settings = { ...feedsDefaults, ...settings };
    const turns = new Turns(readers);
    const projections = Object.keys(projectionFeeds).map((name) => {
      const source = new RowsSource(readModels, name as ProjectionFeedName);
      return [name, new Feed(source, turns, log)] as const;
    });
    const events = new Feed(new EventsSource(store, log), new Turns(readers), log);
    this.feeds = { ...(Object.fromEntries(projections) as Record<ProjectionFeedName, Feed>), events };
    const { patience, beatEvery } = this.settings;
    this.sweeping = setInterval(() => this.sweep(), Math.min(1_000, patience / 2, beatEvery / 2)).unref();
  }

  get size(): number {
    return Object.values(this.feeds).reduce((sum, feed) => sum + feed.size, 0);
  }

  get isFull(): boolean {
    return this.closed || this.size >= this.settings.most;
  }

  /** Finds where a subscriber was. Rejects with a `store-…` code when the log cannot be asked. */
  async open(name: FeedName, { filter, format, untilCaughtUp = false, after }: FeedRequest): Promise<Opening> {
    const feed = this.feeds[name];
    const mark = markOf(name, feed.source.version, filterText(filter));
    const from = after === undefined ? start : await this.placeOf(feed, mark, after);
    const following = { filter, format, untilCaughtUp, mark };
    return { follow: (sink) => this.follow(feed, following, { from, sink }) };
  }

  close(): void {
    this.closed = true;
    clearInterval(this.sweeping);
    for (const feed of Object.values(this.feeds)) {
      for (const follower of [...feed.all]) {
        follower.end();
        feed.leave(follower);
      }
    }
  }

  private follow(
    feed: Feed,
    following: Following,
    { from, sink }: { readonly from: Place | undefined; readonly sink: Sink },
  ): () => void {
    const follower = new Follower(sink, following, from ?? start, () => this.parts.clock.now());
    if (from === undefined) {
      const reason = 'The id is of another history, of other rows, or of another filter: everything comes anew.';
      follower.notice({ event: 'reset', data: { reason } });
    }
    feed.join(follower);
    return () => feed.leave(follower);
  }

  /** `undefined` for an id that says nothing here. */
  private async placeOf({ source }: Feed, mark: string, id: string): Promise<Place | undefined> {
    const resumption = readId(mark, id);
    if (resumption === undefined || !(await isInLog(this.parts.store, resumption.anchor))) return undefined;
    const { place, anchor } = resumption;
    // What came after the anchor cannot be known again.
    return source.followsLog && place.position > anchor.position ? { position: anchor.position } : place;
  }

  private sweep(): void {
    const { patience, beatEvery } = this.settings;
    const now = this.parts.clock.now();
    for (const feed of Object.values(this.feeds)) {
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
