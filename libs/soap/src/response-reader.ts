import type { FaultName, OcppVersion, Quirk } from '@app/ocpp';
import { faultTable, wrapperName } from '@app/ocpp';
import { readHeaders } from './addressing';
import type { Decode } from './decoder';
import { structDecoder } from './decoder';
import type { Envelope } from './envelope';
import { readEnvelope } from './envelope';
import type { SoapVersion } from './namespaces';
import { soapNamespaces } from './namespaces';
import { Notes } from './notes';
import type { XmlElement, XmlLimits } from './xml-tree';
import { defaultLimits, XmlTreeReader } from './xml-tree';

export interface ResponseReaderOptions {
  readonly version: OcppVersion;
  /** Whose responses are read. */
  readonly side: 'centralSystem' | 'chargePoint';
  readonly limits?: Partial<XmlLimits>;
}

/** What is known of the request. */
export interface AnsweredOperation {
  readonly operation: string;
  readonly contentType?: string;
}

interface Read {
  readonly quirks: readonly Quirk[];
}

interface InEnvelope extends Read {
  readonly soapVersion: SoapVersion;
  /** As it came; many boxes send none, or a stale one, so it decides nothing. */
  readonly relatesTo?: string;
}

export interface ReadResponse extends InEnvelope {
  readonly kind: 'response';
  /** In the shape that the table declares for the operation. */
  readonly response: object;
}

export interface ReadFault extends InEnvelope {
  readonly kind: 'fault';
  /** Name of the OCPP fault, when it is one. */
  readonly fault?: FaultName;
  /** `Sender` or `Receiver`, or what else SOAP 1.2 knows, also for a fault of SOAP 1.1. */
  readonly code?: string;
  /** As sent, without prefix. */
  readonly subcode?: string;
  readonly detail: string;
}

export interface UnreadableAnswer extends Read {
  readonly kind: 'unreadable';
  readonly reason: 'not-xml' | 'not-soap' | 'wrong-response' | 'invalid' | 'empty';
  readonly detail: string;
}

/** Bytes or text of the answer to one operation, to what it says. Never throws but for an operation that the service has not (RangeError). */
export type ReadAnswer = (
  source: string | Buffer,
  answered: AnsweredOperation,
) => ReadResponse | ReadFault | UnreadableAnswer;

interface Expected {
  readonly wrapper: string;
  readonly decode: Decode;
}

/** The reader of answers: compile it once. More forgiving than that of requests, for what was asked is known (section 12 of OCPP 1.5 SOAP in the field). */
export function createResponseReader({ version, side, limits }: ResponseReaderOptions): ReadAnswer {
  const xml = new XmlTreeReader({ ...defaultLimits, ...limits });
  const names = namespacesOf(version, side);
  const expected = new Map(
    Object.entries(version[side].operations).map(([operation, { response }]): [string, Expected] => [
      operation,
      { wrapper: wrapperName(operation, 'response'), decode: structDecoder(response) },
    ]),
  );
  return (source, { operation, contentType }) => {
    const wanted = expected.get(operation);
    if (wanted === undefined) throw new RangeError(`OCPP ${version.version} has no operation ${operation} here.`);
    const notes = new Notes({ keepReadable: true });
    const envelope = readEnvelope(xml, source, contentType, notes);
    if ('code' in envelope)
      return { kind: 'unreadable', reason: envelope.reason, detail: envelope.detail, quirks: notes.quirks };
    return contentOf(envelope, operation, { wanted, names, notes });
  };
}

interface Reading {
  readonly wanted: Expected;
  readonly names: Namespaces;
  readonly notes: Notes;
}

function contentOf(envelope: Envelope, operation: string, { wanted, names, notes }: Reading): ReturnType<ReadAnswer> {
  const unreadable = (reason: UnreadableAnswer['reason'], detail: string): UnreadableAnswer => ({
    kind: 'unreadable',
    reason,
    detail,
    quirks: notes.quirks,
  });
  const { relatesTo } = readHeaders(envelope.header, soapNamespaces[envelope.soapVersion], notes);
  const common = {
    soapVersion: envelope.soapVersion,
    quirks: notes.quirks,
    ...(relatesTo === undefined ? {} : { relatesTo }),
  };
  const [element, ...others] = envelope.body.children;
  if (element === undefined) return unreadable('wrong-response', 'The Body is empty.');
  if (others.length > 0) return unreadable('wrong-response', `The Body holds ${1 + others.length} elements.`);
  if (element.local === 'Fault') return { kind: 'fault', ...faultIn(element), ...common };
  noteWrapper(element, wanted.wrapper, names, notes);
  const response = wanted.decode(element, notes, wanted.wrapper) as object;
  if (!isNamedAfter(operation, element) && (notes.violations.length > 0 || Object.keys(response).length === 0)) {
    const detail = `The Body holds no response to ${operation} but something else: ${element.local.slice(0, 60)}.`;
    return unreadable('wrong-response', detail);
  }
  if (notes.violations.length === 0) return { kind: 'response', response, ...common };
  return unreadable('invalid', `The response cannot be read: ${notes.violations.join('; ')}.`);
}

// Boxes misname the wrapper, some after another operation: what it holds decides then.
function isNamedAfter(operation: string, { local }: XmlElement): boolean {
  return local.toLowerCase().startsWith(operation.toLowerCase());
}

interface Namespaces {
  readonly own: string;
  readonly other: string;
}

function namespacesOf(version: OcppVersion, side: ResponseReaderOptions['side']): Namespaces {
  const other = version[side === 'centralSystem' ? 'chargePoint' : 'centralSystem'].namespace;
  return { own: version[side].namespace, other };
}

function noteWrapper({ local, uri }: XmlElement, wrapper: string, { own, other }: Namespaces, notes: Notes): void {
  if (local !== wrapper)
    notes.quirk(local.toLowerCase() === wrapper.toLowerCase() ? 'wrapper-case' : 'wrapper-name', undefined, local);
  if (uri === own) return;
  if (uri === other) return notes.quirk('other-service-namespace', undefined, uri);
  const slashed = uri.endsWith('/') ? uri.slice(0, -1) : `${uri}/`;
  notes.quirk(slashed === own ? 'namespace-slash' : 'wrapper-name', undefined, uri);
}

type Fault = Pick<ReadFault, 'fault' | 'code' | 'subcode' | 'detail'>;

/** A fault of either version of SOAP: codes by local name, for prefixes are arbitrary and often undeclared. */
function faultIn(fault: XmlElement): Fault {
  const code12 = textAt(fault, 'Code', 'Value');
  if (code12 !== undefined) {
    const subcode = textAt(fault, 'Code', 'Subcode', 'Value');
    return faultOf(localOf(code12), subcode && localOf(subcode), textAt(fault, 'Reason', 'Text'));
  }
  const [code = '', subcode] = localOf(textAt(fault, 'faultcode') ?? '').split('.');
  return faultOf(codesOf11[code] ?? code, subcode, textAt(fault, 'faultstring'));
}

const codesOf11: Readonly<Record<string, string>> = { Client: 'Sender', Server: 'Receiver' };

function faultOf(code: string, subcode: string | undefined, reason = ''): Fault {
  const name = [subcode, code].find((each): each is FaultName => each !== undefined && Object.hasOwn(faultTable, each));
  return {
    detail: reason.slice(0, 1_000),
    ...(code === '' ? {} : { code: code.slice(0, 100) }),
    ...(subcode === undefined ? {} : { subcode: subcode.slice(0, 100) }),
    ...(name === undefined ? {} : { fault: name }),
  };
}

const localOf = (name: string): string => name.slice(name.lastIndexOf(':') + 1);

function textAt(from: XmlElement, ...path: readonly string[]): string | undefined {
  let element: XmlElement | undefined = from;
  for (const name of path) element = element?.children.find(({ local }) => local === name);
  const text = element?.text.trim();
  return text === '' ? undefined : text;
}
