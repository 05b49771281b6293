import { openFollower } from './embedded/follower';
import { openWritableStore } from './embedded/store';
import type { EmbeddedStore, WritableOptions } from './embedded/store';

export { openInMemoryStore } from './in-memory';
export type { InMemoryOptions } from './in-memory';
export type { EmbeddedStore } from './embedded/store';

export interface EmbeddedOptions extends WritableOptions {
  /** Opens a file beside the process or thread that writes it, and follows what is appended there. */
  readonly readOnly?: boolean;
}

/** Opens the event store in a file, made if it is not there. One process writes; any number may read. */
export async function openEmbeddedStore({ readOnly = false, ...options }: EmbeddedOptions): Promise<EmbeddedStore> {
  return readOnly ? openFollower(options) : openWritableStore(options);
}
