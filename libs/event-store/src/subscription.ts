import type { EventStore, LogPage, Position, SubscribeOptions, Subscriber, Subscription } from '@app/kernel';
import type { Head } from './head';
import { checkedLimit } from './limits';

/** What a subscription reads from: pages of the log, and the news that there is more. */
export interface Followed {
  readonly head: Head;
  readonly readAll: EventStore['readAll'];
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
    const limit = checkedLimit(this.options.batchSize ?? defaultBatchSize);
    const { filter } = this.options;
    while (!this.isStopping()) {
      const page = await this.source.readAll({ from: this.checkpoint, limit, ...(filter && { filter }) });
      if (this.isStopping()) return;
      this.checkpoint = page.next;
      if (this.isWorthTelling(page)) await this.tell(page);
      if (page.endOfLog) await this.news();
    }
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
    if (this.isStopping() || head.position > this.checkpoint) return;
    let leave: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      leave = head.onAdvance(() => resolve());
    });
    leave();
  }
}
