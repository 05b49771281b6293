import type { WebhookEvent, WebhookEventOf } from '@app/charge-box';
import { deadLetterStream, upcast } from '@app/charge-box';
import type { Clock, EventStore, Position } from '@app/kernel';
import type { WebhookOrigin } from './append';
import { appendTo } from './append';

type GivenUp = WebhookEventOf<'WebhookDeliveryGivenUp'>['data'];

/** A delivery that was given up. */
export interface DeadLetter extends GivenUp {
  /** It is about to be tried again. */
  readonly retrying: boolean;
}

const pageSize = 1_000;

/** The deliveries of one webhook that were given up: the last ones. */
export class DeadLetters {
  private readonly stream: string;
  private retained = false;

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    id: string,
    private readonly most: number,
  ) {
    this.stream = deadLetterStream(id);
  }

  /** Oldest first. */
  async all(): Promise<readonly DeadLetter[]> {
    const letters = new Map<string, DeadLetter>();
    for (let from = 0, end = false; !end;) {
      const page = await this.store.readStream(this.stream, { from, limit: pageSize });
      for (const event of page.events) apply(letters, upcast<WebhookEvent>(event));
      from = (page.events.at(-1)?.revision ?? page.lastRevision) + 1;
      end = page.endOfStream;
    }
    return [...letters.values()];
  }

  add(letter: Omit<GivenUp, 'at'>): Promise<Position> {
    return this.append({ type: 'WebhookDeliveryGivenUp', data: { ...letter, at: this.now() } });
  }

  /** Wants one of them delivered after all, or all that there are. */
  want(deliveryId: string | undefined, origin: WebhookOrigin): Promise<Position> {
    const one = deliveryId === undefined ? {} : { deliveryId };
    return this.append({ type: 'WebhookRedeliveryWanted', data: { ...one, at: this.now() } }, origin);
  }

  delivered(deliveryId: string): Promise<Position> {
    return this.append({ type: 'WebhookRedelivered', data: { deliveryId, at: this.now() } });
  }

  private async append(event: WebhookEvent, origin?: WebhookOrigin): Promise<Position> {
    if (!this.retained) await this.store.retain(this.stream, { maxCount: this.most });
    this.retained = true;
    const appended = await appendTo(this.store, { stream: this.stream, expected: 'any' }, event, origin);
    return appended.outcome === 'appended' ? appended.position : '';
  }

  private now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

function apply(letters: Map<string, DeadLetter>, { type, data }: WebhookEvent): void {
  if (type === 'WebhookDeliveryGivenUp') {
    // Given up again, it is the newest.
    letters.delete(data.deliveryId);
    letters.set(data.deliveryId, { ...data, retrying: false });
  }
  if (type === 'WebhookRedelivered') letters.delete(data.deliveryId);
  if (type !== 'WebhookRedeliveryWanted') return;
  for (const [id, letter] of letters)
    if (data.deliveryId === undefined || data.deliveryId === id) letters.set(id, { ...letter, retrying: true });
}
