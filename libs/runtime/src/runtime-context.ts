import type { ChargeBoxEvent, ChargeBoxState, Facts, InboundMessage } from '@app/charge-box';
import { answerDataTransfer, needsOf } from '@app/charge-box';
import type { Clock, EventStore, Meter } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';
import type { AuthorizationDirectory } from './authorization-directory';
import type { RuntimeSettings } from './settings';
import type { TransactionIds } from './transaction-ids';

/** What every charge box at work shares: the ports, and the facts that decisions need. */
export class RuntimeContext {
  constructor(
    private readonly ports: { readonly store: EventStore; readonly clock: Clock; readonly meter: Meter },
    readonly settings: RuntimeSettings,
    readonly ids: TransactionIds,
    readonly directory: AuthorizationDirectory,
  ) {}

  get store(): EventStore {
    return this.ports.store;
  }

  get clock(): Clock {
    return this.ports.clock;
  }

  get meter(): Meter {
    return this.ports.meter;
  }

  /** True when `facts` can be asked; else wait for `prepare` and ask again. */
  isPrepared(operation: CentralSystemOperation): boolean {
    return this.ids.peek() > 0 || !needsOf(operation).includes('newTransactionId');
  }

  prepare(): Promise<void> {
    return this.ids.ready();
  }

  /** The facts that the operation needs, and only those. Nothing may be awaited between this and `ids.take`. */
  facts(message: InboundMessage): Partial<Facts> {
    const needs = needsOf(message.operation);
    const facts: { -readonly [Name in keyof Facts]?: Facts[Name] } = { policy: this.settings.policy };
    if (needs.includes('newTransactionId')) facts.newTransactionId = this.ids.peek();
    if (needs.includes('authorization')) facts.authorization = this.authorization(message);
    if (needs.includes('dataTransfer')) {
      facts.dataTransfer = answerDataTransfer(
        this.settings.vendors,
        message.request as CentralSystemRequest<'DataTransfer'>,
      );
    }
    return facts;
  }

  /** The events that are worth recording: boots of unknown identities are, up to a number, or strangers could fill the disk. */
  admit(identity: string, state: ChargeBoxState, events: readonly ChargeBoxEvent[]): readonly ChargeBoxEvent[] {
    if (state.registration !== undefined || events.length === 0) return events;
    const isStranger = events.every((event) => event.type === 'ChargeBoxBooted' && event.data.answered === 'Rejected');
    if (!isStranger || this.directory.isCandidate(identity)) return events;
    if (this.directory.candidateCount < this.settings.maximumCandidates) return events;
    this.meter.count('ocpp_candidates_dropped_total');
    return [];
  }

  private authorization(message: InboundMessage) {
    const idTag = 'idTag' in message.request ? (message.request.idTag ?? '') : '';
    return this.directory.verdict(idTag, message.origin.at, message.operation === 'StartTransaction');
  }
}
