import { heartbeatPrefix, snapshotPrefix } from '@app/charge-box';
import type { EventStore, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import type { SqliteDatabase } from './database';

/** One event that the rows are made of, by which the log they come from is known again. */
type Anchor = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'position'>;

/** The newest event that no retention takes away, as text; `null` if there is none. */
export function anchorIn(events: readonly RecordedEvent[]): string | null {
  const newest = events.findLast(
    ({ stream }) => !stream.startsWith(heartbeatPrefix) && !stream.startsWith(snapshotPrefix),
  );
  if (newest === undefined) return null;
  const { stream, revision, id, position } = newest;
  return JSON.stringify({ stream, revision, id, position } satisfies Anchor);
}

/** Place of the newest event that the rows are made of and that no retention takes away; `BEGINNING` if there is none. */
export function anchorPosition(database: SqliteDatabase): Position {
  const { anchor = null } =
    database.prepare<[], { anchor: string | null }>('SELECT anchor FROM checkpoint').get() ?? {};
  return anchor === null ? BEGINNING : (JSON.parse(anchor) as Anchor).position;
}

/** Whether the rows were made of this log: not of another one, nor of a later state than the one that was restored from a backup. */
export async function isMadeOf(store: Pick<EventStore, 'readStream'>, database: SqliteDatabase): Promise<boolean> {
  const kept = database
    .prepare<[], { position: string; anchor: string | null }>('SELECT position, anchor FROM checkpoint')
    .get();
  if (kept === undefined || kept.position === '') return true;
  if (kept.anchor === null) return false;
  const { stream, revision, id, position } = JSON.parse(kept.anchor) as Anchor;
  const [event] = (await store.readStream(stream, { from: revision, limit: 1 })).events;
  // Some servers do not say where in the log an event of a stream is.
  return event?.id === id && (event.position === position || event.position === '');
}
