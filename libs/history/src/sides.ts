import { idTagVeiling } from '@app/charge-box';
import { coverer, openEmbeddedStore, openEventStoreDb, TextKeys, veiled } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { codedError } from '@app/kernel';
import { existsSync } from 'node:fs';
import { NdjsonSide } from './ndjson';
import type { Place } from './place';
import { isSamePlace, shownPlace } from './place';
import type { Side } from './side';
import type { Lanes } from './store-side';
import { StoreSide } from './store-side';

/** The embedded store takes appends in the order of the calls, so that many can share one write to the disk. */
const embedded: Lanes = { most: 256, inOrder: true };
const eventStoreDb: Lanes = { most: 64, inOrder: false };

/** Opens what is copied from. Nothing is written there; a service may be at work on it. */
export async function openSource(place: Place): Promise<Side> {
  if (place.kind === 'ndjson') return NdjsonSide.openForReading(place.file);
  if (place.kind === 'eventstoredb') return StoreSide.open(await openEventStoreDb(place), eventStoreDb);
  if (!existsSync(place.file)) throw codedError('history-unreadable', `there is no file ${place.file}`);
  return StoreSide.open(await openEmbeddedStore({ file: place.file, readOnly: true }), embedded);
}

export interface TargetOptions {
  /** Puts tokens in place of idTags, as a service does; a file of lines holds what it is given. */
  readonly veils?: boolean;
}

/** Opens what is copied to; made if it is not there. Rejects with `store-in-use` when a service is at work on it. */
export async function openTarget(place: Place, source: Place, { veils = false }: TargetOptions = {}): Promise<Side> {
  if (isSamePlace(place, source)) throw codedError('history-same', shownPlace(place));
  if (place.kind === 'ndjson') return NdjsonSide.openForWriting(place.file);
  const open = veils ? openVeiled : openPlain;
  if (place.kind === 'eventstoredb') return open(await openEventStoreDb(place), eventStoreDb);
  return open(await openEmbeddedStore({ file: place.file }), embedded);
}

const openPlain = (store: EventStore, lanes: Lanes): Promise<StoreSide> => StoreSide.open(store, lanes);

function openVeiled(raw: EventStore, lanes: Lanes): Promise<StoreSide> {
  const options = { keys: new TextKeys(), veiling: idTagVeiling };
  return StoreSide.open(veiled(raw, options), lanes, { raw, cover: coverer(raw, options) });
}
