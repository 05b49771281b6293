import type { DomainEvent } from '@app/kernel';

/** Which events a webhook is told. */
export interface WebhookFilter {
  readonly identity?: string;
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly type?: readonly string[];
}

/** What an operator decides about a webhook. */
export interface WebhookSettings {
  readonly url: string;
  readonly filter: WebhookFilter;
  /** How idTags stand in what is told. */
  readonly idTags: 'masked' | 'clear';
  readonly active: boolean;
  readonly note?: string;
}

/** Why a delivery did not succeed. */
export interface WebhookFailure {
  readonly reason: string;
  readonly detail: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
}

/** A charge box whose events wait, or all events of no box: everything up to `after` is settled, and there is more up to `upTo`. */
export interface WebhookArrears {
  readonly identity?: string;
  readonly after: string;
  readonly upTo: string;
  /** Failed attempts at the first event that waits. */
  readonly attempts: number;
}

/** What became of webhooks, each kind in a stream of its own. */
export type WebhookEvent =
  /** Made, or changed: the settings as they are from now on. */
  | DomainEvent<
      'WebhookSaved',
      WebhookSettings & {
        readonly id: string;
        /** Sealed: nobody reads it from the history without the key of the service. */
        readonly secret: string;
        readonly at: string;
      }
    >
  /** The receiver said that it is gone. */
  | DomainEvent<'WebhookSwitchedOff', { readonly id: string; readonly reason: string; readonly at: string }>
  | DomainEvent<'WebhookRemoved', { readonly id: string; readonly at: string }>
  /** Everything after a position is to be told again. */
  | DomainEvent<'WebhookReplayWanted', { readonly id: string; readonly from: string; readonly at: string }>
  /** Up to where a webhook is told. Only the last one is kept. */
  | DomainEvent<
      'WebhookProgressed',
      {
        /** Revision of the event that made the webhook, and its position: elsewhere, positions mean nothing in another log. */
        readonly since: number;
        readonly anchor: string;
        readonly position: string;
        readonly behind: readonly WebhookArrears[];
        readonly failure?: WebhookFailure & { readonly at: string };
        readonly at: string;
      }
    >
  /** A delivery went to the dead letters. */
  | DomainEvent<
      'WebhookDeliveryGivenUp',
      WebhookFailure & {
        readonly deliveryId: string;
        readonly type: string;
        readonly identity?: string;
        readonly position: string;
        /** A position before it, from where it is found again. */
        readonly after: string;
        readonly attempts: number;
        readonly firstAt: string;
        readonly at: string;
      }
    >
  /** One dead letter, or all there are, shall be delivered after all. */
  | DomainEvent<'WebhookRedeliveryWanted', { readonly deliveryId?: string; readonly at: string }>
  | DomainEvent<'WebhookRedelivered', { readonly deliveryId: string; readonly at: string }>
  /** One instance delivers for so many seconds; 0 gives it back. */
  | DomainEvent<'WebhookLeaseTaken', { readonly holder: string; readonly seconds: number; readonly at: string }>;

export type WebhookEventOf<Type extends WebhookEvent['type']> = Extract<WebhookEvent, { type: Type }>;

/** Current schema version of each event type's data. */
export const webhookEventSchemas: Readonly<Record<WebhookEvent['type'], number>> = {
  WebhookSaved: 1,
  WebhookSwitchedOff: 1,
  WebhookRemoved: 1,
  WebhookReplayWanted: 1,
  WebhookProgressed: 1,
  WebhookDeliveryGivenUp: 1,
  WebhookRedeliveryWanted: 1,
  WebhookRedelivered: 1,
  WebhookLeaseTaken: 1,
};
