import { openEmbeddedStore } from '@app/event-store';

/** Opens the log of a spec in the thread of a projection. */
export const openForProjector = (file: string) => openEmbeddedStore({ file, readOnly: true });
