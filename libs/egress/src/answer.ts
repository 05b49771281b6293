import { fieldsOf, ocpp15 } from '@app/ocpp';
import type { OperationTable } from '@app/ocpp';
import { codingOf, unpacked } from '@app/soap';
import { shown } from './address-policy';
import type { Incoming } from './exchange';
import { tooLarge } from './exchange';
import type { AnswerRead, Failed, ReadAnswer, SentOutcome } from './outcome';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What an HTTP answer says of the operation. Its content counts before its status. */
export async function outcomeOf(
  incoming: Incoming,
  operation: string,
  read: ReadAnswer,
  maximumAnswer: number,
): Promise<SentOutcome> {
  const { status, headers } = incoming;
  if (redirects.has(status)) return redirected(status, headers.location);
  const body = await bodyOf(incoming, maximumAnswer);
  if (!Buffer.isBuffer(body)) return body.reason === 'not-xml' ? unusable(body, incoming) : body;
  if (body.length === 0) return nothing(incoming, operation);
  const contentType = headers['content-type'];
  return said(reading(read, body, { operation, ...(contentType === undefined ? {} : { contentType }) }), incoming);
}

const failed = (reason: Failed['reason'], detail: string, status: number): Failed => ({
  kind: 'failed',
  reason,
  detail,
  status,
});

function redirected(status: number, location: string | undefined): Failed {
  const target = location === undefined ? 'nowhere' : `to ${shown(location)}`;
  const detail = `HTTP ${status} redirects ${target}, which is not followed; if that is where the box is, set it as its address.`;
  return failed('redirected', detail, status);
}

async function bodyOf({ body, headers, status }: Incoming, limit: number): Promise<Buffer | Failed> {
  const coding = codingOf(headers['content-encoding']);
  const plain = body.length === 0 ? body : await unpacked(body, coding, limit);
  if (Buffer.isBuffer(plain)) return plain;
  if (plain === 'too-large') return tooLarge(limit, status);
  if (plain === 'broken') return failed('not-xml', `The answer is not valid ${coding}.`, status);
  return failed('not-xml', `The Content-Encoding ${shown(coding)} of the answer is not known.`, status);
}

const table: OperationTable = ocpp15.chargePoint.operations;
const mandatory: ReadonlySet<string> = new Set(['one', 'expected', 'some']);

// Some boxes acknowledge with no more than a status.
function nothing({ status }: Incoming, operation: string): SentOutcome {
  if (status >= 300) return failed('http-status', meaningOf(status), status);
  const response = table[operation]?.response;
  const needsNothing = response !== undefined && !fieldsOf(response).some(({ occurs }) => mandatory.has(occurs));
  if (needsNothing && [200, 202, 204].includes(status)) return { kind: 'answered', response: {} };
  return failed('empty', `The answer is HTTP ${status} without content, where ${operation} has a response.`, status);
}

function reading(read: ReadAnswer, body: Buffer, of: { operation: string; contentType?: string }): AnswerRead {
  try {
    return read(body, of);
  } catch (error) {
    return { kind: 'unreadable', reason: 'invalid', detail: `The answer broke its reader: ${String(error)}` };
  }
}

function said(answer: AnswerRead, incoming: Incoming): SentOutcome {
  const { status } = incoming;
  switch (answer.kind) {
    case 'response':
      if (status < 300) return { kind: 'answered', response: answer.response };
      return failed(
        'http-status',
        `The answer contains a response, but its status is an error. ${meaningOf(status)}`,
        status,
      );
    case 'fault':
      return {
        ...failed('fault', answer.detail, status),
        ...(answer.fault === undefined ? {} : { fault: answer.fault }),
      };
    case 'unreadable':
      return unusable(answer, incoming);
  }
}

/** What is not even SOAP says less than its status. */
function unusable(
  { reason, detail }: { readonly reason: Failed['reason']; readonly detail: string },
  { status, headers }: Incoming,
): Failed {
  if (reason === 'wrong-response' || reason === 'invalid') return failed(reason, detail, status);
  if (status >= 300) return failed('http-status', meaningOf(status), status);
  const isPage = /\bhtml\b/i.test(headers['content-type'] ?? '');
  return failed(
    reason,
    isPage ? `${detail} It is a web page: the path of the address is probably wrong.` : detail,
    status,
  );
}

const meanings: Readonly<Record<number, string>> = {
  400: 'the box, or what stands before it, could not make sense of the request',
  401: 'credentials are asked for, which a charge box has no use for: a proxy stands before it, or it is another device',
  403: 'the request was forbidden: the box, or a proxy before it, does not let this machine call it',
  404: 'nothing is served at this path: the path of the address is wrong',
  405: 'this path does not take POST: the path of the address is wrong',
  407: 'a proxy on the way asks for credentials',
  411: 'a proxy on the way does not pass on the length of the request',
  413: 'the request is too large for the box',
  415: 'the box does not take SOAP 1.2: it speaks another version of OCPP, or it is another device',
  500: 'the box failed without saying why',
  502: 'a proxy answered that it cannot reach the box',
  503: 'a proxy answered that the box is not available, or the box is busy',
  504: 'a proxy answered that the box did not answer it',
};

const meaningOf = (status: number): string => `HTTP ${status}: ${meanings[status] ?? 'the answer is no SOAP'}.`;
