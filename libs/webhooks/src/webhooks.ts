import type { WebhookArrears, WebhookEventOf, WebhookFailure, WebhookSettings } from '@app/charge-box';
import { deadLetterPrefix, webhookStream } from '@app/charge-box';
import type { Position, Subscription } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import { randomUUID } from 'node:crypto';
import type { WebhookOrigin } from './append';
import type { DeadLetter } from './dead-letters';
import { DeadLetters } from './dead-letters';
import type { DeliveryParts } from './deliveries';
import { Deliveries } from './deliveries';
import { ProgressNotes } from './progress';
import type { Recorded, Webhook } from './registry';
import { Registry } from './registry';
import { newSecret } from './secrets';

export interface WebhooksParts extends DeliveryParts {
  /** Calls back whenever a text was erased from the log, until the returned function is called. */
  readonly onErased: (listener: () => void) => () => void;
  /** Why a URL may not be called. */
  readonly faultOf: (url: string) => string | undefined;
  /** Ends attempts under way. */
  readonly close: () => void;
}

/** A webhook as operators see it: everything but its secret. */
export interface WebhookRow extends WebhookSettings {
  readonly id: string;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly switchedOff?: string;
  /** Why it is not told, where the service itself is at fault. */
  readonly fault?: string;
  /** Up to where it is told, but for those that are behind. */
  readonly position?: Position;
  readonly behind: readonly WebhookArrears[];
  readonly failure?: WebhookFailure & { readonly at: string };
}

export interface WebhookInput extends WebhookSettings {
  readonly secret?: string | undefined;
  /** `now`, `beginning`, or a position after which to begin. */
  readonly from: string;
}

/** A partial change. A secret that is null is made anew. */
export type WebhookPatch = {
  readonly [Name in keyof WebhookSettings]?: (Name extends 'note' ? string | null : WebhookSettings[Name]) | undefined;
} & { readonly secret?: string | null | undefined };

export type WebhookOutcome<Done> =
  | ({ readonly outcome: 'done'; readonly position: Position } & Done)
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'invalid'; readonly path: string; readonly message: string };

export interface Shown {
  readonly webhook: WebhookRow;
  /** Where it was made just now. It is not shown again. */
  readonly secret?: string;
}

const unknown = { outcome: 'unknown' } as const;
const retryIn = 1_000;
/** Milliseconds for attempts under way at a stop. */
const grace = 2_000;
const gone = 'The webhook is not there any more.';
const noKey =
  'The secrets of webhooks are sealed with CHAIN_KEY. Give all instances that share the store the same CHAIN_KEY first.';

/** Receivers that are told what happens. */
export class Webhooks {
  private readonly registry: Registry;
  private readonly deliveries: Deliveries;
  private readonly leaveErasures: () => void;
  private subscription: Subscription | undefined;
  private over = false;

  constructor(private readonly parts: WebhooksParts) {
    this.registry = new Registry(parts.store);
    this.deliveries = new Deliveries(parts, this.registry);
    this.leaveErasures = parts.onErased(() => this.deliveries.forget());
  }

  async start(): Promise<void> {
    const head = this.parts.store.shared ? await this.parts.store.head() : BEGINNING;
    await this.registry.refresh();
    if (this.parts.store.shared) this.listen(head);
    this.deliveries.wake();
  }

  async stop(): Promise<void> {
    this.over = true;
    this.leaveErasures();
    await this.subscription?.stop();
    const cut = this.parts.alarm.after(grace, () => this.parts.close());
    await this.deliveries.stop();
    cut();
    this.parts.close();
  }

  /** Boxes whose events wait, over all webhooks that are told here. */
  get waiting(): number {
    return this.deliveries.waiting;
  }

  /** Characters of what waits in memory. */
  get kept(): number {
    return this.deliveries.kept;
  }

  /** Webhooks that are not told, with the reasons. */
  get faults(): readonly string[] {
    return [...this.deliveries.faults].map(([id, fault]) => `webhook ${id}: ${fault}`);
  }

  async list(): Promise<readonly WebhookRow[]> {
    await this.registry.refresh();
    return Promise.all(this.registry.all().map((webhook) => this.rowOf(webhook)));
  }

  async find(id: string): Promise<WebhookRow | undefined> {
    await this.registry.refresh();
    const webhook = this.registry.find(id);
    return webhook && this.rowOf(webhook);
  }

  async create({ secret, from, ...settings }: WebhookInput, origin: WebhookOrigin): Promise<WebhookOutcome<Shown>> {
    const fault = this.parts.faultOf(settings.url);
    if (fault !== undefined) return { outcome: 'invalid', path: 'url', message: fault };
    const position = await this.positionOf(from);
    if (position === undefined) return laterThanAll;
    const id = randomUUID();
    const shown = secret ?? newSecret();
    const recorded = await this.save(id, { ...settings, secret: shown }, origin);
    if (recorded.outcome !== 'done') return recorded;
    const made = { revision: recorded.revision, position: recorded.position };
    await new ProgressNotes(this.parts.store, this.parts.clock, id, made).begin(position);
    return this.changed(id, recorded.position, secret === undefined ? { secret: shown } : {});
  }

  async change(id: string, patch: WebhookPatch, origin: WebhookOrigin): Promise<WebhookOutcome<Shown>> {
    await this.registry.refresh();
    const known = this.registry.find(id);
    if (known === undefined) return unknown;
    const fault = patch.url === undefined ? undefined : this.parts.faultOf(patch.url);
    if (fault !== undefined) return { outcome: 'invalid', path: 'url', message: fault };
    const { secret, ...settings } = patch;
    const made = secret === null ? newSecret() : undefined;
    const recorded = await this.save(id, { ...settings, secret: made ?? secret ?? undefined }, origin);
    if (recorded.outcome !== 'done') return recorded;
    return this.changed(id, recorded.position, made === undefined ? {} : { secret: made });
  }

  async remove(id: string, origin: WebhookOrigin): Promise<WebhookOutcome<object>> {
    const data = { id, at: this.now() };
    return this.recordOf(id, () => ({ event: { type: 'WebhookRemoved', data } }), origin);
  }

  /** Tells everything after a position again. What is behind by now is told as part of it. */
  async replay(id: string, from: string, origin: WebhookOrigin): Promise<WebhookOutcome<object>> {
    await this.registry.refresh();
    const webhook = this.registry.find(id);
    if (webhook === undefined) return unknown;
    const position = await this.positionOf(from);
    if (position === undefined) return laterThanAll;
    await new ProgressNotes(this.parts.store, this.parts.clock, id, webhook.made).begin(position);
    const data = { id, from: position, at: this.now() };
    return this.recordOf(id, () => ({ event: { type: 'WebhookReplayWanted', data } }), origin);
  }

  /** Newest first; `undefined` where there is no such webhook. */
  async deadLetters(id: string): Promise<readonly DeadLetter[] | undefined> {
    await this.registry.refresh();
    if (this.registry.find(id) === undefined) return undefined;
    return [...(await this.deadLettersOf(id).all())].reverse();
  }

  /** Has one dead letter, or all, delivered after all. */
  async retry(id: string, deliveryId: string | undefined, origin: WebhookOrigin): Promise<WebhookOutcome<object>> {
    const letters = await this.deadLetters(id);
    if (letters === undefined) return unknown;
    if (deliveryId !== undefined && !letters.some((letter) => letter.deliveryId === deliveryId)) return unknown;
    if (this.registry.find(id)?.active !== true)
      return { outcome: 'refused', reason: 'The webhook is not active. Set `active` first.' };
    const position = await this.deadLettersOf(id).want(deliveryId, origin);
    this.deliveries.wake();
    return { outcome: 'done', position };
  }

  private async save(
    id: string,
    { secret, ...patch }: WebhookPatch,
    origin: WebhookOrigin,
  ): Promise<Recorded | typeof unknown> {
    const { seal, limits } = this.parts;
    if (seal === undefined) return { outcome: 'refused', reason: noKey };
    const isChange = this.registry.find(id) !== undefined;
    const data = { id, ...(typeof secret === 'string' && { secret: seal.close(secret, id) }) };
    const recorded = await this.registry.record(() => {
      const known = this.registry.find(id);
      const saved = savedFrom({ ...known, ...given({ ...patch, ...data }) }, this.now());
      if (saved === undefined || (isChange && known === undefined)) return { refused: gone };
      if (known === undefined && this.registry.all().length >= limits.webhooks)
        return { refused: `There are ${limits.webhooks} webhooks, which is the most.` };
      return { event: { type: 'WebhookSaved', data: saved } };
    }, origin);
    return recorded.outcome === 'refused' && recorded.reason === gone ? unknown : recorded;
  }

  private async recordOf(
    id: string,
    wanted: Parameters<Registry['record']>[0],
    origin: WebhookOrigin,
  ): Promise<WebhookOutcome<object>> {
    await this.registry.refresh();
    if (this.registry.find(id) === undefined) return unknown;
    const recorded = await this.registry.record(wanted, origin);
    this.deliveries.wake();
    return recorded.outcome === 'done' ? { outcome: 'done', position: recorded.position } : recorded;
  }

  private async changed(id: string, position: Position, shown: { readonly secret?: string }) {
    this.deliveries.wake();
    const webhook = await this.find(id);
    return webhook === undefined ? unknown : { outcome: 'done' as const, webhook, position, ...shown };
  }

  private async rowOf({ secret: _secret, made, revision: _revision, ...webhook }: Webhook): Promise<WebhookRow> {
    const progress = await new ProgressNotes(this.parts.store, this.parts.clock, webhook.id, made).load();
    const fault = this.deliveries.faults.get(webhook.id);
    const known = progress === undefined || progress === 'elsewhere' ? { behind: [] } : progress;
    return { ...webhook, ...known, ...(fault === undefined ? {} : { fault }) };
  }

  private deadLettersOf(id: string): DeadLetters {
    return new DeadLetters(this.parts.store, this.parts.clock, id, this.parts.limits.deadLetters);
  }

  private async positionOf(from: string): Promise<Position | undefined> {
    if (from === 'beginning') return BEGINNING;
    const head = await this.parts.store.head();
    if (from === 'now') return head;
    return from <= head ? from : undefined;
  }

  private listen(after: Position): void {
    let from = after;
    const { store, log, alarm } = this.parts;
    const filter = { streamPrefixes: [webhookStream, deadLetterPrefix] };
    this.subscription = store.subscribe({ after, filter }, async ({ events, checkpoint }) => {
      from = checkpoint > from ? checkpoint : from;
      if (events.length === 0) return;
      await this.registry.refresh();
      this.deliveries.wake();
    });
    const again = (error?: unknown) => {
      if (this.over) return;
      log.warn({ err: error, retryIn }, 'Changes of webhooks at other instances were not heard for a moment');
      alarm.after(retryIn, () => this.over || this.listen(from));
    };
    this.subscription.ended.then(() => again(), again);
  }

  private now(): string {
    return new Date(this.parts.clock.now()).toISOString();
  }
}

type Saved = WebhookEventOf<'WebhookSaved'>['data'];

/** What is recorded of a webhook; nothing of one that has no secret because it was removed. */
function savedFrom(
  { id, url, filter, idTags, active, note, secret }: Partial<Omit<Saved, 'note'>> & { note?: string | null },
  at: string,
): Saved | undefined {
  const isWhole = id !== undefined && url !== undefined && secret !== undefined;
  if (!isWhole || filter === undefined || idTags === undefined || active === undefined) return undefined;
  return { id, url, filter, idTags, active, ...(typeof note === 'string' && { note }), secret, at };
}

/** The members that have a value. */
const given = <Some extends object>(some: Some): { readonly [Name in keyof Some]?: Exclude<Some[Name], undefined> } =>
  Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as Some;

const laterThanAll = {
  outcome: 'invalid',
  path: 'from',
  message: 'The log ends before this position. Take one of an event that there is, `beginning` or `now`.',
} as const;
