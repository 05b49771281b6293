import { forgetsItsPast, snapshotPrefix } from '@app/charge-box';
import type { EventStore, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import type { SqliteDatabase } from './database';

/** One event of a log, by which the log is known again. */
export type Anchor = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'position'>;

/**
 * What changed something: the event itself, or the newest one before it that no retention takes away. It follows from the log alone, so it
 * is the same whenever and wherever rows are built.
 */
export interface Cause extends Anchor {
  /** Id of the event itself where it is another one. */
  readonly event?: string;
}

/** Whether no retention takes an event away. */
export const isKept = ({ stream }: Pick<RecordedEvent, 'stream'>): boolean => !forgetsItsPast(stream);

export const anchorOf = ({ stream, revision, id, position }: Anchor): Anchor => ({ stream, revision, id, position });

/** What an event causes, after the newest one that is kept. */
export function causeOf(event: Anchor, kept: Anchor | undefined): Cause {
  if (kept === undefined || kept.id === event.id) return event;
  return { ...anchorOf(kept), event: event.id };
}

/** A cause as rows carry it. */
export function causeText({ stream, revision, id, position, event }: Cause): string {
  const all = [stream, revision, id, position];
  return JSON.stringify(event === undefined ? all : [...all, event]);
}

export function readCause(text: string): Cause {
  const [stream, revision, id, position, event] = JSON.parse(text) as [string, number, string, Position, string?];
  return { stream, revision, id, position, ...(event === undefined ? {} : { event }) };
}

/** Place of the newest event that the rows are made of and that no retention takes away; `BEGINNING` if there is none. */
export function anchorPosition(database: SqliteDatabase): Position {
  const { anchor = null } =
    database.prepare<[], { anchor: string | null }>('SELECT anchor FROM checkpoint').get() ?? {};
  return readAnchor(anchor)?.position ?? BEGINNING;
}

/** The anchor of the rows as they are now. */
export function readAnchor(text: string | null): Anchor | undefined {
  return text === null ? undefined : (JSON.parse(text) as Anchor);
}

/** Whether a log has this very event: the log is not another one, nor an earlier state of it that was restored. */
export async function isInLog(
  store: Pick<EventStore, 'readStream'>,
  { stream, revision, id, position }: Anchor,
): Promise<boolean> {
  const [event] = (await store.readStream(stream, { from: revision, limit: 1 })).events;
  if (event === undefined) return false;
  // Old heartbeats are forgotten; that there are later ones is all that can be seen of them.
  if (event.revision > revision) return forgetsItsPast(stream) && !stream.startsWith(snapshotPrefix);
  // Some servers do not say where in the log an event of a stream is.
  return event.id === id && (event.position === position || event.position === '');
}

/** Whether the rows were made of this log: not of another one, nor of a later state than the one that was restored from a backup. */
export async function isMadeOf(store: Pick<EventStore, 'readStream'>, database: SqliteDatabase): Promise<boolean> {
  const kept = database
    .prepare<[], { position: string; anchor: string | null }>('SELECT position, anchor FROM checkpoint')
    .get();
  if (kept === undefined || kept.position === '') return true;
  const anchor = readAnchor(kept.anchor);
  return anchor !== undefined && isInLog(store, anchor);
}
