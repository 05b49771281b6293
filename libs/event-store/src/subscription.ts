import type {
  EventFilter,
  EventStore,
  LogPage,
  Position,
  SubscribeOptions,
  Subscriber,
  Subscription,
} from '@app/kernel';
import type { Head } from './head';

/** What a subscription reads from: pages of the log, and the news that there is more. */
export interface Followed {
  readonly head: Head;
  readonly readAll: EventStore['readAll'];
  /** A page from memory if it can be had. Asked only once the subscription has caught up: it does not know of retention. */
  readonly recent?: (options: {
    readonly from: Position;
    readonly limit: number;
    readonly filter?: EventFilter;
  }) => LogPage | undefined;
}

const defaultBatchSize = 1000;

/** After so many pages of which the filter left nothing, the subscriber is told the checkpoint all the same. */
const silentPages = 64;

/**
 * A subscription made of page reads: the log from a position on, then each page that the head makes room for.
 *
 * A batch may be empty: the first one when nothing is stored after the position, and now and then one that only moves the checkpoint.
 * A subscriber that waits for `stop` within its own batch waits for itself; it may call `stop` and go on.
 */
export function follow(source: Followed, options: SubscribeOptions, subscriber: Subscriber): Subscription {
  const running = new PagedSubscription(source, options, subscriber);
  const ended = running.run();
  // Nobody has to listen to `ended`; without this a subscriber that throws would end the process.
  ended.catch(() => undefined);
  return {
    ended,
    stop: () => {
      running.stop();
      return ended.catch(() => undefined);
    },
  };
}

class PagedSubscription {
  private checkpoint: Position;
  private stopping = false;
  private saidCaughtUp = false;
  private silent = 0;
  private wake: () => void = () => undefined;

  constructor(
    private readonly source: Followed,
    private readonly options: SubscribeOptions,
    private readonly subscriber: Subscriber,
  ) {
    this.checkpoint = options.after;
  }

  stop(): void {
    this.stopping = true;
    this.wake();
  }

  async run(): Promise<void> {
    let reading = this.read();
    while (!this.isStopping()) {
      const page = await reading;
      if (this.isStopping()) return;
      this.checkpoint = page.next;
      // The next page is read while the subscriber works on this one.
      if (!page.endOfLog) reading = this.read();
      if (this.isWorthTelling(page)) await this.tell(page);
      if (!page.endOfLog) continue;
      await this.news();
      reading = this.read();
    }
  }

  private read(): Promise<LogPage> {
    const { filter, batchSize = defaultBatchSize } = this.options;
    const options = { from: this.checkpoint, limit: batchSize, ...(filter && { filter }) };
    const recent = this.saidCaughtUp ? this.source.recent?.(options) : undefined;
    if (recent) return Promise.resolve(recent);
    const page = this.source.readAll(options);
    // Nobody may come for it: the subscriber may fail, or stop, while the page is read.
    page.catch(() => undefined);
    return page;
  }

  /** A method, because the compiler takes a field it has seen false for false ever after. */
  private isStopping(): boolean {
    return this.stopping;
  }

  private isWorthTelling(page: LogPage): boolean {
    this.silent += 1;
    return page.events.length > 0 || (page.endOfLog && !this.saidCaughtUp) || this.silent >= silentPages;
  }

  private async tell(page: LogPage): Promise<void> {
    this.silent = 0;
    this.saidCaughtUp = page.endOfLog;
    await this.subscriber({ events: page.events, checkpoint: page.next, caughtUp: page.endOfLog });
  }

  private async news(): Promise<void> {
    const { head } = this.source;
    if (this.isStopping() || head.ended || head.position > this.checkpoint) return;
    let leave: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      leave = head.onAdvance(() => resolve());
    });
    leave();
  }
}
