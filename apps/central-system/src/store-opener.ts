import { openEmbeddedStore, openEventStoreDb } from '@app/event-store';
import type { EventStore } from '@app/kernel';

/** Where the thread of the read models finds the log. */
export type LogPlace =
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'eventstoredb'; readonly connectionString: string; readonly namespace?: string };

/** Opens the log a second time, for reading, in the thread that builds the read models. */
export function openForProjector(options: unknown): Promise<EventStore> {
  const place = options as LogPlace;
  if (place.kind === 'embedded') return openEmbeddedStore({ file: place.file, readOnly: true });
  return openEventStoreDb({ ...place, mayLag: true });
}
