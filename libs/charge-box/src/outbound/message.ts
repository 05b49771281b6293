import type { ChargePointResponse } from '@app/ocpp';
import type { Deferral, Failure, Requester, ScheduledOperation } from './events';
import type { ListEntry } from './local-list';

/** What came of the attempt to send an operation. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly response: ChargePointResponse }
  | {
      readonly kind: 'failed';
      readonly reason: Failure;
      readonly detail: string;
      readonly fault?: string;
      readonly status?: number;
    }
  /** Not a byte of the request reached the box. */
  | { readonly kind: 'not-sent'; readonly reason: Deferral; readonly detail: string }
  /** The request left and nothing, or only a part of an answer, came back. */
  | { readonly kind: 'no-answer'; readonly detail: string };

/** What the ledger of a charge box is told. `at` is the time of the message. */
export type OutboundMessage =
  | { readonly kind: 'schedule'; readonly call: ScheduledOperation; readonly at: string }
  | {
      readonly kind: 'cancel';
      readonly callId: string;
      readonly by: Requester;
      readonly reason?: string;
      readonly at: string;
    }
  /** The next operation is about to be sent to `url`. Refused when it is not the next, or not due. */
  | {
      readonly kind: 'send';
      readonly callId: string;
      readonly url: string;
      readonly messageId: string;
      readonly respondBy: string;
      readonly at: string;
    }
  /** The next operation could not be sent at all. */
  | {
      readonly kind: 'defer';
      readonly callId: string;
      readonly reason: Deferral;
      readonly detail: string;
      readonly url?: string;
      readonly at: string;
    }
  | { readonly kind: 'settle'; readonly callId: string; readonly outcome: CallOutcome; readonly at: string }
  /** The time to live of a waiting operation, or the time to answer of a sent one, may be over. */
  | { readonly kind: 'expire'; readonly callId: string; readonly at: string }
  | { readonly kind: 'expire-reservation'; readonly reservationId: number; readonly at: string }
  | {
      readonly kind: 'want-local-list';
      readonly listId: string;
      readonly entries: number;
      readonly chunk: number;
      readonly at: string;
    }
  /** The entries of the next part of the wanted list; nothing happens when it is not the next any more. */
  | {
      readonly kind: 'send-list-chunk';
      readonly listId: string;
      readonly from: number;
      readonly entries: readonly ListEntry[];
      readonly callId: string;
      readonly expiresAt: string;
      readonly at: string;
    }
  | { readonly kind: 'note-silence'; readonly lastSeenAt: string; readonly at: string };

export const outboundKinds = [
  'schedule',
  'cancel',
  'send',
  'defer',
  'settle',
  'expire',
  'expire-reservation',
  'want-local-list',
  'send-list-chunk',
  'note-silence',
] as const satisfies readonly OutboundMessage['kind'][];
