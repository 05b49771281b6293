import type { DelegatedRequest } from './events';

export interface PendingRequest extends DelegatedRequest {
  /** Natural key: the same request again joins this one. */
  readonly key: string;
  readonly claim?: { readonly responder: string; readonly leaseUntil: string };
  /** The box hung up; it may repeat the request. */
  readonly hungUp?: true;
}

/** Part of the state of the charge box. */
export interface DelegationState {
  /** Oldest first. */
  readonly pending: readonly PendingRequest[];
  /** Those settled last, so that a late answer is told what happened. */
  readonly settled: readonly { readonly msgId: string; readonly operation: string; readonly as: string }[];
}

export const delegationLimits = { pending: 32, settled: 32 } as const;

export const initialDelegation: DelegationState = { pending: [], settled: [] };
