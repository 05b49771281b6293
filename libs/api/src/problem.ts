/** Everything that can be wrong with a request, by code: HTTP status, title, and the sentence that helps the caller. */
export const problemTable = {
  'invalid-request': {
    status: 400,
    title: 'Invalid request',
    detail: 'The request breaks the rules listed as violations.',
  },
  'malformed-body': {
    status: 400,
    title: 'Malformed body',
    detail: 'The body cannot be read as its Content-Type says.',
  },
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    detail: 'The request is not HTTP, or its URL cannot be decoded.',
  },
  unauthorized: { status: 401, title: 'Key needed', detail: 'Send the API key as "Authorization: Bearer <key>".' },
  'wrong-key': { status: 401, title: 'Wrong key', detail: 'The API key is not the one of this service.' },
  'not-found': { status: 404, title: 'Not found', detail: 'Nothing is known under this address.' },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    detail: 'The address serves the methods in the header Allow.',
  },
  'request-timeout': { status: 408, title: 'Request timeout', detail: 'The request did not arrive in time.' },
  refused: { status: 409, title: 'Refused', detail: 'The request contradicts what has happened.' },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    detail: 'The body may have 1 MiB, an import or a local list 16 MiB.',
  },
  'url-too-long': { status: 414, title: 'URL too long', detail: 'The URL may have 8192 characters.' },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    detail:
      'Send the body as JSON with the header Content-Type: application/json; only an import of idTags is text/csv.',
  },
  'too-many-wrong-keys': {
    status: 429,
    title: 'Too many wrong keys',
    detail: 'Too many wrong keys came from this address. Wait as the header Retry-After says.',
  },
  'headers-too-large': { status: 431, title: 'Headers too large', detail: 'URL and headers may have 16 KiB together.' },
  'request-failed': { status: 400, title: 'Request failed', detail: 'The request cannot be served as it is.' },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    detail: 'The service failed. Its log has the reason under the requestId.',
  },
  unavailable: { status: 503, title: 'Unavailable', detail: 'The service cannot do this now. Try again.' },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

export type ProblemCode = keyof typeof problemTable;

/** One rule that a request breaks. */
export interface Violation {
  /** Part of the request that it is about. */
  readonly in: 'path' | 'query' | 'header' | 'body';
  /** Field by name, nested ones with dots; empty for the whole part. */
  readonly path: string;
  readonly message: string;
  readonly code: string;
  /** Line of an import, counted from 1. */
  readonly line?: number;
  /** Column of an import, by name. */
  readonly column?: string;
}

/** A problem as callers see it (RFC 9457). */
export interface ProblemDetails {
  /** Stable code as a relative URI. */
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly violations?: readonly Violation[];
  /** How many violations there are, where not all are listed. */
  readonly violationCount?: number;
  readonly requestId: string;
}

export interface ProblemExtras {
  readonly violations?: readonly Violation[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Status instead of the one in the table. */
  readonly status?: number;
}

/** The media type of problems. */
export const problemType = 'application/problem+json; charset=utf-8';

/** Most violations that one answer lists. */
const violationLimit = 10_000;

/** The reason why a request is not served; the filter makes the answer of it. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string = problemTable[code].detail,
    readonly extras: ProblemExtras = {},
  ) {
    super(detail);
  }

  get status(): number {
    return this.extras.status ?? problemTable[this.code].status;
  }

  details(requestId: string): ProblemDetails {
    const { violations } = this.extras;
    const { code, detail, status } = this;
    return {
      type: `/problems/${code}`,
      status,
      title: problemTable[code].title,
      detail,
      ...(violations && { violations: violations.slice(0, violationLimit) }),
      ...(violations && violations.length > violationLimit && { violationCount: violations.length }),
      requestId,
    };
  }
}

/** What a problem is sent with: the part of a reply that it needs. */
export interface ProblemReply {
  readonly request: { readonly id: string };
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

export function sendProblem(reply: ProblemReply, problem: Problem): void {
  reply.code(problem.status);
  reply.header('content-type', problemType);
  for (const [name, value] of Object.entries(problem.extras.headers ?? {})) reply.header(name, value);
  reply.send(JSON.stringify(problem.details(reply.request.id)));
}
