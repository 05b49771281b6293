import type { ChargeBoxEvent, ChargeBoxState, Delegation, Facts, Holder, InboundMessage } from '@app/charge-box';
import { answerDataTransfer, needsOf } from '@app/charge-box';
import type { Clock, EventStore, Log, Meter } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';
import { randomUUID } from 'node:crypto';
import type { AnsweringRules } from './answering-rules';
import type { AuthorizationDirectory } from './authorization-directory';
import type { Instance } from './instance';
import type { RuntimeSettings } from './settings';
import type { Settlements } from './settlements';
import type { TransactionIds } from './transaction-ids';

/** What connects charge boxes with those who answer and command them. */
export interface Conversation {
  readonly rules: AnsweringRules;
  readonly settlements: Settlements;
  /** Operations that wait for a box may be sent, so many milliseconds from now. Called again before, it changes nothing. */
  readonly reachable: (identity: string, after: number) => void;
}

/** What lies outside. */
export interface RuntimePorts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  readonly instance: Instance;
}

/** What all charge boxes draw on. */
export interface Shared {
  readonly ids: TransactionIds;
  readonly directory: AuthorizationDirectory;
  readonly conversation: Conversation;
}

/** A request, as far as facts depend on it. */
type Asked = Pick<InboundMessage, 'operation' | 'request' | 'origin'>;

/** What every charge box at work shares: the ports, and the facts that decisions need. */
export class RuntimeContext {
  readonly ids: TransactionIds;
  readonly directory: AuthorizationDirectory;
  readonly conversation: Conversation;

  constructor(
    private readonly ports: RuntimePorts,
    readonly settings: RuntimeSettings,
    { ids, directory, conversation }: Shared,
  ) {
    this.ids = ids;
    this.directory = directory;
    this.conversation = conversation;
  }

  get store(): EventStore {
    return this.ports.store;
  }

  get clock(): Clock {
    return this.ports.clock;
  }

  get meter(): Meter {
    return this.ports.meter;
  }

  get log(): Log {
    return this.ports.log;
  }

  get instance(): Instance {
    return this.ports.instance;
  }

  /** The time, ISO 8601 in UTC. */
  now(): string {
    return new Date(this.ports.clock.now()).toISOString();
  }

  /** True when `facts` can be asked; else wait for `prepare` and ask again. */
  isPrepared(operation: CentralSystemOperation): boolean {
    return this.ids.peek() > 0 || !needsOf(operation).includes('newTransactionId');
  }

  prepare(): Promise<void> {
    return this.ids.ready();
  }

  /** Whether, and how, somebody outside is asked about a request. */
  delegation(
    operation: CentralSystemOperation,
    identity: string,
    state: ChargeBoxState,
  ): Delegation | Holder | undefined {
    const { rules } = this.conversation;
    const heldBy = this.instance.run;
    if (rules.answererOf(operation, state.settings) === 'automatic')
      return state.pending.length === 0 ? undefined : { heldBy };
    if (state.registration === undefined && !this.admitsStranger(identity)) return undefined;
    const respondBy = new Date(this.clock.now() + rules.patience(operation)).toISOString();
    return { msgId: randomUUID(), respondBy, heldBy };
  }

  /** The facts that the operation needs, and only those. Nothing may be awaited between this and `ids.take`. */
  facts(message: Asked, { open }: Pick<ChargeBoxState, 'open'>): Partial<Facts> {
    const needs = needsOf(message.operation);
    const facts: { -readonly [Name in keyof Facts]?: Facts[Name] } = { policy: this.settings.policy };
    if (needs.includes('newTransactionId')) facts.newTransactionId = this.ids.peek();
    if (needs.includes('authorization')) facts.authorization = this.authorization(message, open);
    if (needs.includes('dataTransfer')) {
      facts.dataTransfer = answerDataTransfer(
        this.settings.vendors,
        message.request as CentralSystemRequest<'DataTransfer'>,
      );
    }
    return facts;
  }

  /** The id that was shown is given to nobody else, if a start took it. */
  takeIds(events: readonly ChargeBoxEvent[]): void {
    const { ids } = this;
    if (events.some((event) => event.type === 'TransactionStarted' && event.data.transactionId === ids.peek()))
      ids.take();
  }

  /** The events that are worth recording: boots of unknown identities are, up to a number, or strangers could fill the disk. */
  admit(identity: string, state: ChargeBoxState, events: readonly ChargeBoxEvent[]): readonly ChargeBoxEvent[] {
    if (state.registration !== undefined || events.length === 0) return events;
    const isStranger = events.every(
      (event) =>
        event.type === 'AddressObserved' || (event.type === 'ChargeBoxBooted' && event.data.answered === 'Rejected'),
    );
    if (!isStranger || this.admitsStranger(identity)) return events;
    this.meter.count('ocpp_candidates_dropped_total');
    return [];
  }

  private admitsStranger(identity: string): boolean {
    return this.directory.isCandidate(identity) || this.directory.candidateCount < this.settings.maximumCandidates;
  }

  private authorization({ operation, request, origin }: Asked, open: ChargeBoxState['open']) {
    const idTag = 'idTag' in request ? (request.idTag ?? '') : '';
    if (operation !== 'StartTransaction') return this.directory.verdict(idTag, origin.at, false);
    const { connectorId } = request as CentralSystemRequest<'StartTransaction'>;
    const superseded: number[] = [];
    for (const other of open) if (other.connectorId === connectorId) superseded.push(other.transactionId);
    return this.directory.verdict(idTag, origin.at, true, superseded);
  }
}
