import type * as EventStoreDb from './eventstoredb/store';
import type { EventStoreDbOptions, EventStoreDbStore } from './eventstoredb/store';
import { openFollower } from './embedded/follower';
import { openWritableStore } from './embedded/store';
import type { EmbeddedStore, WritableOptions } from './embedded/store';

export type { EventStoreDbOptions, EventStoreDbStatus, EventStoreDbStore } from './eventstoredb/store';
export { connectionFaults, redacted } from './eventstoredb/connection';
export { chained } from './chain/chained';
export { ChainCheck, chainFaultTable } from './chain/check';
export type { ChainFault, ChainFinding, ChainReport } from './chain/check';
export { chainKey } from './chain/link';
export type { ChainKey } from './chain/link';
export { Seals, sealStream, sealType } from './chain/seals';
export { erase } from './veil/erase';
export type { Erasable, Erased } from './veil/erase';
export { TextKeys } from './veil/keys';
export { coverer, lifter, veiled, veiledForRows } from './veil/veiled';
export type { Cover, Covered, VeiledOptions } from './veil/veiled';
export { openInMemoryStore } from './in-memory';
export type { InMemoryOptions } from './in-memory';
export type { EmbeddedStore } from './embedded/store';
export { damageOf } from './sqlite/damage';
export { lockForWriting } from './sqlite/lock';
export type { WriteLock } from './sqlite/lock';

export interface EmbeddedOptions extends WritableOptions {
  /** Opens a file beside the process or thread that writes it, and follows what is appended there. */
  readonly readOnly?: boolean;
  /** With `readOnly`: reads in a thread of its own, ahead of who reads page after page. */
  readonly ownThread?: boolean;
}

/** Opens the event store in a file, made if it is not there. One process writes; any number may read. */
export async function openEmbeddedStore({ readOnly = false, ...options }: EmbeddedOptions): Promise<EmbeddedStore> {
  return readOnly ? openFollower(options) : openWritableStore(options);
}

/** Opens the event store on EventStoreDB or KurrentDB. Rejects with `store-connection-invalid`, or `store-unavailable` when no server answers in time. */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStoreDbStore> {
  // Loaded only by those who use it: the client costs a third of a second and twenty megabytes.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a dynamic import would need an ending that differs in threads of specs
  const { EventStoreDbStore: Store } = require('./eventstoredb/store') as typeof EventStoreDb;
  return new Store(options).open();
}
