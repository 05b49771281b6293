import type { WebhookFailure } from '@app/charge-box';
import type { Clock, Meter } from '@app/kernel';
import type { Letter } from './letters';
import { signatureOf } from './secrets';
import type { Sent, Verdict } from './verdict';
import { verdictOf } from './verdict';

/** One POST as it goes out. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends one, within the time that an attempt may take. Never rejects. */
export type Send = (post: Post) => Promise<Sent>;

interface Addressee {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}

/** Attempts at deliveries of one webhook: signed, counted, judged. */
export class Delivery {
  /** How the last attempt failed; `undefined` when it did not. */
  failure: (WebhookFailure & { readonly at: string }) | undefined;

  constructor(
    private readonly to: Addressee,
    private readonly send: Send,
    private readonly clock: Clock,
    private readonly meter: Meter,
  ) {}

  async attempt({ deliveryId, text: body }: Letter, attempt: number): Promise<Verdict> {
    const begun = this.clock.now();
    const timestamp = Math.floor(begun / 1_000);
    const { id, url, secret } = this.to;
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'User-Agent': 'ocpp-central-system',
      'Webhook-Id': deliveryId,
      'Webhook-Of': id,
      'Webhook-Attempt': String(attempt),
      'Webhook-Timestamp': String(timestamp),
      'Webhook-Signature': `v1=${signatureOf(secret, timestamp, body)}`,
    };
    const verdict = verdictOf(await this.send({ url, headers, body }), this.clock.now());
    const ended = this.clock.now();
    this.meter.observe('webhook_delivery_seconds', Math.max(0, ended - begun) / 1_000);
    this.meter.count('webhook_deliveries_total', verdict.kind === 'delivered' ? 'delivered' : 'failed');
    const isGood = verdict.kind === 'delivered';
    this.failure = isGood ? undefined : { ...verdict.failure, at: new Date(ended).toISOString() };
    return verdict;
  }
}
