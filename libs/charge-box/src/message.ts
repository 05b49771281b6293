import type { AnswersChange } from './answers';
import type {
  CentralSystemOperation,
  CentralSystemRequest,
  CentralSystemResponse,
  IdTagInfo,
  OcppFault,
} from '@app/ocpp';
import type { ChargeBoxEvent, ChargeBoxSettings, Registration } from './events';
import type { OutboundMessage } from './outbound/message';

/** Where and when a message came, as far as a decision may know it. */
export interface MessageOrigin {
  /** Time of receipt, ISO 8601 in UTC. */
  readonly at: string;
  readonly from?: string;
  readonly replyTo?: string;
  readonly remoteAddress?: string;
  /** The `wsa:MessageID`, as sent. */
  readonly messageId?: string;
  /** What stood in the place of the meter reading of a start or a stop and cannot be read. */
  readonly meterText?: string;
}

/** A request of the charge box. */
export interface InboundMessage<Name extends CentralSystemOperation = CentralSystemOperation> {
  readonly kind: 'request';
  readonly operation: Name;
  readonly request: CentralSystemRequest<Name>;
  readonly origin: MessageOrigin;
}

/** What operators, and sagas, tell the charge box aggregate. */
export type OperatorMessage =
  | OutboundMessage
  | { readonly kind: 'decide-registration'; readonly registration: Registration; readonly at: string }
  | { readonly kind: 'configure'; readonly settings: ChargeBoxSettings; readonly at: string }
  | { readonly kind: 'change-answers'; readonly change: AnswersChange; readonly at: string }
  | {
      readonly kind: 'close-transaction';
      readonly transactionId: number;
      readonly meterStop?: number;
      readonly stoppedAt?: string;
      readonly orphanId?: string;
      readonly reason: string;
      readonly at: string;
    }
  | { readonly kind: 'dismiss-orphan'; readonly orphanId: string; readonly reason: string; readonly at: string };

/** What a decision needs to know besides the state of the box, by name. The runtime finds it out beforehand. */
export interface Facts {
  /** Verdict on the idTag of the request, as of the time of receipt; `ConcurrentTx` only for StartTransaction. */
  readonly authorization: IdTagInfo;
  /** An id never used before, positive, at most 2147483647. */
  readonly newTransactionId: number;
  readonly policy: Policy;
  /** What the registry of vendors says about a DataTransfer. */
  readonly dataTransfer: CentralSystemResponse<'DataTransfer'>;
}

export type FactName = keyof Facts;

/** Settings of the service that steer decisions. */
export interface Policy {
  readonly registration: 'known' | 'open';
  /** Seconds; positive. */
  readonly heartbeatInterval: number;
  /** Most that a connector can deliver, in watts; a register that rises faster is suspect. */
  readonly maximumPower: number;
}

/** The answer that a box is given. */
export type GivenAnswer<Name extends CentralSystemOperation = CentralSystemOperation> =
  { readonly response: CentralSystemResponse<Name> } | OcppFault;

/** Somebody outside answers this pending request. */
export interface Waiting {
  readonly waitsFor: string;
}

/** Who has the connection of a request: one that waits already is joined, whoever answers its like by now. */
export interface Holder {
  /** Name of this run of the service. */
  readonly heldBy: string;
}

/** How a request is offered to somebody outside. */
export interface Delegation extends Holder {
  /** New and unique. */
  readonly msgId: string;
  readonly respondBy: string;
}

/** The outcome of a message of the charge box: what it is answered, and what is recorded. Never thrown. */
export interface Decision<Name extends CentralSystemOperation = CentralSystemOperation> {
  readonly answer: GivenAnswer<Name> | Waiting;
  readonly events: readonly ChargeBoxEvent[];
  /** The request was a repetition of one already recorded. */
  readonly repeated?: true;
}

/** The outcome of a message of the operator. */
export type OperatorDecision =
  | { readonly outcome: 'done'; readonly events: readonly ChargeBoxEvent[] }
  | { readonly outcome: 'refused'; readonly reason: string };
