import type { EventStore, Position, Veiling } from '@app/kernel';
import { textKeyStream } from '@app/kernel';
import { createHash } from 'node:crypto';
import type { TextKeys } from './keys';
import { dressed, nobody } from './keys';

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

/**
 * Takes the meaning away from every token of a text and of what belongs to it, on every instance and for good. Events stay as they are, with one
 * pseudonym in place of the text. Repeating a call that broke off completes it.
 */
export async function erase({ store, keys, veiling }: Erasable, text: string, at: string): Promise<Erased> {
  await keys.catchUp(store);
  const owner = veiling.ownerOf(text);
  const isTheirs = (one: string | undefined): boolean => one !== undefined && veiling.ownerOf(one) === owner;
  // The pseudonym is made of the least: it goes last, so that a call that broke off is completed with the same one.
  const found = keys
    .meaningful()
    .filter(({ text: known, of }) => isTheirs(known) || isTheirs(of))
    .toSorted((one, other) => (one.token < other.token ? 1 : -1));
  const pseudonym = pseudonymOf(found.at(-1)?.token ?? '');
  let position: Position | undefined;
  for (const { token, stands, of } of found) {
    const stream = textKeyStream(token);
    const as = stands && of === undefined ? pseudonym : nobody;
    const event = dressed({ type: 'TextErased', data: { as, at } }, at);
    // The event before is the only place that had the text. Asked for first: whatever ends the work here, the text does not outlive its erasure.
    await store.retain(stream, { maxCount: 1 });
    const appended = await store.append(stream, [event], 'any');
    if (appended.outcome === 'appended') position = appended.position;
    keys.take({ stream, type: event.type, data: event.data, position: position ?? '' });
  }
  await store.purge?.();
  const purged = store.purge !== undefined;
  return position === undefined ? { tokens: 0, purged } : { tokens: found.length, pseudonym, position, purged };
}

/** The same whoever makes it. In small letters, as it ends natural keys and names of streams too. */
const pseudonymOf = (token: string): string =>
  `${nobody}-${createHash('sha256').update(token).digest('hex').slice(0, 12)}`;
