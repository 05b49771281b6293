import { idTagStream, stateStream, telemetryStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { silentLog, silentMeter } from '@app/kernel';
import type { Post, Send } from '../delivery';
import { SecretSeal } from '../secrets';
import type { WebhookLimits } from '../settings';
import { webhookDefaults } from '../settings';
import type { Sent } from '../verdict';
import type { WebhookInput, WebhooksParts } from '../webhooks';
import { Webhooks } from '../webhooks';
import { FakeAlarm, settled } from './fake-alarm';

export const origin = { requestId: 'r-1', remoteAddress: '192.0.2.1' };
export const secret = 'a secret for the specs';
export const ok: Sent = { kind: 'answered', status: 200 };
export const status = (code: number, retryAfter?: string): Sent => ({ kind: 'answered', status: code, retryAfter });

/** What a receiver got, and when. */
export interface Got extends Post {
  readonly seconds: number;
  readonly event: RecordedEvent<{ type: string; data: { n?: number } }>;
}

/** Answers as it is told to, and remembers what it got. */
export class FakeReceiver {
  readonly got: Got[] = [];
  answer: (post: Got) => Sent | Promise<Sent> = () => ok;

  constructor(private readonly alarm: FakeAlarm) {}

  readonly send: Send = async (post) => {
    const event = JSON.parse(post.body) as Got['event'];
    const got = { ...post, event, seconds: this.alarm.seconds };
    this.got.push(got);
    return this.answer(got);
  };

  /** The numbers of the events in the order in which they came, of one box or all. */
  numbers(identity?: string): readonly (number | undefined)[] {
    const of = this.got.filter(({ event }) => identity === undefined || event.stream === stateStream(identity));
    return of.map(({ event }) => event.data.n);
  }
}

export interface AtWork {
  readonly store: EventStore;
  readonly alarm: FakeAlarm;
  readonly receiver: FakeReceiver;
  readonly webhooks: Webhooks;
  /** Another instance, or the same after a restart, with the same receiver. */
  another(parts?: Partial<WebhooksParts>, run?: string): Webhooks;
}

const holderOf = (run: string) => ({ run, heldBefore: (other: string) => other !== run && other[0] === run[0] });

export function atWork({
  limits = {},
  shared = false,
  ...more
}: { readonly limits?: Partial<WebhookLimits>; readonly shared?: boolean } & Partial<
  Omit<WebhooksParts, 'limits'>
> = {}): AtWork {
  const alarm = new FakeAlarm();
  const store = more.store ?? openInMemoryStore({ clock: alarm, shared });
  const receiver = new FakeReceiver(alarm);
  const another = (parts: Partial<WebhooksParts> = {}, run = 'A/1') =>
    new Webhooks({
      store,
      clock: alarm,
      alarm,
      log: silentLog,
      meter: silentMeter,
      chance: () => 1,
      limits: { ...webhookDefaults, retryAfter: 1_000, attempts: 3, ...limits },
      holder: holderOf(run),
      seal: new SecretSeal('a key'),
      send: receiver.send,
      onErased: () => () => undefined,
      faultOf: () => undefined,
      close: () => undefined,
      masked: (event) => ({ ...event, metadata: { ...event.metadata, actor: 'masked' } }),
      ...more,
      ...parts,
    });
  return { store, alarm, receiver, webhooks: another(), another };
}

export const settings: WebhookInput = {
  url: 'https://example.com/hook',
  filter: {},
  idTags: 'masked',
  active: true,
  secret,
  from: 'now',
};

/** Makes a webhook that is wanted; fails where it is refused. */
export async function made(webhooks: Webhooks, input: Partial<WebhookInput> = {}): Promise<string> {
  const outcome = await webhooks.create({ ...settings, ...input }, origin);
  if (outcome.outcome !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.webhook.id;
}

let ids = 0;
export async function record(store: EventStore, stream: string, n: number, type = 'Happened'): Promise<string> {
  const at = '2026-03-01T12:00:00.000Z';
  const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'charge-box', receivedAt: at };
  const id = `event-${(ids += 1)}`;
  const appended = await store.append(stream, [{ id, type, data: { n, at }, metadata }], 'any');
  return appended.outcome === 'appended' ? appended.position : '';
}
export const happen = (store: EventStore, identity: string, n: number, type?: string): Promise<string> =>
  record(store, stateStream(identity), n, type);
export const measure = (store: EventStore, identity: string, n: number): Promise<string> =>
  record(store, telemetryStream(identity), n);
export const aboutIdTag = (store: EventStore, n: number): Promise<string> => record(store, idTagStream('CARD-1'), n);

/** Resolves once a condition holds; the limit of the test is for what never does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await settled();
}
