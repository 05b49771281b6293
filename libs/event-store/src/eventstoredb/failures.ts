import type { CodedError } from '@app/kernel';
import { codedError } from '@app/kernel';

/** What is known after a call of the client has failed. */
export type Failure =
  /** It may work a moment later; whether an append landed is unknown. */
  | { readonly kind: 'transient'; readonly detail: string }
  | { readonly kind: 'no-stream' }
  | { readonly kind: 'conflict'; readonly actual: number | undefined }
  /** It will not work until somebody does something. */
  | { readonly kind: 'permanent'; readonly detail: string };

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

interface ClientError {
  readonly type?: string;
  readonly code?: number | string;
  readonly message?: string;
  readonly actualVersion?: bigint | string;
}

/** Sorts an error of the client: classes cannot be relied on, for some failures are plain errors. */
export function failureOf(thrown: unknown): Failure {
  const { type, code, message = '', actualVersion } = (thrown ?? {}) as ClientError;
  if (type === 'wrong-expected-version') return { kind: 'conflict', actual: revisionOf(actualVersion) };
  if (type === 'stream-not-found' || type === 'no-stream') return { kind: 'no-stream' };
  const detail = [type, code, message].filter(isSaid).join(' ').slice(0, 300);
  return { kind: isTransient({ type, code, message }) ? 'transient' : 'permanent', detail };
}

function isSaid(part: string | number | undefined): boolean {
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

export function unavailable(detail: string, cause?: unknown): CodedError {
  return codedError('store-unavailable', detail, cause);
}
