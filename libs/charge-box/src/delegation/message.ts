import type { CentralSystemResponse } from '@app/ocpp';
import type { ChargeBoxEvent } from '../events';
import type { GivenAnswer } from '../message';

/** What a charge box aggregate is told about one of its pending requests. `at` is the time of the message. */
export type DelegationMessage =
  /** `response` must have passed validation and be complete. */
  | {
      readonly kind: 'answer-request';
      readonly msgId: string;
      readonly response: CentralSystemResponse;
      readonly responder?: string;
      readonly at: string;
    }
  | {
      readonly kind: 'claim-request';
      readonly msgId: string;
      readonly responder: string;
      readonly leaseUntil: string;
      readonly at: string;
    }
  /** Nothing happens when somebody else has the request by now. */
  | {
      readonly kind: 'release-request';
      readonly msgId: string;
      readonly responder: string;
      readonly reason: 'disconnected' | 'lease-expired';
      readonly at: string;
    }
  | {
      readonly kind: 'interrupt-request';
      readonly msgId: string;
      readonly reason: 'hung-up' | 'restarted';
      readonly at: string;
    }
  | { readonly kind: 'expire-request'; readonly msgId: string; readonly at: string };

/** `settles`: what the box that waits is answered now. A refusal may have something to record. */
export type DelegationOutcome =
  | {
      readonly outcome: 'done';
      readonly events: readonly ChargeBoxEvent[];
      readonly settles?: { readonly msgId: string; readonly answer: GivenAnswer };
    }
  | { readonly outcome: 'refused'; readonly reason: string; readonly events: readonly ChargeBoxEvent[] };
