import type { Anchor, Cause, RowPlace } from '@app/read-models';
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A place in a feed. Without a key, everything up to the position is behind it. */
export type Place = RowPlace;

/** The place before everything. */
export const start: Place = { position: '' };

/** Whether a place is behind another one. Keys are compared as SQLite compares them: by their bytes. */
export function isAfter(one: Place, other: Place): boolean {
  if (one.position !== other.position) return one.position > other.position;
  if (one.key === undefined || other.key === undefined) return one.key === undefined && other.key !== undefined;
  return Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)) > 0;
}

/** Where a subscriber was, and one event of the log that it comes from. */
export interface Resumption {
  readonly place: Place;
  readonly anchor: Anchor;
}

/** What an id is good for: a feed with a filter, and rows of one version. */
export interface Mark {
  readonly chosen: string;
  readonly rows: string;
}

const digest = (parts: readonly string[], length: number): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, length);

export const markOf = (name: string, filter: string, version: string): Mark => ({
  chosen: digest([name, filter], 8),
  rows: digest([name, version], 4),
});

export const markText = ({ chosen, rows }: Mark): string => chosen + rows;

/** Why an id means nothing here, as its subscriber is told. */
export const unknownIds = {
  unknown: 'The id is none of this feed with this filter: everything comes anew.',
  'other-rows': 'The rows of this feed come out otherwise since, for they have another version: everything comes anew.',
  'other-history':
    'The id is of another history, such as one from before a backup was restored: everything comes anew.',
} as const;
export type UnknownId = keyof typeof unknownIds;

/** The part of an id that is the same for all filters. */
export function placeText(
  { position, key }: Place,
  { stream, revision, id, position: anchored, event }: Cause,
): string {
  const all = [position, key ?? null, stream, revision, id, anchored];
  return Buffer.from(JSON.stringify(event === undefined ? all : [...all, event])).toString('base64url');
}

const position = z.string().regex(/^\d{0,64}$/);
const stream = z.string().regex(/^[\w.~-]{1,4000}$/);
const inside = z.tuple([
  position,
  z.string().nullable(),
  stream,
  z.int().min(0),
  z.string(),
  position,
  z.string().optional(),
]);

/** What an id says, if it was given out under the mark, or why it says nothing. */
export function readId(mark: Mark, id: string): Resumption | UnknownId {
  const [its = '', text = ''] = id.split('.', 2);
  const read = its.startsWith(mark.chosen) ? inside.safeParse(valueIn(text)) : undefined;
  if (read?.data === undefined) return 'unknown';
  if (its !== markText(mark)) return 'other-rows';
  const [at, key, stream, revision, event, anchored] = read.data;
  const place = key === null ? { position: at } : { position: at, key };
  return { place, anchor: { stream, revision, id: event, position: anchored } };
}

function valueIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
