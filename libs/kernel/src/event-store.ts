import type { EventToAppend, Position, RecordedEvent } from './event';

/** Revision of the last event that the writer has seen; `NO_STREAM` if none; `any` skips the check. */
export type ExpectedRevision = number | 'any';

/** Expected and actual revision of a stream without events. */
export const NO_STREAM = -1;

/** What came of an append. A conflict is an expected outcome, not an error. */
export type Appended =
  | { readonly outcome: 'appended'; readonly revision: number; readonly position: Position }
  | { readonly outcome: 'conflict'; readonly actualRevision: number };

/** Which events of the whole log are wanted; both parts must match when both are given. */
export interface EventFilter {
  readonly types?: readonly string[];
  readonly streamPrefixes?: readonly string[];
}

/** How many, and how old, events of one stream are kept. Older ones are no longer read and are removed in time. */
export interface Retention {
  readonly maxCount?: number;
  /** In seconds. */
  readonly maxAge?: number;
}

export type Direction = 'forward' | 'backward';

export interface StreamPage {
  readonly events: readonly RecordedEvent[];
  /** Revision of the last event of the stream, `NO_STREAM` if it has none. */
  readonly lastRevision: number;
  readonly endOfStream: boolean;
}

export interface LogPage {
  readonly events: readonly RecordedEvent[];
  /** Where to go on reading, also past events that the filter left out. */
  readonly next: Position;
  readonly endOfLog: boolean;
}

/** A running subscription. */
export interface Subscription {
  /** Settles when the subscription has ended: by `stop`, or rejected with the error of the subscriber or of the store. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Takes events in order, in batches; the next batch waits for the promise. */
export type Subscriber = (batch: SubscriptionBatch) => Promise<void> | void;

export interface SubscriptionBatch {
  readonly events: readonly RecordedEvent[];
  /** Checkpoint that covers this batch, and events after it that the filter left out. */
  readonly checkpoint: Position;
  /** True once nothing stored is newer than this batch. */
  readonly caughtUp: boolean;
}

export interface SubscribeOptions {
  /** Events after this position are delivered; `BEGINNING` for all. */
  readonly after: Position;
  readonly filter?: EventFilter;
  /** Most events in one batch, 1 to 10 000; 1 000 by default. */
  readonly batchSize?: number;
}

/**
 * The durable, ordered log of everything that happened.
 *
 * Every method rejects with a `CodedError` (a `store-…` code of `errors.ts`) when the store cannot do its duty; after a rejected append the
 * outcome is unknown and the identical batch may be appended again.
 */
export interface EventStore {
  /** True when other processes append too: what is remembered of a stream may be out of date. */
  readonly shared: boolean;
  /**
   * Appends all events or none. Resolves when they would survive a power cut. The same batch (by event ids) at the same
   * expected revision again gives the first result and stores nothing.
   */
  append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<Appended>;
  /** Up to `limit` events (1 to 10 000) from revision `from` on, `from` included; backward from the end when `from` is left out. */
  readStream(
    stream: string,
    options: { readonly from?: number; readonly direction?: Direction; readonly limit: number },
  ): Promise<StreamPage>;
  /** Up to `limit` events (1 to 10 000) strictly after (`forward`) or strictly before (`backward`) a position; backward from the end when left out. */
  readAll(options: {
    readonly from?: Position;
    readonly direction?: Direction;
    readonly limit: number;
    readonly filter?: EventFilter;
  }): Promise<LogPage>;
  /** Stored events after a position, then new ones as they are stored. At least once, in order. */
  subscribe(options: SubscribeOptions, subscriber: Subscriber): Subscription;
  /** Position of the newest event, `BEGINNING` if there is none. */
  head(): Promise<Position>;
  retain(stream: string, retention: Retention): Promise<void>;
  /**
   * Removes now, from the disk as well, what retention does not keep any more. Absent where the store has its own time for that (a scavenge).
   */
  purge?(): Promise<void>;
  /** Refuses new work, finishes what was taken, releases the file or connection. Safe to call twice. */
  close(): Promise<void>;
}
