import { openEmbeddedStore, openEventStoreDb } from '@app/event-store';
import { codedError } from '@app/kernel';
import { existsSync } from 'node:fs';
import { NdjsonSide } from './ndjson';
import type { Place } from './place';
import { isSamePlace, shownPlace } from './place';
import type { Resumable } from './side';
import { StoreSide } from './store-side';

/** The embedded store takes appends in the order of the calls, so that many can share one write to the disk. */
const embeddedLanes = 256;

/** Opens what is copied from. Nothing is written there; a service may be at work on it. */
export async function openSource(place: Place): Promise<Resumable> {
  if (place.kind === 'ndjson') return NdjsonSide.openForReading(place.file);
  if (place.kind === 'eventstoredb') return StoreSide.open(await openEventStoreDb(place), 1);
  if (!existsSync(place.file)) throw codedError('history-unreadable', `there is no file ${place.file}`);
  return StoreSide.open(await openEmbeddedStore({ file: place.file, readOnly: true }), 1);
}

/** Opens what is copied to; made if it is not there. Rejects with `store-in-use` when a service is at work on it. */
export async function openTarget(place: Place, source: Place): Promise<Resumable> {
  if (isSamePlace(place, source)) throw codedError('history-same', shownPlace(place));
  if (place.kind === 'ndjson') return NdjsonSide.openForWriting(place.file);
  if (place.kind === 'eventstoredb') return StoreSide.open(await openEventStoreDb(place), 1);
  return StoreSide.open(await openEmbeddedStore({ file: place.file }), embeddedLanes);
}
