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
  const code = codes.find(([start]) => sqliteCode(error).startsWith(start))?.[1];
  const said = error instanceof Error ? error.message : String(error);
  return { code: code ?? 'store-unavailable', detail: `${file}: ${said}` };
}

/** An error that carries its failure, for what SQLite itself does not notice. */
export function failureError(code: ErrorCode, detail: string): Error & Failure {
  return Object.assign(new Error(detail), { code, detail });
}

/** Not by `instanceof`: errors that compiled code makes may be of another realm. */
export function sqliteCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && 'detail' in error && 'code' in error;
}
