import { openEmbeddedStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';

/** Opens the log a second time, for reading, in the thread that builds the read models. */
export function openForProjector(options: unknown): Promise<EventStore> {
  const { file } = options as { readonly file: string };
  return openEmbeddedStore({ file, readOnly: true });
}
