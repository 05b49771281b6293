import type { CodedError, ErrorCode } from '@app/kernel';
import { codedError } from '@app/kernel';

/** What is known after a call of the client has failed. */
export type Failure =
  /** It may work a moment later; whether an append landed is unknown. */
  | { readonly kind: 'transient'; readonly code: ErrorCode; readonly detail: string }
  | { readonly kind: 'no-stream' }
  | { readonly kind: 'conflict'; readonly actual: number | undefined }
  /** It will not work until somebody does something. */
  | { readonly kind: 'permanent'; readonly code: ErrorCode; readonly detail: string };

const transientTypes: ReadonlySet<string> = new Set([
  'unavailable',
  'cancelled',
  'not-leader',
  'timeout',
  'deadline-exceeded',
]);
// CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE
const transientCodes: ReadonlySet<number> = new Set([1, 4, 8, 10, 13, 14]);
const transientMessages = /Server Is (Not Ready|Busy)|No leader info|Failed to discover|Consumer too slow/i;
// PERMISSION_DENIED, UNAUTHENTICATED
const deniedCodes: ReadonlySet<number> = new Set([7, 16]);

const codesOfTypes: ReadonlyMap<string, ErrorCode> = new Map([
  ['maximum-append-size-exceeded', 'append-too-large'],
  ['stream-deleted', 'stream-deleted'],
]);

interface ClientError {
  readonly type?: string;
  readonly code?: number | string;
  readonly message?: string;
  readonly actualVersion?: bigint | string;
}

/** Sorts an error of the client: classes cannot be relied on, for some failures are plain errors. */
export function failureOf(thrown: unknown): Failure {
  const error = (thrown ?? {}) as ClientError;
  if (error.type === 'wrong-expected-version') return { kind: 'conflict', actual: revisionOf(error.actualVersion) };
  if (error.type === 'stream-not-found' || error.type === 'no-stream') return { kind: 'no-stream' };
  const detail = detailOf(error);
  if (isDenied(error)) return { kind: isRemembered(error) ? 'transient' : 'permanent', code: 'store-denied', detail };
  if (isTransient(error)) return { kind: 'transient', code: 'store-unavailable', detail };
  return { kind: 'permanent', code: codesOfTypes.get(error.type ?? '') ?? 'store-unavailable', detail };
}

/** What the client says, once, without the notes that it hangs on. */
function detailOf({ type, code, message = '' }: ClientError): string {
  const said = message.split('Resolution note:', 1).join().trim();
  return (said === '' ? [type, code].filter(isSaid).join(' ') : said).slice(0, 300);
}

function isDenied({ type, code }: ClientError): boolean {
  return type === 'access-denied' || (typeof code === 'number' && deniedCodes.has(code));
}

/** A denial without a type comes from the client's memory of an earlier one, which a new client does not have. */
function isRemembered({ type }: ClientError): boolean {
  return type === undefined;
}

/** True if the connection may be at fault, or what the client remembers of it: a new client is to be made. */
export function isPastHelp(thrown: unknown): boolean {
  const error = (thrown ?? {}) as ClientError;
  return error.type === 'deadline-exceeded' || error.code === 4 || (isDenied(error) && isRemembered(error));
}

function isSaid(part: unknown): boolean {
  return part !== undefined && part !== '';
}

function isTransient({ type = '', code, message = '' }: ClientError): boolean {
  return (
    transientTypes.has(type) ||
    (typeof code === 'number' && transientCodes.has(code)) ||
    transientMessages.test(message)
  );
}

// The text no_stream stands for a stream that does not exist.
function revisionOf(actual: bigint | string | undefined): number | undefined {
  return typeof actual === 'bigint' ? Number(actual) : actual === 'no_stream' ? -1 : undefined;
}

export class TookTooLong extends Error {
  readonly type = 'deadline-exceeded';

  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}

/** The error of a failure that nobody here can mend; what is no failure of the store goes on as it came. */
export function rejection(failure: Failure, error: unknown): unknown {
  return 'code' in failure ? codedFailure(failure, error) : error;
}

export function codedFailure({ code, detail }: Extract<Failure, { code: ErrorCode }>, cause: unknown): CodedError {
  return codedError(code, detail, cause);
}
