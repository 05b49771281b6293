import { createHash } from 'node:crypto';

/** A cursor that was not made for this list and filter. Recognise it by its code. */
export function invalidCursor(): Error & { readonly code: 'invalid-cursor' } {
  return Object.assign(new Error('The cursor does not belong to this list and filter. Begin again without it.'), {
    code: 'invalid-cursor' as const,
  });
}

export type CursorValue = string | number;

/** Where a page ended, as text that is opaque outside and good for one list with one filter. */
export function writeCursor(list: string, filter: object, values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([markOf(list, filter), ...values])).toString('base64url');
}

/** The values of a cursor. Throws `invalid-cursor` for any other text. */
export function readCursor(list: string, filter: object, cursor: string, count: number): readonly CursorValue[] {
  const [mark, ...values] = parse(cursor);
  if (mark !== markOf(list, filter) || values.length !== count) throw invalidCursor();
  return values.map((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') throw invalidCursor();
    return value;
  });
}

function parse(cursor: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parsed) ? (parsed as unknown[]) : [];
  } catch {
    return [];
  }
}

function markOf(list: string, filter: object): string {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined);
  const ordered = entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([list, ordered]))
    .digest('base64url')
    .slice(0, 12);
}
