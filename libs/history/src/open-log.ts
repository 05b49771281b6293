import { idTagVeiling } from '@app/charge-box';
import { lifter, openEmbeddedStore, openEventStoreDb, TextKeys, veiled, veiledForRows } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { codedError } from '@app/kernel';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyProgress } from './copy';
import { copyHistory } from './copy';
import type { Place } from './place';
import { openSource, openTarget } from './sides';
import { temporaryFolder } from './temporary';

/** A history as people see it, with idTags in place of tokens. */
export interface OpenedLog extends EventStore {
  /** As it is stored. */
  readonly raw: EventStore;
  /** As rows are made of it: with the events that tell the meaning of tokens. */
  readonly forRows: EventStore;
  /** What is seen of stored events. */
  readonly lift: (events: readonly RecordedEvent[]) => Promise<readonly RecordedEvent[]>;
}

export interface LookOptions {
  /** The folder in which temporary files are made; that of the system by default. */
  readonly temporary?: string;
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** Opens a history to look into it; nothing is written there, and a service may be at work on it. A file of lines is laid out as a store first. */
export async function openLog(place: Place, options: LookOptions = {}): Promise<OpenedLog> {
  return unveiled(await openRaw(place, options));
}

export function unveiled(raw: EventStore): OpenedLog {
  const options = { keys: new TextKeys(), veiling: idTagVeiling };
  const forRows = veiledForRows(raw, idTagVeiling);
  return { ...veiled(raw, options), raw, forRows, lift: lifter(raw, options) };
}

async function openRaw(place: Place, options: LookOptions): Promise<EventStore> {
  if (place.kind === 'eventstoredb') return openEventStoreDb(place);
  if (place.kind === 'ndjson') return laidOut(place, options);
  if (!existsSync(place.file)) throw codedError('history-unreadable', `there is no file ${place.file}`);
  return openEmbeddedStore({ file: place.file, readOnly: true, ownThread: true });
}

async function laidOut(place: Place, { temporary = tmpdir(), onProgress }: LookOptions): Promise<EventStore> {
  const { path, remove } = temporaryFolder(temporary);
  try {
    const file = join(path, 'events.db');
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
