import { idTagVeiling } from '@app/charge-box';
import { openEmbeddedStore, openEventStoreDb, veiledForRows } from '@app/event-store';
import type { EventStore } from '@app/kernel';

/** Where the thread of the read models finds the log. */
export type LogPlace =
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'eventstoredb'; readonly connectionString: string; readonly namespace?: string };

/** Opens the log a second time, for reading, in the thread that builds the read models. */
export async function openForProjector(options: unknown): Promise<EventStore> {
  return veiledForRows(await openStore(options as LogPlace), idTagVeiling);
}

function openStore(place: LogPlace): Promise<EventStore> {
  if (place.kind === 'embedded') return openEmbeddedStore({ file: place.file, readOnly: true });
  return openEventStoreDb({ ...place, mayLag: true });
}
