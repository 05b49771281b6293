import type { Anchor, RowPlace } from '@app/read-models';
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

/** A mark of what an id is good for: a feed, the shape of its rows, a filter. */
export const markOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 10);

/** The part of an id that is the same for all filters. */
export function placeText({ position, key }: Place, anchor: Anchor | undefined): string {
  const known = anchor === undefined ? [] : [anchor.stream, anchor.revision, anchor.id, anchor.position];
  return Buffer.from(JSON.stringify([position, key ?? null, ...known])).toString('base64url');
}

const position = z.string().regex(/^\d{0,64}$/);
const stream = z.string().regex(/^[\w.~-]{1,4000}$/);
const inside = z.tuple([position, z.string().nullable(), stream, z.int().min(0), z.string(), position]);

/** What an id says, if it was given out under the mark; `undefined` for every other text. */
export function readId(mark: string, id: string): Resumption | undefined {
  const [its, text = ''] = id.split('.', 2);
  const read = its === mark ? inside.safeParse(valueIn(text)) : undefined;
  if (read?.data === undefined) return undefined;
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
