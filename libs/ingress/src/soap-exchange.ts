import type { CentralSystemOperation, FaultName, OcppVersion, Quirk } from '@app/ocpp';
import { carriesTransactionData, ocpp15 } from '@app/ocpp';
import type { Clock, Exchange, Log, Meter, Witness } from '@app/kernel';
import type { ErrorCode } from '@app/kernel';
import { errorCode, errorTable } from '@app/kernel';
import type { RequestOrigin } from '@app/runtime';
import { AnswerChargeBox, NoteQuirks } from '@app/runtime';
import type { InboundRequest, ReadRequest, RefusedRequest, SoapVersion, WriteResponse } from '@app/soap';
import { contentTypeOf, createRequestReader, createResponseWriter, shortened, writeFault } from '@app/soap';
import type { CommandBus } from '@nestjs/cqrs';
import { randomUUID } from 'node:crypto';
import type { IngressSettings } from './settings';

/** What goes back to a charge box. */
export interface SoapAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** Name of the fault, if it is one. */
  readonly fault?: string;
}

/** What is known of a request before it is read. */
export interface Arrival {
  readonly requestId: string;
  readonly contentType?: string;
  readonly remoteAddress?: string;
  readonly headers?: Exchange['headers'];
  /** Called when the request has to wait for somebody; the signal aborts when the box hangs up. */
  readonly hangUp?: () => AbortSignal;
}

interface Ports {
  readonly bus: CommandBus;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  readonly witness?: Witness;
}

/** Failures that another try may not meet. After any other one a box that repeated for ever would never get to what comes next. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'store-unavailable',
  'store-full',
  'store-unwritable',
  'store-denied',
  'store-closed',
  'conflict-persists',
  'mailbox-full',
  'overloaded',
  'event-newer',
]);

export const plainText = 'text/plain; charset=utf-8';

/** Most refused requests whose deviations are noted at once. */
const mostNoting = 50;

/** The versions that are spoken here. */
export const spokenVersions: readonly OcppVersion[] = [ocpp15];

/** From the bytes of a request to the bytes of its answer, by way of the command bus. Never rejects: every failure has an answer. */
export class SoapExchange {
  private readonly read: ReadRequest;
  private readonly write: WriteResponse;
  private messages = 0;
  private noting = 0;
  private readonly run = randomUUID();

  constructor(
    private readonly settings: IngressSettings,
    private readonly ports: Ports,
  ) {
    this.read = createRequestReader({ versions: spokenVersions, side: 'centralSystem', strict: settings.strict });
    this.write = createResponseWriter(ocpp15.centralSystem);
  }

  async answer(body: Buffer, arrival: Arrival): Promise<SoapAnswer> {
    const begin = performance.now();
    const at = this.ports.clock.now();
    const message = this.read(body, arrival.contentType);
    for (const { name } of message.quirks) this.ports.meter.count('ocpp_quirks_total', name);
    if (message.kind === 'refused') this.note(message, arrival);
    const answer = message.kind === 'refused' ? this.refuse(message, arrival) : await this.dispatch(message, arrival);
    const milliseconds = performance.now() - begin;
    if (message.kind === 'request')
      this.ports.meter.observe('ocpp_request_seconds', milliseconds / 1000, message.operation);
    const isOdd = answer.status !== 200 || message.quirks.length > 0;
    if (this.ports.witness?.wants(isOdd) === true)
      this.ports.witness.take(
        exchangeOf({ at: new Date(at).toISOString(), milliseconds, body }, arrival, message, answer),
      );
    return answer;
  }

  /** The answer to a request that cannot be taken now; what it carries nobody has looked at. */
  overloaded(): SoapAnswer {
    if (this.settings.unrecorded === 'http') return undelivered(errorTable.overloaded);
    return { ...this.fault('InternalError', errorTable.overloaded, { soapVersion: '1.2' }), status: 503 };
  }

  private async dispatch(message: InboundRequest, arrival: Arrival): Promise<SoapAnswer> {
    const operation = message.operation as CentralSystemOperation;
    try {
      const command = new AnswerChargeBox(
        message.chargeBoxIdentity,
        operation,
        message.request,
        this.originOf(message, arrival),
      );
      const { answer, repeated } = await this.ports.bus.execute(command);
      if (repeated) this.ports.meter.count('ocpp_repeated_requests_total', operation);
      if ('fault' in answer) return this.refuse({ ...message, kind: 'refused', ...answer }, arrival);
      this.ports.meter.count('ocpp_requests_total', operation, 'answered');
      return this.respond(message, answer.response);
    } catch (error) {
      return this.fail(message, arrival, error);
    }
  }

  // Not waited for: the refusal does not depend on it, and a count may be missed.
  private note(message: RefusedRequest, arrival: Arrival): void {
    const { chargeBoxIdentity, quirks } = message;
    if (!chargeBoxIdentity || quirks.length === 0 || this.noting >= mostNoting) return;
    const done = () => void (this.noting -= 1);
    this.noting += 1;
    this.ports.bus.execute(new NoteQuirks(chargeBoxIdentity, this.originOf(message, arrival))).then(done, done);
  }

  private originOf(
    message: Pick<InboundRequest, 'quirks' | 'messageId' | 'from' | 'replyTo'>,
    { requestId, remoteAddress, hangUp }: Arrival,
  ): RequestOrigin {
    return {
      requestId,
      at: new Date(this.ports.clock.now()).toISOString(),
      quirks: message.quirks,
      remoteAddress,
      hangUp,
      messageId: message.messageId,
      from: message.from,
      replyTo: message.replyTo,
    };
  }

  private respond(message: InboundRequest, response: object): SoapAnswer {
    const { soapVersion, bodyNamespace, messageId } = message;
    const headers = { soapVersion, bodyNamespace, messageId: this.newMessageId(), relatesTo: messageId };
    return {
      status: 200,
      contentType: contentTypeOf(soapVersion),
      text: this.write(message.operation, response, headers),
    };
  }

  private refuse(refused: RefusedRequest, { requestId, remoteAddress }: Arrival): SoapAnswer {
    const { fault, detail, operation = 'unknown', chargeBoxIdentity, quirks } = refused;
    this.ports.meter.count('ocpp_requests_total', operation, fault);
    // The detail names fields, never their values; quirks hold texts of the box, among them idTags.
    const seen = this.settings.logIdTags ? briefly(quirks) : [...new Set(quirks.map(({ name }) => name))];
    const where = { requestId, remoteAddress, chargeBoxIdentity, operation };
    this.ports.log.warn({ ...where, fault, detail: shortened(detail), quirks: seen }, 'Request refused');
    return this.fault(fault, detail, refused);
  }

  private fail(message: InboundRequest, { requestId, remoteAddress }: Arrival, error: unknown): SoapAnswer {
    const code = errorCode(error);
    const { operation, chargeBoxIdentity } = message;
    this.ports.meter.count('ocpp_requests_total', operation, 'failed');
    this.ports.log.error(
      { requestId, remoteAddress, chargeBoxIdentity, operation, code, err: error },
      'Request failed',
    );
    // What went wrong inside is for the log. The box learns that it may try again, and the number to ask us about.
    const detail = `It may not have been recorded. Ask the operator about request ${requestId}.`;
    const isPrecious = carriesTransactionData.has(operation as CentralSystemOperation);
    if (isPrecious && code !== undefined && passing.has(code) && this.settings.unrecorded === 'http')
      return undelivered(detail);
    return this.fault('InternalError', detail, message);
  }

  private fault(
    fault: FaultName | RefusedRequest['fault'],
    detail: string,
    request: { soapVersion: SoapVersion; messageId?: string; notUnderstood?: RefusedRequest['notUnderstood'] },
  ): SoapAnswer {
    const { soapVersion, messageId, notUnderstood } = request;
    const { xml, status } = writeFault({
      fault,
      detail,
      soapVersion,
      messageId: this.newMessageId(),
      ...(messageId === undefined ? {} : { relatesTo: messageId }),
      ...(notUnderstood === undefined ? {} : { notUnderstood }),
    });
    const contentType = contentTypeOf(soapVersion);
    return { status: this.settings.faultStatus === '500' ? 500 : status, contentType, text: xml, fault };
  }

  // Unique without chance for each message: a random number for the run, and a count. A URI, as wsa:MessageID wants.
  private newMessageId(): string {
    this.messages += 1;
    return `urn:ocpp-central-system:${this.run}:${this.messages}`;
  }
}

/** No fault: a sender does not repeat what was answered by one (OCPP 1.5, 8.2), and does repeat what was not delivered. */
function undelivered(detail: string): SoapAnswer {
  return { status: 503, contentType: plainText, text: `${detail}\n` };
}

/** Quirks with their texts, in as many characters as one line of the log should hold of a box. */
function briefly(quirks: readonly Quirk[]): readonly Quirk[] {
  const short = quirks.map(({ name, path = '', text = '' }) => ({
    name,
    path: shortened(path, 80),
    text: shortened(text, 80),
  }));
  let room = 500;
  return short.filter((quirk) => (room -= JSON.stringify(quirk).length) >= 0);
}

function exchangeOf(
  taken: Pick<Exchange, 'at' | 'milliseconds' | 'body'>,
  { requestId, remoteAddress, headers = {} }: Arrival,
  { chargeBoxIdentity, operation, quirks }: InboundRequest | RefusedRequest,
  { status, text, fault }: SoapAnswer,
): Exchange {
  return {
    ...taken,
    requestId,
    headers,
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    ...(chargeBoxIdentity === undefined ? {} : { chargeBoxIdentity }),
    ...(operation === undefined ? {} : { operation }),
    ...(fault === undefined ? {} : { fault }),
    quirks: [...new Set(quirks.map(({ name }) => name))],
    status,
    answer: text,
  };
}
