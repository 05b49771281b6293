import type { DomainEvent } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest, CentralSystemResponse } from '@app/ocpp';

/** A request of the charge box that waits for somebody outside to answer it. */
export interface DelegatedRequest<Name extends CentralSystemOperation = CentralSystemOperation> {
  readonly msgId: string;
  readonly operation: Name;
  readonly request: CentralSystemRequest<Name>;
  /** As the box sent them, for the message that responders see. */
  readonly from?: string;
  readonly replyTo?: string;
  readonly remoteAddress?: string;
  readonly messageId?: string;
  /** What stood in the place of the meter reading of a start or a stop and cannot be read. */
  readonly meterText?: string;
  /** When the request came. */
  readonly at: string;
  readonly respondBy: string;
  /** Name of the service that holds the connection: when it ends, nobody can be answered any more. */
  readonly heldBy: string;
  /** Nobody decided about the box yet: only its BootNotification is offered. */
  readonly unregistered?: true;
}

type Settled = { readonly msgId: string; readonly operation: CentralSystemOperation; readonly at: string };

/** What becomes of requests that somebody outside is to answer. */
export type DelegationEvent =
  | DomainEvent<'RequestDelegated', DelegatedRequest>
  /** One responder has the request for itself until `leaseUntil`. */
  | DomainEvent<
      'RequestClaimed',
      { readonly msgId: string; readonly responder: string; readonly leaseUntil: string; readonly at: string }
    >
  /** The responder that had the request vanished, or let its lease pass: others may take it. */
  | DomainEvent<
      'RequestReleased',
      {
        readonly msgId: string;
        readonly responder: string;
        readonly reason: 'disconnected' | 'lease-expired';
        readonly at: string;
      }
    >
  /** The box repeated a request that waits: it waits again, with the service that `heldBy` names when that is another one now. */
  | DomainEvent<'RequestRepeated', { readonly msgId: string; readonly heldBy?: string; readonly at: string }>
  /** The first valid answer; `delivered: false` when the box had hung up, so that it learns it when it repeats. */
  | DomainEvent<
      'RequestAnswered',
      Settled & { readonly response: CentralSystemResponse; readonly responder?: string; readonly delivered: boolean }
    >
  /** Nobody answered in time. The box got the built-in answer where transaction data must not be lost, else a fault. */
  | DomainEvent<
      'RequestExpired',
      Settled & { readonly response?: CentralSystemResponse; readonly fault?: string; readonly delivered: boolean }
    >
  /** The connection of the box died: it hung up, or the service that held it ended. */
  | DomainEvent<'RequestInterrupted', Settled & { readonly reason: 'hung-up' | 'restarted' }>
  /** An answer that came when the matter was closed. */
  | DomainEvent<'LateAnswerRefused', Settled & { readonly responder?: string; readonly settledAs: string }>;
