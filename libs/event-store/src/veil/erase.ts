import type { EventStore, Position, Veiling } from '@app/kernel';
import { textKeyStream } from '@app/kernel';
import { createHash } from 'node:crypto';
import type { TextKeys, Wanted } from './keys';
import { dressed } from './keys';

/** What was erased. */
export interface Erased {
  /** Tokens that mean nothing any more; 0 when the text was never veiled. */
  readonly tokens: number;
  /** What is shown from now on; absent when nothing was erased. */
  readonly pseudonym?: string;
  /** Of the last event that says so. */
  readonly position?: Position;
  /** False where the store removes what was erased in its own time. */
  readonly purged: boolean;
}

/** A veiled store, below its veil. */
export interface Erasable {
  readonly store: EventStore;
  readonly keys: TextKeys;
  readonly veiling: Veiling;
}

const nobody = 'erased';

/**
 * Takes the meaning away from every token of a text and of what belongs to it, on every instance and for good. Events stay as they are, with one
 * pseudonym in place of the text. Repeating a call that broke off completes it.
 */
export async function erase({ store, keys, veiling }: Erasable, text: string, at: string): Promise<Erased> {
  await keys.catchUp(store);
  const owner = veiling.ownerOf(text);
  const isTheirs = (one: string | undefined): boolean => one !== undefined && veiling.ownerOf(one) === owner;
  const found = keys.meaningful().filter(({ text: known, of }) => isTheirs(known) || isTheirs(of));
  const pseudonym = pseudonymOf(found.map(({ token }) => token));
  let position: Position | undefined;
  for (const { token, stands, ...what } of found) {
    const stream = textKeyStream(token);
    const event = dressed({ type: 'TextErased', data: { as: stands ? formOf(pseudonym, what) : nobody, at } }, at);
    // The event before is the only place that had the text. Asked for first: whatever ends the work here, the text does not outlive its erasure.
    await store.retain(stream, { maxCount: 1 });
    const appended = await store.append(stream, [event], 'any');
    if (appended.outcome === 'appended') position = appended.position;
    keys.take({ stream, type: event.type, data: event.data });
  }
  await store.purge?.();
  const purged = store.purge !== undefined;
  return position === undefined ? { tokens: 0, purged } : { tokens: found.length, pseudonym, position, purged };
}

/** The same whoever makes it, and an idTag in its form. */
function pseudonymOf(tokens: readonly string[]): string {
  const [first = ''] = tokens.toSorted();
  return `${nobody}-${createHash('sha256').update(first).digest('hex').slice(0, 12)}`;
}

/** Natural keys have their texts in small letters: what was equal but for its case stays so. */
function formOf(pseudonym: string, { text, of }: Wanted): string {
  if (of !== undefined) return nobody;
  return text === text.toLowerCase() ? pseudonym : `E${pseudonym.slice(1)}`;
}
