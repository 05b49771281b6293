import { idTagVeiling } from '@app/charge-box';
import type { EventStore } from '@app/kernel';
import type { Anchor, Cause, RowPlace } from '@app/read-models';
import { isInLog } from '@app/read-models';
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

/** An event by which the log is known again. Without a stream, by its id at its position: idTags are in names of streams until they are erased. */
type Witness = Omit<Anchor, 'stream'> & { readonly stream: string | null };

/** Where a subscriber was, and one event of the log that it comes from. */
export interface Resumption {
  readonly place: Place;
  readonly anchor: Witness;
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
  const named = idTagVeiling.inStream(stream) === undefined ? stream : null;
  const all = [position, key ?? null, named, revision, id, anchored];
  return Buffer.from(JSON.stringify(event === undefined ? all : [...all, event])).toString('base64url');
}

const position = z.string().regex(/^\d{0,64}$/);
const stream = z
  .string()
  .regex(/^[\w.~-]{1,4000}$/)
  .nullable();
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

/** Whether the log is the one that an id comes from, and not in an earlier state. */
export async function isKnownIn(store: EventStore, { stream, ...anchor }: Witness): Promise<boolean> {
  return stream === null ? isAtItsPosition(store, anchor) : isInLog(store, { stream, ...anchor });
}

const nearby = 10;

async function isAtItsPosition(store: EventStore, { id, position }: Pick<Anchor, 'id' | 'position'>): Promise<boolean> {
  // Other kinds of stores have positions of another length.
  const head = await store.head();
  if (position.length !== head.length || position > head) return false;
  let { next } = await store.readAll({ from: position, direction: 'backward', limit: 1 });
  for (;;) {
    const page = await store.readAll({ from: next, direction: 'forward', limit: nearby });
    const found = page.events.find((event) => event.position >= position);
    if (found !== undefined) return found.id === id && found.position === position;
    if (page.endOfLog || page.next >= position) return false;
    next = page.next;
  }
}

function valueIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
