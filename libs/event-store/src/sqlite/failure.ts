import type { ErrorCode } from '@app/kernel';

/** A failure in a form that crosses threads: the code of our table and what to add to its sentence. */
export interface Failure {
  readonly code: ErrorCode;
  readonly detail: string;
}

const codes: readonly (readonly [start: string, code: ErrorCode])[] = [
  ['SQLITE_FULL', 'store-full'],
  ['SQLITE_CORRUPT', 'store-corrupted'],
  ['SQLITE_NOTADB', 'store-corrupted'],
  ['SQLITE_CANTOPEN', 'store-unwritable'],
  ['SQLITE_READONLY', 'store-unwritable'],
  ['SQLITE_PERM', 'store-unwritable'],
];

/** What SQLite says, in our words. Anything else, lock trouble and failing disks included, is `store-unavailable`. */
export function failureOf(error: unknown, file: string): Failure {
  if (isFailure(error)) return { code: error.code, detail: error.detail };
  const sqlite = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = codes.find(([start]) => sqlite.startsWith(start));
  const said = error instanceof Error ? error.message : String(error);
  return { code: known?.[1] ?? 'store-unavailable', detail: `${file}: ${said}` };
}

/** An error that carries its failure, for what SQLite itself does not notice. */
export function failureError(code: ErrorCode, detail: string): Error & Failure {
  return Object.assign(new Error(detail), { code, detail });
}

function isFailure(error: unknown): error is Failure {
  return error instanceof Error && 'detail' in error && 'code' in error;
}
