import type { Clock, EventStore, Log, Meter, RecordedEvent } from '@app/kernel';
import type { Alarm } from './alarm';
import { Courier } from './courier';
import { DeadLetters } from './dead-letters';
import type { Send } from './delivery';
import { Delivery } from './delivery';
import type { Holder } from './lease';
import { Lease } from './lease';
import { Letters } from './letters';
import { Memory } from './memory';
import { ProgressNotes } from './progress';
import { Redeliveries } from './redeliveries';
import type { Registry, Webhook } from './registry';
import type { SecretSeal } from './secrets';
import type { WebhookLimits } from './settings';

export interface DeliveryParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly alarm: Alarm;
  readonly log: Log;
  readonly meter: Meter;
  readonly chance: () => number;
  readonly limits: WebhookLimits;
  readonly holder: Holder;
  /** Absent where instances share a store and no key. */
  readonly seal: SecretSeal | undefined;
  readonly send: Send;
  /** An event with its idTags masked. */
  readonly masked: (event: RecordedEvent) => RecordedEvent;
}

interface Running {
  readonly revision: number;
  readonly courier: Courier;
  readonly redeliveries: Redeliveries;
  /** Somebody else noted how far it is: it begins anew there. */
  overtaken: boolean;
}

const retryIn = 5_000;
export const faults = {
  secret:
    'The secret was sealed with another CHAIN_KEY. Give the service that key back, or the webhook another secret.',
  elsewhere:
    'The history was moved here from elsewhere, so that where to go on is not known. Have it replayed from a position, or from `now`.',
  store: 'The event store could not be read; it is tried again.',
} as const;

/** Has a courier at work for each active webhook, at one instance of those that share a store. Without webhooks, nothing is at work. */
export class Deliveries {
  readonly faults = new Map<string, string>();
  private readonly running = new Map<string, Running>();
  private readonly lease: Lease;
  private readonly memory: Memory;
  private over = false;
  private rung = false;
  private work: Promise<void> = Promise.resolve();
  private cancel: () => void = () => undefined;

  constructor(
    private readonly parts: DeliveryParts,
    private readonly registry: Registry,
  ) {
    const { store, clock, alarm, log, holder, limits } = parts;
    this.memory = new Memory(limits.keptCharacters);
    const seconds = Math.max(30, (3 * limits.timeout) / 1_000);
    this.lease = new Lease({ store, clock, alarm, log, holder, seconds, looked: () => this.wake() });
  }

  /** Boxes whose events wait, over all webhooks that are told here. */
  get waiting(): number {
    return [...this.running.values()].reduce((sum, { courier }) => sum + courier.waiting, 0);
  }

  /** Characters of what waits in memory, over all webhooks. */
  get kept(): number {
    return this.memory.taken;
  }

  /** Looks what is to be done now. */
  wake(): void {
    if (this.rung || this.over) return;
    this.rung = true;
    this.work = this.work.then(() => this.reconcile());
  }

  /** What is kept of the log is read anew. */
  forget(): void {
    for (const { courier } of this.running.values()) courier.forget();
  }

  async stop(): Promise<void> {
    this.over = true;
    this.cancel();
    await this.work;
    await Promise.all([...this.running.keys()].map((id) => this.end(id)));
    await this.lease.stop();
  }

  private async reconcile(): Promise<void> {
    this.rung = false;
    if (this.over) return;
    const active = this.registry.all().filter((webhook) => webhook.active);
    if (active.length > 0) this.lease.start();
    const mine = this.lease.isHeldFor(0) ? active : [];
    for (const [id, { revision, overtaken }] of this.running)
      if (overtaken || !mine.some((webhook) => webhook.id === id && webhook.revision === revision)) await this.end(id);
    this.forgetFaults(mine);
    for (const webhook of mine) await this.tend(webhook);
    if (active.length === 0) await this.lease.stop();
  }

  /** Of webhooks that are not to be told here, or not any more. */
  private forgetFaults(mine: readonly Webhook[]): void {
    for (const id of this.faults.keys()) if (!mine.some((webhook) => webhook.id === id)) this.faults.delete(id);
  }

  private async tend(webhook: Webhook): Promise<void> {
    if (!this.running.has(webhook.id)) await this.begin(webhook);
    const running = this.running.get(webhook.id);
    running?.courier.pump();
    running?.redeliveries.wake();
  }

  private async end(id: string): Promise<void> {
    const running = this.running.get(id);
    this.running.delete(id);
    await Promise.all([running?.courier.stop(), running?.redeliveries.stop()]);
  }

  private async begin(webhook: Webhook): Promise<void> {
    const { store, clock, log, seal } = this.parts;
    const { id } = webhook;
    const notes = new ProgressNotes(store, clock, id, webhook.made);
    const secret = seal?.open(webhook.secret, id);
    if (secret === undefined) return this.fault(id, faults.secret);
    try {
      const from = await notes.load();
      if (from === undefined || from === 'elsewhere') return this.fault(id, faults.elsewhere);
      this.faults.delete(id);
      this.running.set(id, this.started(webhook, { secret, from, notes }));
    } catch (error) {
      log.warn({ webhook: id, err: error, retryIn }, 'A webhook could not be begun');
      this.fault(id, faults.store);
    }
  }

  private started(
    { id, url, filter, idTags, revision }: Webhook,
    { secret, from, notes }: { secret: string; from: ConstructorParameters<typeof Courier>[1]; notes: ProgressNotes },
  ): Running {
    const { store, clock, meter, limits, send, masked } = this.parts;
    const shown = idTags === 'clear' ? (event: RecordedEvent) => event : masked;
    const letters = new Letters({ store, filter, shown, limit: limits.keptEvents });
    const common = {
      ...this.parts,
      id,
      letters,
      memory: this.memory,
      delivery: new Delivery({ id, url, secret }, send, clock, meter),
      deadLetters: new DeadLetters(store, clock, id, limits.deadLetters),
      mayDeliver: () => this.lease.isHeldFor(limits.timeout),
      gone: (reason: string) => this.switchOff(id, reason),
    };
    const overtaken = () => {
      running.overtaken = true;
      this.wake();
    };
    const courier = new Courier({ ...common, notes, overtaken }, from);
    const running: Running = { revision, courier, redeliveries: new Redeliveries(common), overtaken: false };
    courier.start();
    return running;
  }

  private async switchOff(id: string, reason: string): Promise<void> {
    const at = new Date(this.parts.clock.now()).toISOString();
    await this.registry.record(() => {
      if (this.registry.find(id)?.active !== true) return { refused: 'It is not active.' };
      return { event: { type: 'WebhookSwitchedOff', data: { id, reason, at } } };
    });
    this.parts.log.warn({ webhook: id, reason }, 'A webhook was switched off by its receiver');
    this.wake();
  }

  /** Tells why a webhook is not told, and looks again in a while. */
  private fault(id: string, what: string): void {
    if (this.faults.get(id) !== what) this.parts.log.warn({ webhook: id, what }, 'A webhook is not told');
    this.faults.set(id, what);
    this.cancel();
    this.cancel = this.parts.alarm.after(retryIn, () => this.wake());
  }
}
