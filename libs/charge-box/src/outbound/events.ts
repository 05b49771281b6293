import type { DomainEvent } from '@app/kernel';
import type { ChargePointOperation, ChargePointRequest, ChargePointResponse } from '@app/ocpp';

/** Why an attempt did not bring a request to the charge box; the request waits on. */
export const deferralTable = {
  'no-address':
    'Nothing is known that could be called: no override, no usable From or ReplyTo, no peer address with a configured port.',
  'address-refused': 'The address is not allowed to be called.',
  'name-unresolved': 'The name in the address leads nowhere.',
  'connection-refused': 'Nobody listens at the address.',
  'connection-failed': 'No connection to the address could be made.',
  'connection-timeout': 'No connection to the address could be made in time.',
  'no-answer': 'The charge box did not answer. The operation may be repeated safely.',
} as const satisfies Record<string, string>;

export type Deferral = keyof typeof deferralTable;

/** Why a request that reached the charge box has no response. */
export const failureTable = {
  fault: 'The charge box answered with a SOAP fault.',
  'http-status': 'The charge box, or something before it, answered with an HTTP status in place of a response.',
  redirected: 'The charge box, or something before it, pointed elsewhere. Redirects are not followed.',
  'not-soap': 'The answer is no SOAP envelope.',
  'not-xml': 'The answer is not well-formed XML.',
  'wrong-response': 'The answer is not the response of this operation.',
  invalid: 'The response lacks what it must have, or cannot be read.',
  empty: 'The answer is empty, though the operation has response fields.',
  'too-large': 'The answer is larger than allowed.',
} as const satisfies Record<string, string>;

export type Failure = keyof typeof failureTable;

/** Who asked for an operation: an operator, or a saga by name. */
export type Requester = 'operator' | `saga:${string}`;

/** An operation that is to be sent to the charge box. */
export interface ScheduledOperation<Name extends ChargePointOperation = ChargePointOperation> {
  readonly callId: string;
  readonly operation: Name;
  readonly request: ChargePointRequest<Name>;
  /** After this moment it is not sent any more. */
  readonly expiresAt: string;
  /** Before this moment it is not sent. */
  readonly notBefore?: string;
  readonly by: Requester;
  /** One value for all operations that one call to the API scheduled. */
  readonly batchId?: string;
  /** The caller's own key: the same again schedules nothing. */
  readonly idempotencyKey?: string;
  readonly at: string;
}

type Call = { readonly callId: string; readonly at: string };

/** The ledger of operations sent to a charge box, and what follows from their responses. */
export type OutboundEvent =
  | DomainEvent<'OperationScheduled', ScheduledOperation>
  /** Stored before a byte leaves; this is also the claim of the sender. */
  | DomainEvent<
      'OperationSent',
      Call & { readonly attempt: number; readonly url: string; readonly messageId: string; readonly respondBy: string }
    >
  /** The attempt did not reach the box, or may be repeated: the operation waits for the next contact or for `retryAt`. */
  | DomainEvent<
      'OperationDeferred',
      Call & { readonly reason: Deferral; readonly detail: string; readonly url?: string; readonly retryAt: string }
    >
  | DomainEvent<'OperationAnswered', Call & { readonly response: ChargePointResponse }>
  | DomainEvent<
      'OperationFaulted',
      Call & { readonly reason: Failure; readonly detail: string; readonly fault?: string; readonly status?: number }
    >
  /** `not-sent`: its time ran out before the box could be reached. `unknown`: it left once, and nobody knows what became of it. */
  | DomainEvent<'OperationExpired', Call & { readonly outcome: 'not-sent' | 'unknown'; readonly detail: string }>
  /** `unknown`: it had left once, and nobody knows what became of it. */
  | DomainEvent<
      'OperationCancelled',
      Call & { readonly by: Requester; readonly reason?: string; readonly outcome?: 'unknown' }
    >
  /** Something the box did shows that the operation took effect, or, with `failed`, that it did not. */
  | DomainEvent<
      'OperationConfirmed',
      Call & {
        readonly evidence: string;
        readonly status?: string;
        readonly transactionId?: number;
        readonly connectorId?: number;
        readonly failed?: true;
        /** More may follow, as `Installed` after `Downloaded`. */ readonly interim?: true;
      }
    >
  | DomainEvent<
      'ReservationMade',
      Call & {
        readonly reservationId: number;
        readonly connectorId: number;
        readonly idTag: string;
        readonly parentIdTag?: string;
        readonly expiryDate: string;
      }
    >
  /** A used reservation ends with `ReservationUsed`. */
  | DomainEvent<
      'ReservationEnded',
      {
        readonly reservationId: number;
        readonly reason: 'expired' | 'cancelled' | 'replaced' | 'connector-unavailable' | 'unknown-to-charge-box';
        readonly at: string;
      }
    >
  | DomainEvent<
      'ConfigurationRead',
      Call & {
        readonly configurationKey: NonNullable<ChargePointResponse<'GetConfiguration'>['configurationKey']>;
        readonly unknownKey: readonly string[];
        /** Absent when all keys were asked for. */ readonly asked?: readonly string[];
      }
    >
  | DomainEvent<
      'ConfigurationChangeAnswered',
      Call & { readonly key: string; readonly value: string; readonly status: string }
    >
  | DomainEvent<
      'AvailabilityChangeAnswered',
      Call & { readonly connectorId: number; readonly type: string; readonly status: string }
    >
  | DomainEvent<
      'LocalListAnswered',
      Call & {
        readonly listVersion: number;
        readonly updateType: string;
        readonly status: string;
        readonly entries: number;
      }
    >
  /** The charge box shall have this list; its entries are in a stream of their own. `version`: of the first part. */
  | DomainEvent<
      'LocalListWanted',
      {
        readonly listId: string;
        readonly entries: number;
        readonly chunk: number;
        readonly version: number;
        readonly at: string;
      }
    >
  /** The charge box has the whole wanted list. */
  | DomainEvent<'LocalListConfirmed', { readonly listId: string; readonly listVersion: number; readonly at: string }>
  | DomainEvent<'LocalListGivenUp', { readonly listId: string; readonly reason: string; readonly at: string }>
  /** 0: the list is empty. -1: the box keeps none. */
  | DomainEvent<'LocalListVersionRead', Call & { readonly listVersion: number }>
  /** The box was silent for more than twice its heartbeat interval. */
  | DomainEvent<'ChargeBoxSilent', { readonly lastSeenAt: string; readonly at: string }>
  | DomainEvent<'ChargeBoxBack', { readonly silentSince: string; readonly at: string }>;
