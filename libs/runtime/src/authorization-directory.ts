import type { ChargeBoxEvent, ChargeBoxEventOf, IdTagDetails, IdTagEvent } from '@app/charge-box';
import { authorize, identityOfStream, isKnownType, upcast } from '@app/charge-box';
import type { EventStore, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING, pagesOf } from '@app/kernel';
import type { IdTagInfo } from '@app/ocpp';
import { LogOrder } from './log-order';

/** What is known about idTags at one position of the log; the read models keep it between runs. */
export interface AuthorizationSeed {
  readonly position: Position;
  readonly idTags: Iterable<IdTagDetails>;
  readonly openTransactions: Iterable<{ readonly transactionId: number; readonly idTag: string }>;
  /** Identities that booted without being registered. */
  readonly candidates: Iterable<string>;
}

export const emptySeed: AuthorizationSeed = { position: BEGINNING, idTags: [], openTransactions: [], candidates: [] };

const relevantTypes = [
  'IdTagSaved',
  'IdTagRemoved',
  'TransactionStarted',
  'TransactionStopped',
  'TransactionClosed',
  'ChargeBoxBooted',
  'RequestDelegated',
  'RegistrationDecided',
] as const;

type RelevantEvent = ChargeBoxEvent | IdTagEvent;

/** Every idTag with its open transactions, in memory: what a verdict on an idTag needs, at the cost of a look-up. */
export class AuthorizationDirectory {
  private readonly details = new Map<string, IdTagDetails>();
  private readonly openByTag = new Map<string, Set<number>>();
  private readonly tagOfTransaction = new Map<number, string>();
  private readonly candidates = new Set<string>();
  /** Starts that are being stored. */
  private readonly expected = new Set<number>();
  private readonly order = new LogOrder();

  constructor(private readonly policy: 'known' | 'open') {}

  /** Takes a seed, then every event that the log has after it. Call once, before the first request. Returns how far that was. */
  async restore(seed: AuthorizationSeed, store: EventStore): Promise<Position> {
    for (const details of seed.idTags) this.details.set(fold(details.idTag), details);
    for (const { transactionId, idTag } of seed.openTransactions) this.open(transactionId, idTag);
    for (const identity of seed.candidates) this.candidates.add(identity);
    let reached = seed.position;
    for await (const { events, next } of pagesOf(store, { after: reached, filter: { types: relevantTypes } })) {
      for (const event of events) this.applyRecorded(event);
      reached = next;
    }
    return reached;
  }

  /**
   * The verdict on an idTag at a moment. `forStart`: open transactions of the tag count, but those that the start supersedes: a box that
   * lost a stop does not lock its driver out.
   */
  verdict(idTag: string, at: string, forStart: boolean, superseded: readonly number[] = []): IdTagInfo {
    const key = fold(idTag);
    const open = this.openByTag.get(key);
    return authorize({
      tag: this.details.get(key),
      policy: this.policy,
      at,
      openTransactions: (open?.size ?? 0) - superseded.filter((id) => open?.has(id)).length,
      forStart,
    });
  }

  find(idTag: string): IdTagDetails | undefined {
    return this.details.get(fold(idTag));
  }

  /** Transactions that are open with an idTag. */
  openTransactionsOf(idTag: string): readonly number[] {
    return [...(this.openByTag.get(fold(idTag)) ?? [])];
  }

  /** Lets go of an idTag that was erased, whatever it has open. `position`: where that was, as for `apply`: it may be known anew since. */
  forget(idTag: string, position?: Position): void {
    const key = fold(idTag);
    if (this.order.isNews(`tag:${key}`, position)) this.details.delete(key);
    this.forgetOpen(idTag);
  }

  /** Lets go of what an idTag has open. */
  forgetOpen(idTag: string): void {
    const key = fold(idTag);
    for (const transactionId of this.openByTag.get(key) ?? []) this.tagOfTransaction.delete(transactionId);
    this.openByTag.delete(key);
  }

  get candidateCount(): number {
    return this.candidates.size;
  }

  isCandidate(identity: string): boolean {
    return this.candidates.has(identity);
  }

  /**
   * Takes an event into account; harmless when repeated. On a store that others write to, `position` says where in the log it is: this
   * process knows its own events before the log tells the older ones of others, which then change nothing.
   */
  apply(event: RelevantEvent, identity?: string, position?: Position): void {
    switch (event.type) {
      case 'IdTagSaved':
      case 'IdTagRemoved':
        if (this.order.isNews(`tag:${fold(event.data.idTag)}`, position)) this.applyIdTag(event);
        break;
      case 'TransactionStarted':
        this.started(event.data, position);
        break;
      case 'TransactionStopped':
      case 'TransactionClosed':
        this.ended(event.data.transactionId, position);
        break;
      case 'ChargeBoxBooted':
      case 'RequestDelegated':
      case 'RegistrationDecided':
        if (identity !== undefined && this.order.isNews(`box:${identity}`, position))
          this.applyCandidate(event, identity);
        break;
      default:
        break;
    }
  }

  /** The log has told everything up to a position. */
  told(position: Position): void {
    this.order.told(position);
  }

  /**
   * Counts starts before they are stored, so that two boxes cannot start with one tag at the same moment. The rest is taken
   * once stored. Returns what takes the starts back when storing fails.
   */
  expect(events: readonly ChargeBoxEvent[], identity: string): { keep(position?: Position): void; undo(): void } {
    const starts = events.filter((event) => event.type === 'TransactionStarted').map(({ data }) => data);
    for (const { transactionId, idTag } of starts) {
      this.expected.add(transactionId);
      this.open(transactionId, idTag);
    }
    return {
      keep: (position) => {
        for (const { transactionId } of starts) this.expected.delete(transactionId);
        for (const event of events) this.apply(event, identity, position);
      },
      undo: () => {
        // What the log has told meanwhile was stored, whatever became of the answer.
        for (const { transactionId } of starts) if (this.expected.delete(transactionId)) this.close(transactionId);
      },
    };
  }

  private applyIdTag(event: IdTagEvent): void {
    if (event.type === 'IdTagSaved') this.details.set(fold(event.data.idTag), event.data);
    else this.details.delete(fold(event.data.idTag));
  }

  private applyCandidate(
    event: ChargeBoxEventOf<'ChargeBoxBooted' | 'RequestDelegated' | 'RegistrationDecided'>,
    identity: string,
  ): void {
    if (event.type === 'RegistrationDecided') this.candidates.delete(identity);
    else if (isOfStranger(event)) this.candidates.add(identity);
  }

  private started(
    { transactionId, idTag, supersedes = [] }: ChargeBoxEventOf<'TransactionStarted'>['data'],
    position: Position | undefined,
  ): void {
    this.expected.delete(transactionId);
    if (this.order.isNews(`transaction:${transactionId}`, position)) this.open(transactionId, idTag);
    for (const superseded of supersedes) this.ended(superseded, position);
  }

  private ended(transactionId: number, position: Position | undefined): void {
    if (this.order.isNews(`transaction:${transactionId}`, position)) this.close(transactionId);
  }

  private close(transactionId: number): void {
    const key = this.tagOfTransaction.get(transactionId);
    if (key === undefined) return;
    this.tagOfTransaction.delete(transactionId);
    const open = this.openByTag.get(key);
    open?.delete(transactionId);
    if (open?.size === 0) this.openByTag.delete(key);
  }

  private open(transactionId: number, idTag: string): void {
    const key = fold(idTag);
    this.tagOfTransaction.set(transactionId, key);
    const open = this.openByTag.get(key);
    if (open) open.add(transactionId);
    else this.openByTag.set(key, new Set([transactionId]));
  }

  /** Takes an event into account that the log tells. */
  applyRecorded(event: RecordedEvent, position?: Position): void {
    // Of the whole log, types of a later program are none of its business.
    if (isKnownType(event.type)) this.apply(upcast<RelevantEvent>(event), identityOfStream(event.stream), position);
  }
}

function isOfStranger(event: ChargeBoxEventOf<'ChargeBoxBooted' | 'RequestDelegated'>): boolean {
  return event.type === 'ChargeBoxBooted' ? event.data.answered === 'Rejected' : event.data.unregistered === true;
}

// OCPP 1.5, 7.20: idTags compare without regard to letter case.
const fold = (idTag: string): string => idTag.toLowerCase();
