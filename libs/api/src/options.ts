import type { Captures } from '@app/capture';
import type { Feeds } from '@app/feeds';
import type { Clock, Log, Position } from '@app/kernel';
import type { Webhooks } from '@app/webhooks';

/** Injection token of the settings of the API. */
export const API_OPTIONS = Symbol('ApiOptions');

/** Tells whether a key opens the API. Takes the same time for every wrong key. */
export interface KeyVerifier {
  verify(key: string): boolean;
}

/** One thing that must work before the service takes requests. */
export interface ReadinessCheck {
  readonly status: 'up' | 'down';
  /** How far behind, in the unit that the name of the check says. */
  readonly lag?: number;
  readonly detail?: string;
}

/** Whether the service can do its work, with the reasons: at least `store` and `readModels`. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
}

/** Messages of charge boxes that are kept for a limited time. */
export type CaptureSource = Pick<Captures, 'list' | 'find' | 'forget' | 'forgetIdTag'>;

/** Receivers that are told what happens. */
export type WebhookSource = Pick<
  Webhooks,
  'list' | 'find' | 'create' | 'change' | 'remove' | 'replay' | 'deadLetters' | 'retry'
>;

/** What the API needs from the application that it is part of. */
export interface ApiOptions {
  readonly apiKey: KeyVerifier;
  readonly captures: CaptureSource;
  readonly version: string;
  readonly readiness: () => ReadinessReport | Promise<ReadinessReport>;
  /** Every figure in the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
  /** Waits until the read models show what happened up to a position; false when they did not within the milliseconds. */
  readonly waitFor?: (position: Position, milliseconds: number) => Promise<boolean>;
  /** Seconds that an operation waits for its charge box, unless its call says otherwise; an hour. */
  readonly commandTimeToLive?: number;
  /** What can be followed; without it nothing can. */
  readonly feeds?: Feeds;
  /** Receivers that are told what happens; without it there are none. */
  readonly webhooks?: WebhookSource;
  /** Why an address that is set by hand could not be called, as far as its text tells; without it any may be set. */
  readonly overrideFault?: (url: string) => string | undefined;
  readonly clock?: Clock;
  readonly logger?: Log;
  /** `/metrics` answers without a key. False by default: the figures tell what the fleet does. */
  readonly metricsPublic?: boolean;
  /** Paths that need no key besides `/health/*` and `/api/docs`; a trailing `*` stands for all that follows (`/console/*`). */
  readonly open?: readonly string[];
}
