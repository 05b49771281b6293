import type { Retention } from '@app/kernel';
import type { Failure } from './failure';

/** What the threads of the embedded store say to each other. Numbers for positions, text for events: cheap to copy. */

export interface WriterStart {
  readonly file: string;
  readonly maxBytes?: number | undefined;
}

export interface AppendWork {
  readonly stream: string;
  /** -2 stands for `any`. */
  readonly expected: number;
  /** When the store took it. */
  readonly at: number;
  /** Four texts an event: id, type, data, metadata. */
  readonly texts: readonly string[];
}

export interface RetainWork {
  readonly stream: string;
  readonly retention: Retention;
}

/** Sees whether anything can be written. */
export interface ProbeWork {
  readonly probe: true;
}

export type WriterWork = AppendWork | RetainWork | ProbeWork;

export interface WriterRequest {
  readonly now: number;
  readonly work: readonly WriterWork[];
  /** Looks for events that have grown too old in streams that nobody appends to. */
  readonly sweep?: boolean;
  /** Removes everything that retention does not keep, from the disk as well. */
  readonly purge?: boolean;
  /** The last request: nothing comes after it. */
  readonly close?: boolean;
}

/** Outcome of one work: `[revision, position]`, or `[actual revision]` of a conflict. */
export type Outcome = readonly [revision: number, position: number] | readonly [actualRevision: number];

export type WriterReply =
  | { readonly kind: 'open'; readonly position: number }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'done'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'purged'; readonly failure: Failure | undefined }
  | { readonly kind: 'failed'; readonly count: number; readonly failure: Failure };

export interface StreamQuery {
  readonly stream: string;
  readonly from?: number | undefined;
  readonly backward: boolean;
  readonly limit: number;
  readonly now: number;
}

export interface LogQuery {
  readonly from?: number | undefined;
  readonly backward: boolean;
  readonly limit: number;
  readonly types?: readonly string[] | undefined;
  readonly prefixes?: readonly string[] | undefined;
  readonly now: number;
}

export type ReaderRequest = { readonly ticket: number } & (
  { readonly kind: 'stream'; readonly query: StreamQuery } | { readonly kind: 'log'; readonly query: LogQuery }
);

/** A page as JSON text: the events as lists, and the other members of the page as one object. Text crosses threads faster than rows. */
export interface PageText {
  readonly parts: readonly string[];
  readonly rest: string;
}

/** Any number of parts, then the rest, or why there is none. */
export type ReaderReply = { readonly ticket: number } & (
  { readonly part: string } | { readonly rest: string } | { readonly failure: Failure }
);
