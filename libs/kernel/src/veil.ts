import type { DomainEvent, EventMetadata, Position } from './event';

// A text that may have to be erased stands in the store as a token. What the token means is one event in a stream of its own: when that is
// gone, the events that name the token are as they were, and nobody knows whom they are about.

export type VeilEvent =
  /** A token means this text. `of`: whose it is, where the text does not say so itself. */
  | DomainEvent<'TextKeyed', { readonly text: string; readonly of?: string }>
  /** The token means nothing any more; this is shown in its place. */
  | DomainEvent<'TextErased', { readonly as: string; readonly at: string }>;

export const textKeyPrefix = 'textKey-';

/** The stream with what a token means. */
export const textKeyStream = (token: string): string => textKeyPrefix + token;

/** The token that a stream tells the meaning of, `undefined` for other streams. */
export function tokenOfStream(stream: string): string | undefined {
  return stream.startsWith(textKeyPrefix) ? stream.slice(textKeyPrefix.length) : undefined;
}

/** What takes the place of texts. */
export interface Texts {
  /** `of`: whose text it is, where it does not say so itself. */
  readonly text: (text: string, of?: string) => string;
  /** A text composed by `|`, with such a text at its end. */
  readonly ending: (composed: string) => string;
}

/** An event, as far as texts are concerned. */
export interface Veilable {
  readonly type: string;
  readonly data: object;
  readonly metadata: EventMetadata;
}

/** Where erasable texts stand in events and names of streams. */
export interface Veiling {
  /** The event with those texts replaced; the same object when it has none. */
  readonly inEvent: <Event extends Veilable>(event: Event, texts: Texts) => Event;
  /** The text in the name of a stream, `undefined` if it has none. */
  readonly inStream: (stream: string) => string | undefined;
  /** The name of the stream that has the text in it. */
  readonly streamOf: (text: string) => string;
  /** Texts of one owner are erased together. */
  readonly ownerOf: (text: string) => string;
}

/** A text that is gone from the history. */
export interface ErasedText {
  readonly token: string;
  readonly text: string;
  /** Whose text it was, where it did not say so itself. */
  readonly of?: string;
  /** What is shown in its place. */
  readonly as: string;
  /** Of the event that says so. */
  readonly position: Position;
}

/** A token of a log, as far as it is known. */
export interface KnownToken {
  readonly token: string;
  /** Absent once it is erased. */
  readonly text?: string;
  readonly of?: string;
  /** What is shown once it is erased. */
  readonly erasedAs?: string;
}

/** The tokens of a log up to a position, in its order. */
export interface KnownTokens {
  readonly position: Position;
  readonly tokens: readonly KnownToken[];
}
