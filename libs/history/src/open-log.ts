import { idTagVeiling } from '@app/charge-box';
import { lifter, openEmbeddedStore, openEventStoreDb, TextKeys, veiled, veiledForRows } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { codedError } from '@app/kernel';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyProgress } from './copy';
import { copyHistory } from './copy';
import type { Place } from './place';
import { openSource, openTarget } from './sides';

/** A history as people see it, with idTags in place of tokens. */
export interface OpenedLog extends EventStore {
  /** As it is stored. */
  readonly raw: EventStore;
  /** As rows are made of it: with the events that tell the meaning of tokens. */
  readonly forRows: EventStore;
  /** What is seen of stored events. */
  readonly lift: (events: readonly RecordedEvent[]) => Promise<readonly RecordedEvent[]>;
}

/** Opens a history to look into it; nothing is written there, and a service may be at work on it. A file of lines is laid out as a store first. */
export async function openLog(place: Place, onProgress?: (progress: CopyProgress) => void): Promise<OpenedLog> {
  return unveiled(await openRaw(place, onProgress));
}

export function unveiled(raw: EventStore): OpenedLog {
  const options = { keys: new TextKeys(), veiling: idTagVeiling };
  const forRows = veiledForRows(raw, idTagVeiling);
  return { ...veiled(raw, options), raw, forRows, lift: lifter(raw, options) };
}

async function openRaw(place: Place, onProgress?: (progress: CopyProgress) => void): Promise<EventStore> {
  if (place.kind === 'eventstoredb') return openEventStoreDb(place);
  if (place.kind === 'ndjson') return laidOut(place, onProgress);
  if (!existsSync(place.file)) throw codedError('history-unreadable', `there is no file ${place.file}`);
  return openEmbeddedStore({ file: place.file, readOnly: true, ownThread: true });
}

async function laidOut(place: Place, onProgress?: (progress: CopyProgress) => void): Promise<EventStore> {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-history-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'events.db');
    await fill({ kind: 'embedded', file }, place, onProgress);
    const store = await openEmbeddedStore({ file, readOnly: true });
    const close = store.close.bind(store);
    return Object.assign(store, { close: () => close().finally(remove) });
  } catch (error) {
    remove();
    throw error;
  }
}

async function fill(to: Place, from: Place, onProgress?: (progress: CopyProgress) => void): Promise<void> {
  const source = await openSource(from);
  try {
    const target = await openTarget(to, from);
    try {
      await copyHistory(source, target, { resume: false, ...(onProgress === undefined ? {} : { onProgress }) });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
