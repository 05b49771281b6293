import type { WebhookEvent, WebhookSettings } from '@app/charge-box';
import { upcast, webhookStream } from '@app/charge-box';
import type { EventStore, Position, RecordedEvent } from '@app/kernel';
import { codedError, NO_STREAM } from '@app/kernel';
import type { WebhookOrigin } from './append';
import { appendTo } from './append';
import type { Beginning } from './progress';

/** A webhook as it is now. */
export interface Webhook extends WebhookSettings {
  readonly id: string;
  /** Sealed. */
  readonly secret: string;
  readonly createdAt: string;
  readonly changedAt: string;
  /** Why it is not active, where nobody decided that. */
  readonly switchedOff?: string;
  readonly made: Beginning;
  /** Of its last event. */
  readonly revision: number;
}

/** What somebody wants of a webhook: an event, or the reason why not. */
export type Wanted = { readonly event: WebhookEvent } | { readonly refused: string };

export type Recorded =
  | { readonly outcome: 'done'; readonly position: Position; readonly revision: number }
  | { readonly outcome: 'refused'; readonly reason: string };

const tries = 20;
const pageSize = 1_000;

/** All webhooks, folded from their stream. */
export class Registry {
  private readonly webhooks = new Map<string, Webhook>();
  private revision = NO_STREAM;
  private reading: Promise<void> = Promise.resolve();

  constructor(private readonly store: EventStore) {}

  all(): readonly Webhook[] {
    return [...this.webhooks.values()];
  }

  find(id: string): Webhook | undefined {
    return this.webhooks.get(id);
  }

  /** Takes in what was recorded since, here or elsewhere. */
  refresh(): Promise<void> {
    const read = this.reading.then(() => this.read());
    this.reading = read.catch(() => undefined);
    return read;
  }

  /** Records what is wanted of the webhooks as they are; decided anew when another instance was quicker. */
  async record(decide: () => Wanted, origin?: WebhookOrigin): Promise<Recorded> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const wanted = decide();
      if ('refused' in wanted) return { outcome: 'refused', reason: wanted.refused };
      const { revision } = this;
      const appended = await appendTo(this.store, { stream: webhookStream, expected: revision }, wanted.event, origin);
      await this.refresh();
      if (appended.outcome === 'appended')
        return { outcome: 'done', position: appended.position, revision: appended.revision };
    }
    throw codedError('conflict-persists', 'webhooks');
  }

  private async read(): Promise<void> {
    for (let end = false; !end;) {
      const page = await this.store.readStream(webhookStream, { from: this.revision + 1, limit: pageSize });
      for (const event of page.events) this.apply(event);
      end = page.endOfStream;
    }
  }

  private apply(recorded: RecordedEvent): void {
    const { revision, position } = recorded;
    const { type, data } = upcast<WebhookEvent>(recorded);
    this.revision = revision;
    if (!('id' in data)) return;
    const known = this.webhooks.get(data.id);
    if (type === 'WebhookRemoved') this.webhooks.delete(data.id);
    else if (type === 'WebhookSaved') {
      const { at: changedAt, ...saved } = data;
      const { createdAt = changedAt, made = { revision, position } } = known ?? {};
      this.webhooks.set(data.id, { ...saved, createdAt, changedAt, made, revision });
    } else if (known !== undefined) {
      const off = type === 'WebhookSwitchedOff' ? { active: false, switchedOff: data.reason } : {};
      this.webhooks.set(data.id, { ...known, ...off, revision, changedAt: data.at });
    }
  }
}
