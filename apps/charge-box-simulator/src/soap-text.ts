import type { Kind, Service } from '@app/ocpp';
import { actionOf, fieldOf, fieldsOf, wrapperName } from '@app/ocpp';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

// A reading and writing of SOAP of its own. Sharing that of the central system would let an error on one side hide that of the other.

const soap = 'http://www.w3.org/2003/05/soap-envelope';
const addressing = 'http://www.w3.org/2005/08/addressing';
const anonymous = `${addressing}/anonymous`;

export type Fields = Readonly<Record<string, unknown>>;

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const tag = (name: string, content: string): string => `<${name}>${content}</${name}>`;

/** Fields as elements in the order of the table; `reversed` is for boxes that sort otherwise. */
function elementsOf(kind: Kind, value: unknown, reversed: boolean): string {
  if (kind.kind !== 'struct') return escapeXml(String(value));
  const fields = reversed ? [...fieldsOf(kind)].reverse() : fieldsOf(kind);
  return fields
    .flatMap(({ name, of }) => {
      const member = (value as Fields)[name];
      const values: readonly unknown[] =
        member === undefined ? [] : Array.isArray(member) ? (member as unknown[]) : [member];
      return values.map((each) => elementOf(name, of, each, reversed));
    })
    .join('');
}

function elementOf(name: string, kind: Kind, value: unknown, reversed: boolean): string {
  if (kind.kind !== 'attributedText') return tag(`ocpp:${name}`, elementsOf(kind, value, reversed));
  const { value: text, ...attributes } = value as Readonly<Record<string, string>>;
  const written = Object.entries(attributes).map(([key, attribute]) => ` ${key}="${escapeXml(attribute)}"`);
  return `<ocpp:${name}${written.join('')}>${escapeXml(text ?? '')}</ocpp:${name}>`;
}

export interface RequestText {
  readonly service: Service;
  readonly operation: string;
  readonly fields: Fields;
  readonly identity: string;
  readonly messageId?: string;
  readonly to?: string;
  readonly from?: string;
  readonly action?: boolean;
  readonly reversed?: boolean;
}

/** A request as an envelope. Headers that are not given are left out. */
export function requestText({
  service,
  operation,
  fields,
  identity,
  messageId,
  to,
  from,
  action = true,
  reversed = false,
}: RequestText): string {
  const kind = service.operations[operation]?.request;
  if (kind === undefined) throw new RangeError(`No operation of this service: ${operation}`);
  const headers = [
    tag('ocpp:chargeBoxIdentity', escapeXml(identity)),
    action ? tag('wsa:Action', actionOf(operation, 'request')) : '',
    messageId === undefined ? '' : tag('wsa:MessageID', messageId),
    from === undefined ? '' : tag('wsa:From', tag('wsa:Address', escapeXml(from))),
    to === undefined ? '' : tag('wsa:ReplyTo', tag('wsa:Address', anonymous)) + tag('wsa:To', escapeXml(to)),
  ];
  return envelope(
    service,
    headers.join(''),
    tag(`ocpp:${wrapperName(operation, 'request')}`, elementsOf(kind, fields, reversed)),
  );
}

/** An answer as an envelope. */
export function responseText(
  service: Service,
  operation: string,
  fields: Fields,
  relatesTo: string | undefined,
): string {
  const kind = service.operations[operation]?.response;
  if (kind === undefined) throw new RangeError(`No operation of this service: ${operation}`);
  const headers =
    tag('wsa:Action', actionOf(operation, 'response')) +
    (relatesTo === undefined ? '' : tag('wsa:RelatesTo', escapeXml(relatesTo)));
  return envelope(service, headers, tag(`ocpp:${wrapperName(operation, 'response')}`, elementsOf(kind, fields, false)));
}

/** A fault as an envelope. */
export function faultText(service: Service, side: 'Sender' | 'Receiver', subcode: string, reason: string): string {
  const code = tag(
    'soap:Code',
    tag('soap:Value', `soap:${side}`) + tag('soap:Subcode', tag('soap:Value', `ocpp:${subcode}`)),
  );
  const text = tag('soap:Reason', `<soap:Text xml:lang="en">${escapeXml(reason)}</soap:Text>`);
  return envelope(service, tag('wsa:Action', `${addressing}/soap/fault`), tag('soap:Fault', code + text));
}

function envelope(service: Service, headers: string, body: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<soap:Envelope xmlns:soap="${soap}" xmlns:wsa="${addressing}" xmlns:ocpp="${service.namespace}">` +
    `<soap:Header>${headers}</soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}

/** What an envelope says. */
export interface ReadText {
  readonly wrapper: string;
  readonly fields: Fields;
  readonly identity?: string;
  readonly messageId?: string;
  readonly fault?: { readonly code: string; readonly subcode: string; readonly reason: string };
}

type Node = Record<string, unknown>;

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  processEntities: true,
});

/** Reads an envelope; `undefined` for text that is none. Values stay text until `typed`. */
export function readText(xml: string): ReadText | undefined {
  if (XMLValidator.validate(xml) !== true) return undefined;
  const { Envelope } = parser.parse(xml) as { Envelope?: Node };
  const [wrapper, content] = Object.entries(nodeOf(Envelope?.Body)).find(([name]) => !name.startsWith('@')) ?? [];
  if (wrapper === undefined) return undefined;
  const header = nodeOf(Envelope?.Header);
  return {
    wrapper,
    fields: nodeOf(content),
    identity: textOf(header.chargeBoxIdentity),
    messageId: textOf(header.MessageID),
    ...(wrapper === 'Fault' ? { fault: faultOf(nodeOf(content)) } : {}),
  };
}

function nodeOf(value: unknown): Node {
  return typeof value === 'object' && value !== null ? (value as Node) : {};
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  if (typeof value !== 'object' || value === null) return undefined;
  const text = (value as Node)['#text'];
  return typeof text === 'string' ? text.trim() : undefined;
}

function faultOf(fault: Node) {
  const code = (fault.Code ?? {}) as Node;
  const subcode = ((code.Subcode ?? {}) as Node).Value;
  const local = (text: string | undefined) => (text ?? '').replace(/^.*:/, '');
  return {
    code: local(textOf(code.Value)),
    subcode: local(textOf(subcode)),
    reason: textOf(((fault.Reason ?? {}) as Node).Text) ?? '',
  };
}

/** Fields with the types that the table declares. Whatever does not fit is left out. */
export function typed(kind: Kind, value: unknown): unknown {
  switch (kind.kind) {
    case 'struct':
      return typedStruct(kind, value);
    case 'attributedText':
      return { value: textOf(value) ?? '' };
    case 'int': {
      const number = Number(textOf(value));
      return Number.isInteger(number) ? number : undefined;
    }
    case 'boolean':
      return textOf(value) === 'true' || textOf(value) === '1';
    default:
      return textOf(value);
  }
}

function typedStruct(kind: Extract<Kind, { kind: 'struct' }>, value: unknown): Fields {
  const node = typeof value === 'object' && value !== null ? (value as Node) : {};
  return Object.fromEntries(
    Object.entries(kind.fields).flatMap(([name, entry]) => {
      const { of, occurs } = fieldOf(entry);
      if (node[name] === undefined) return [];
      const list = Array.isArray(node[name]) ? (node[name] as unknown[]) : [node[name]];
      return [
        [name, occurs === 'many' || occurs === 'some' ? list.map((each) => typed(of, each)) : typed(of, list[0])],
      ];
    }),
  );
}
