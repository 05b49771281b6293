import type { WebhookEvent, WebhookEventOf } from '@app/charge-box';
import { deadLetterStream, upcast } from '@app/charge-box';
import type { Clock, EventStore, Position } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import type { WebhookOrigin } from './append';
import { appendAll, appendTo } from './append';

type GivenUp = WebhookEventOf<'WebhookDeliveryGivenUp'>['data'];

/** A delivery that was given up. */
export interface DeadLetter extends GivenUp {
  /** It is about to be tried again. */
  readonly retrying: boolean;
}

interface Kept extends DeadLetter {
  /** Of the event that tells of it. */
  readonly revision: number;
}

const pageSize = 1_000;
/** Events for each letter: what becomes of letters stands in their stream too. */
const eventsEach = 6;
const movedAtOnce = 100;

/** The deliveries of one webhook that were given up: the last ones. */
export class DeadLetters {
  private readonly stream: string;
  private retained = false;
  /** Appends until it is looked again which letters are about to be pushed out. */
  private left = 0;

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
    return (await this.read()).letters.map(({ revision: _revision, ...letter }) => letter);
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
    if (!this.retained) await this.store.retain(this.stream, { maxCount: eventsEach * this.most });
    this.retained = true;
    if (this.left <= 0) await this.moveUp();
    this.left -= 1;
    const appended = await appendTo(this.store, { stream: this.stream, expected: 'any' }, event, origin);
    return appended.outcome === 'appended' ? appended.position : '';
  }

  private async read(): Promise<{ readonly letters: readonly Kept[]; readonly lastRevision: number }> {
    const letters = new Map<string, Kept>();
    let lastRevision = NO_STREAM;
    for (let end = false; !end;) {
      const page = await this.store.readStream(this.stream, { from: lastRevision + 1, limit: pageSize });
      for (const event of page.events) apply(letters, upcast<WebhookEvent>(event), event.revision);
      lastRevision = page.events.at(-1)?.revision ?? page.lastRevision;
      end = page.endOfStream;
    }
    return { letters: [...letters.values()].sort(byTime).slice(-this.most), lastRevision };
  }

  /** The stream forgets its first events, whatever they are: letters that wait for long are recorded again before their turn comes. */
  private async moveUp(): Promise<void> {
    for (;;) {
      const { letters, lastRevision } = await this.read();
      const old = letters.filter(({ revision }) => revision <= lastRevision - 2 * this.most).slice(0, movedAtOnce);
      if (old.length === 0) break;
      const events = old.flatMap((letter) => this.again(letter));
      // As they are now, or they are looked at again.
      await appendAll(this.store, { stream: this.stream, expected: lastRevision }, events);
    }
    this.left = this.most;
  }

  private again({ revision: _revision, retrying, ...data }: Kept): readonly WebhookEvent[] {
    const wanted = { deliveryId: data.deliveryId, at: this.now() };
    return [
      { type: 'WebhookDeliveryGivenUp', data },
      ...(retrying ? [{ type: 'WebhookRedeliveryWanted', data: wanted } as const] : []),
    ];
  }

  private now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

function byTime(one: DeadLetter, other: DeadLetter): number {
  const [first, second] = [one, other].map(({ at, position }) => `${at} ${position}`) as [string, string];
  return first < second ? -1 : Number(first > second);
}

function apply(letters: Map<string, Kept>, { type, data }: WebhookEvent, revision: number): void {
  if (type === 'WebhookDeliveryGivenUp') {
    letters.set(data.deliveryId, { ...data, retrying: false, revision });
  }
  if (type === 'WebhookRedelivered') letters.delete(data.deliveryId);
  if (type !== 'WebhookRedeliveryWanted') return;
  for (const [id, letter] of letters)
    if (data.deliveryId === undefined || data.deliveryId === id) letters.set(id, { ...letter, retrying: true });
}
