import type { ChargeBoxEvent, IdTagDetails, IdTagEvent } from '@app/charge-box';
import { authorize, identityOfStream, isKnownType, upcast } from '@app/charge-box';
import type { EventStore, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import type { IdTagInfo } from '@app/ocpp';

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

  constructor(private readonly policy: 'known' | 'open') {}

  /** Takes a seed, then every event that the log has after it. Call once, before the first request. Returns how far that was. */
  async restore(seed: AuthorizationSeed, store: EventStore): Promise<Position> {
    for (const details of seed.idTags) this.details.set(fold(details.idTag), details);
    for (const { transactionId, idTag } of seed.openTransactions) this.open(transactionId, idTag);
    for (const identity of seed.candidates) this.candidates.add(identity);
    let from = seed.position;
    for (;;) {
      const page = await store.readAll({ from, direction: 'forward', limit: 5_000, filter: { types: relevantTypes } });
      for (const event of page.events) this.applyRecorded(event);
      if (page.endOfLog) return page.next;
      from = page.next;
    }
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

  get candidateCount(): number {
    return this.candidates.size;
  }

  isCandidate(identity: string): boolean {
    return this.candidates.has(identity);
  }

  /** Takes an event into account. Harmless when repeated. */
  apply(event: RelevantEvent, identity?: string): void {
    switch (event.type) {
      case 'IdTagSaved':
        this.details.set(fold(event.data.idTag), event.data);
        break;
      case 'IdTagRemoved':
        this.details.delete(fold(event.data.idTag));
        break;
      case 'TransactionStarted':
        this.open(event.data.transactionId, event.data.idTag);
        for (const superseded of event.data.supersedes ?? []) this.close(superseded);
        break;
      case 'TransactionStopped':
      case 'TransactionClosed':
        this.close(event.data.transactionId);
        break;
      case 'ChargeBoxBooted':
        if (identity !== undefined && event.data.answered === 'Rejected') this.candidates.add(identity);
        break;
      case 'RequestDelegated':
        if (identity !== undefined && event.data.unregistered === true) this.candidates.add(identity);
        break;
      case 'RegistrationDecided':
        if (identity !== undefined) this.candidates.delete(identity);
        break;
      default:
        break;
    }
  }

  /**
   * Counts starts before they are stored, so that two boxes cannot start with one tag at the same moment. The rest is taken
   * once stored. Returns what takes the starts back when storing fails.
   */
  expect(events: readonly ChargeBoxEvent[], identity: string): { keep(): void; undo(): void } {
    const starts = events.filter((event) => event.type === 'TransactionStarted');
    for (const { data } of starts) this.open(data.transactionId, data.idTag);
    return {
      keep: () => events.forEach((event) => this.apply(event, identity)),
      undo: () => starts.forEach((event) => this.close(event.data.transactionId)),
    };
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

  /** Takes a stored event into account. */
  applyRecorded(event: RecordedEvent): void {
    // Of the whole log, types of a later program are none of its business.
    if (isKnownType(event.type)) this.apply(upcast<RelevantEvent>(event), identityOfStream(event.stream));
  }
}

// OCPP 1.5, 7.20: idTags compare without regard to letter case.
const fold = (idTag: string): string => idTag.toLowerCase();
