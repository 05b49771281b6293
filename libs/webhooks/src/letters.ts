import type { WebhookFilter } from '@app/charge-box';
import { identityOfStream, isOfWebhooks } from '@app/charge-box';
import { isWanted, storeFilter } from '@app/feeds';
import type { EventFilter, EventStore, LogPage, Position, RecordedEvent } from '@app/kernel';

/** One event on its way to a receiver. */
export interface Letter {
  readonly deliveryId: string;
  readonly type: string;
  readonly identity: string | undefined;
  readonly position: Position;
  /** The body. */
  readonly text: string;
}

export interface LetterParts {
  readonly store: Pick<EventStore, 'readAll'>;
  readonly filter: WebhookFilter;
  /** The event as the receiver may see it. */
  readonly shown: (event: RecordedEvent) => RecordedEvent;
  /** Most events of one page. */
  readonly limit: number;
}

/** What of the log a webhook is told, and how. */
export class Letters {
  constructor(private readonly parts: LetterParts) {}

  get storeFilter(): { readonly filter?: EventFilter } {
    return storeFilter(this.parts.filter);
  }

  /** Nothing of webhooks themselves: each delivery would lead to the next. */
  wants(event: RecordedEvent): boolean {
    return !isOfWebhooks(event.stream) && isWanted(event, this.parts.filter);
  }

  of(event: RecordedEvent): Letter {
    const { id: deliveryId, type, stream, position } = event;
    const text = JSON.stringify(this.parts.shown(event));
    return { deliveryId, type, position, identity: identityOfStream(stream), text };
  }

  /** The part of the log after a position that is about one box, or about none. */
  async read(identity: string | undefined, after: Position): Promise<LogPage> {
    const { store, filter, limit } = this.parts;
    const narrowed = storeFilter(identity === undefined ? filter : { ...filter, identity });
    const page = await store.readAll({ from: after, direction: 'forward', limit, ...narrowed });
    const events = page.events.filter((event) => identityOfStream(event.stream) === identity && this.wants(event));
    return { ...page, events };
  }

  /** An event that was given up, `undefined` when the log has forgotten it. */
  async find(letter: {
    readonly deliveryId: string;
    readonly identity?: string;
    readonly after: Position;
    readonly position: Position;
  }): Promise<Letter | undefined> {
    for (let next = letter.after, over = false; !over;) {
      const page = await this.read(letter.identity, next);
      const found = page.events.find(({ id }) => id === letter.deliveryId);
      if (found !== undefined) return this.of(found);
      over = page.endOfLog || page.next >= letter.position;
      next = page.next;
    }
    return undefined;
  }
}
