import type { ChargePointOperation } from '@app/ocpp';
import type { Deferral, ScheduledOperation } from './events';
import type { WantedList } from './local-list';

/** An operation that waits to be sent. */
export interface WaitingCall extends ScheduledOperation {
  readonly attempts: number;
  /** The last attempt that did not reach the box. */
  readonly deferred?: {
    /** Where it was tried; absent when nothing was known that could be called. */
    readonly url?: string;
    readonly reason: Deferral;
    readonly detail: string;
    readonly retryAt: string;
    readonly at: string;
  };
  /** When the last attempt left that got no answer: the box may have done it. */
  readonly leftAt?: string;
  /** What the box did since: its answer may come after the effect, or never. */
  readonly shown?: { readonly evidence: string; readonly at: string } & Evidence;
}

/** The operation that the box is being asked. One at a time. */
export interface SentCall extends WaitingCall {
  readonly sentAt: string;
  readonly url: string;
  readonly messageId: string;
  readonly respondBy: string;
}

/** What an event of the box shows about an operation that was sent. */
export interface Evidence {
  readonly status?: string;
  readonly transactionId?: number;
  readonly connectorId?: number;
  readonly failed?: true;
  readonly interim?: true;
}

/** An operation whose effect may still show itself in what the box does. */
export interface AwaitedCall {
  readonly callId: string;
  readonly operation: ChargePointOperation;
  readonly request: object;
  readonly sentAt: string;
  /** `unknown`: nobody knows whether the box took it. */
  readonly outcome: 'accepted' | 'unknown';
}

export interface Reservation {
  readonly reservationId: number;
  readonly connectorId: number;
  readonly idTag: string;
  readonly expiryDate: string;
}

/** What the ledger and its consequences need; part of the state of the charge box. */
export interface OutboundState {
  /** In the order in which they are sent. */
  readonly waiting: readonly WaitingCall[];
  readonly sent?: SentCall;
  /** Oldest first. */
  readonly awaited: readonly AwaitedCall[];
  readonly keys: readonly { readonly idempotencyKey: string; readonly callId: string }[];
  readonly reservations: readonly Reservation[];
  readonly silentSince?: string;
  /** As the box last said. */
  readonly localListVersion?: number;
  readonly wantedList?: WantedList;
}

/** Most that each member holds. `waiting` refuses more, of the others the oldest goes. */
export const outboundLimits = { waiting: 200, awaited: 32, keys: 200, reservations: 128 } as const;

export const initialOutbound: OutboundState = { waiting: [], awaited: [], keys: [], reservations: [] };
