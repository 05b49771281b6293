/** Every failure of our own, by code, with the sentence that helps the operator. OCPP faults are in `@app/ocpp`. */
export const errorTable = {
  'store-in-use': 'Another process holds the event store. Stop it, or give this one its own DATA_DIR.',
  'store-full':
    'The disk of the event store is full. Nothing was recorded; free space and the service goes on by itself.',
  'data-dir-in-use': 'Another process uses this DATA_DIR. Stop it, or give this one a folder of its own.',
  'data-dir-unusable': 'DATA_DIR cannot be used. Check that it is a folder that belongs to the service.',
  'store-corrupted': 'The event store file is damaged. Stop the service and restore the file from a backup.',
  'store-unwritable':
    'The event store file cannot be opened for writing. Check that DATA_DIR exists and belongs to the service.',
  'store-unavailable':
    'The event store does not answer. What needs it is refused until it does; check that it runs and can be reached.',
  'store-denied':
    'The event store refuses the user of the service. Check user, password and rights in its connection string.',
  'store-connection-invalid': 'The connection string of the event store is not usable.',
  'append-too-large':
    'An append is larger than the event store takes. Nothing was recorded; servers from 25.1 on take larger ones.',
  'stream-deleted': 'A stream was deleted for good on the event store. Its name cannot be used again.',
  'read-models-building':
    'What is asked is being built from the history, which takes a while after an upgrade or a loss of the file. Charge boxes are served.',
  'read-models-unusable':
    'The file of the read models cannot be used. Give it to the user of the service, or delete it: it is built anew from the history.',
  'projection-building':
    'The rows of this projection are being built from the history. GET /api/projections tells how far it is, or why it does not go on.',
  'projection-stopped':
    'This projection does not go on, so its rows cannot be followed. Mend its file, and start the service again.',
  'projections-dir-unusable': 'PROJECTIONS_DIR cannot be used. Check that it is a folder that the service may read.',
  'store-closed': 'The event store is closed because the service is stopping.',
  'store-newer': 'The event store was written by a newer version of this program. Start that version or a later one.',
  'event-newer':
    'An event was stored by a newer version of this program. It is not read, so that it is not misread; start that version or a later one.',
  'event-unreadable':
    'An event has a shape that this program cannot bring up to date. This is a defect of the program, or the history was changed by hand.',
  'event-not-json':
    'An event holds a value that JSON cannot carry. This is a defect of the program; nothing was recorded.',
  'conflict-persists':
    'Several writers keep changing the same charge box. The request was refused after all its tries.',
  'mailbox-full': 'Too many requests of one charge box are waiting. The request was refused.',
  'transaction-ids-exhausted': 'All 2147483647 transaction ids have been used. Charge boxes cannot take greater ones.',
  'history-not-empty':
    'There is a history at the target already. Give another target, or go on with an earlier copy by --continue. Nothing was written.',
  'history-differs':
    'What the target holds is not the beginning of the source, so the copy cannot go on. Nothing was written; begin anew with an empty target.',
  'history-unreadable': 'The history cannot be read. Nothing was written.',
  'history-unwritable':
    'The file of the target cannot be written. Nothing was written; check that its folder exists and may be written to.',
  'history-same': 'Source and target are the same.',
  'history-changed': 'The target changed while it was written to. Stop what else writes there, and begin anew.',
  overloaded: 'Too many requests are waiting. The request was refused.',
  'captures-unreadable': 'The captured messages cannot be read. Give a DATA_DIR, or the file captures.db in it.',
  'captures-unavailable':
    'Captured messages cannot be reached: the thread that keeps them has ended. It begins again in a moment; if not, the log says why.',
  'address-unavailable':
    'The address cannot be listened on: something else uses it, or this machine has no such address.',
  'configuration-invalid': 'The configuration is not usable. Every fault is listed with the name of its variable.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorTable;

/** A failure with a stable code. Recognise it by `code`, never by `instanceof`: it may come from another thread. */
export interface CodedError extends Error {
  readonly code: ErrorCode;
}

/** Makes the error of a code: its sentence from the table, then the detail of this case. */
export function codedError(code: ErrorCode, detail?: string, cause?: unknown): CodedError {
  const message = detail === undefined ? errorTable[code] : `${errorTable[code]} (${detail})`;
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return errorCode(error) === code;
}

/** The code of an error of ours, `undefined` for anything else. */
export function errorCode(error: unknown): ErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && Object.hasOwn(errorTable, error.code)
    ? (error.code as ErrorCode)
    : undefined;
}
