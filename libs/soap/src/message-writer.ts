import type { MessageDirection, Service } from '@app/ocpp';
import { actionOf, wrapperName } from '@app/ocpp';
import type { Encode } from './encoder';
import { structEncoder } from './encoder';
import type { SoapVersion } from './namespaces';
import { addressing, anonymous, soapNamespaces } from './namespaces';
import { escaped } from './text';

/** What an answer takes from its request. */
export interface ResponseHeaders {
  readonly soapVersion: SoapVersion;
  /** Namespace that the sender used for the body. */
  readonly bodyNamespace: string;
  /** `wsa:MessageID` of this answer: a URI that is new with each message. */
  readonly messageId: string;
  /** `wsa:MessageID` of the request, if it had one. */
  readonly relatesTo?: string;
}

/** What a request to a charge point carries besides its body (OCPP 1.5, 8.1 and 8.3). */
export interface RequestHeaders {
  readonly chargeBoxIdentity: string;
  readonly messageId: string;
  /** The URL called. */
  readonly to: string;
  /** Our own URL; left out by default, as boxes are used to. */
  readonly from?: string;
}

/** A template filled in: everything around the content of one operation is text made once. */
interface Template {
  readonly action: string;
  readonly open: string;
  readonly close: string;
  readonly encode: Encode;
}

const openings: Readonly<Record<SoapVersion, string>> = {
  '1.1': opening('1.1'),
  '1.2': opening('1.2'),
};

function opening(version: SoapVersion): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<soap:Envelope xmlns:soap="${soapNamespaces[version]}" xmlns:wsa="${addressing}"><soap:Header>`
  );
}

const closing = '</soap:Body></soap:Envelope>';

function templatesOf(service: Service, direction: MessageDirection): ReadonlyMap<string, Template> {
  return new Map(
    Object.entries(service.operations).map(([operation, { [direction]: kind }]) => {
      const wrapper = wrapperName(operation, direction);
      const action = `<wsa:Action>${actionOf(operation, direction)}</wsa:Action>`;
      return [operation, { action, open: `<${wrapper} xmlns="`, close: `</${wrapper}>`, encode: structEncoder(kind) }];
    }),
  );
}

function templateFor(templates: ReadonlyMap<string, Template>, operation: string): Template {
  const template = templates.get(operation);
  if (template === undefined) throw new RangeError(`No operation of this service: ${operation}`);
  return template;
}

export type WriteResponse = (operation: string, response: object, headers: ResponseHeaders) => string;

/** The writer of responses of one service. The response must have passed `validate`. Throws a RangeError for a foreign operation. */
export function createResponseWriter(service: Service): WriteResponse {
  const templates = templatesOf(service, 'response');
  return (operation, response, { soapVersion, bodyNamespace, messageId, relatesTo }) => {
    const { action, open, close, encode } = templateFor(templates, operation);
    const relation = relatesTo === undefined ? '' : `<wsa:RelatesTo>${escaped(relatesTo)}</wsa:RelatesTo>`;
    return (
      `${openings[soapVersion]}${action}<wsa:MessageID>${messageId}</wsa:MessageID><wsa:To>${anonymous}</wsa:To>${relation}` +
      `</soap:Header><soap:Body>${open}${escaped(bodyNamespace)}">${encode(response)}${close}${closing}`
    );
  };
}

export type WriteRequest = (operation: string, request: object, headers: RequestHeaders) => string;

/** The writer of requests to one service, in SOAP 1.2. The request must have passed `validate`. Throws a RangeError for a foreign operation. */
export function createRequestWriter(service: Service): WriteRequest {
  const templates = templatesOf(service, 'request');
  return (operation, request, { chargeBoxIdentity, messageId, to, from }) => {
    const { action, open, close, encode } = templateFor(templates, operation);
    const sender = from === undefined ? '' : `<wsa:From><wsa:Address>${escaped(from)}</wsa:Address></wsa:From>`;
    return (
      `${openings['1.2']}${action}<wsa:MessageID>${messageId}</wsa:MessageID><wsa:To>${escaped(to)}</wsa:To>` +
      `<wsa:ReplyTo><wsa:Address>${anonymous}</wsa:Address></wsa:ReplyTo>${sender}` +
      `<chargeBoxIdentity xmlns="${service.namespace}">${escaped(chargeBoxIdentity)}</chargeBoxIdentity>` +
      `</soap:Header><soap:Body>${open}${service.namespace}">${encode(request)}${close}${closing}`
    );
  };
}
