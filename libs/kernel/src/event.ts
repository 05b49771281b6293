/** Any value that survives `JSON.parse(JSON.stringify(value))` unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A fact as the domain states it: past tense, plain JSON, times as ISO strings. */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

/** What is known about the recording of an event besides the event itself. */
export interface EventMetadata {
  /** Version of the shape of `data`, counted from 1 for each event type. */
  readonly schema: number;
  /** One value for everything that follows from one request from outside. */
  readonly correlationId: string;
  /** The request, command or event that led directly to this event. */
  readonly causationId: string;
  /** Who caused it: `charge-box`, `operator`, `saga:<name>` or `system`. */
  readonly actor: string;
  /** When the central system received what led to this event, ISO 8601 in UTC. */
  readonly receivedAt: string;
  /** Which instance recorded it, where several share the store. */
  readonly instance?: string;
  /** Peer address of the connection the request came by. */
  readonly remoteAddress?: string;
  /** The `wsa:MessageID` of the request, as sent. */
  readonly messageId?: string;
  /** Deviations of the charge box from the protocol, seen in the request. */
  readonly quirks?: readonly QuirkNote[];
  /** Vouches for this event and those before it in its stream, where the store is chained. */
  readonly chain?: string;
}

/** One deviation from the protocol: its name, where it was, what stood there. */
export interface QuirkNote {
  readonly name: string;
  readonly path?: string;
  /** The text as sent, cut to 200 characters. */
  readonly text?: string;
}

/** An event on its way into the store. `id` makes the append of the same batch repeatable. */
export interface EventToAppend<Event extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly type: Event['type'];
  readonly data: Event['data'];
  readonly metadata: EventMetadata;
}

/** An event as the store gives it back. */
export interface RecordedEvent<Event extends DomainEvent = DomainEvent> extends EventToAppend<Event> {
  readonly stream: string;
  /** Place in its stream, counted from 0 without gaps. */
  readonly revision: number;
  /** Place among all events: opaque, ordered by plain string comparison. */
  readonly position: Position;
  /** When the store took it, ISO 8601 in UTC. Not for domain deadlines. */
  readonly recordedAt: string;
}

/** Opaque place in the log of all events. Later events have the greater string (`<` and `>` order them). */
export type Position = string;

/** The position before the first event of every store. */
export const BEGINNING: Position = '';
