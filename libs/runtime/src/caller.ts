import type { CallOutcome, Deferral } from '@app/charge-box';
import type { ChargePointOperation, ChargePointRequest } from '@app/ocpp';

export type { CallOutcome };

/** Injection token of the port to charge boxes. */
export const CALLER = Symbol('Caller');

/** Where a charge box is said to be, and by whom. */
export interface SaidAddress {
  readonly url: string;
  readonly source: 'reported' | 'override';
  /** Address from which the box itself calls. */
  readonly peer?: string;
}

/** The one IP address to call, or why there is none. */
export type FoundAddress =
  | { readonly kind: 'resolved'; readonly address: string }
  | { readonly kind: 'not-sent'; readonly reason: Deferral; readonly detail: string };

export interface OutgoingCall {
  readonly url: string;
  readonly address: string;
  readonly operation: ChargePointOperation;
  readonly request: ChargePointRequest;
  readonly chargeBoxIdentity: string;
  readonly messageId: string;
  /** A kept connection will do: the operation may be repeated. */
  readonly mayReuse: boolean;
  /** Milliseconds until there is an outcome. */
  readonly respondWithin: number;
}

/** The way out to charge boxes. Never rejects: whatever goes wrong is an outcome. */
export interface Caller {
  find(said: SaidAddress): Promise<FoundAddress>;
  call(call: OutgoingCall): Promise<CallOutcome>;
  /** Ends every connection; calls under way end with what is known of them. */
  close(): void;
}
