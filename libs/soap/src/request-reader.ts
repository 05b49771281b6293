import type { FaultName, OcppVersion, Quirk, Service } from '@app/ocpp';
import type { Addressing } from './addressing';
import { noteMissing, readHeaders } from './addressing';
import { Dispatch } from './dispatch';
import type { Route } from './dispatch';
import type { Envelope } from './envelope';
import { readEnvelope } from './envelope';
import type { SoapVersion } from './namespaces';
import { soapNamespaces } from './namespaces';
import { Notes } from './notes';
import { forbidden } from './strictness';
import { detached, shortened } from './text';
import type { XmlElement, XmlLimits } from './xml-tree';
import { defaultLimits, XmlTreeReader } from './xml-tree';

export interface RequestReaderOptions {
  /** The versions spoken here; the namespace of the body chooses. */
  readonly versions: readonly OcppVersion[];
  /** Whose operations are served here. */
  readonly side: 'centralSystem' | 'chargePoint';
  /** Turns deviations into faults. */
  readonly strict: boolean;
  readonly limits?: Partial<XmlLimits>;
}

/** A request, understood. */
export interface InboundRequest {
  readonly kind: 'request';
  readonly version: OcppVersion;
  readonly service: Service;
  readonly operation: string;
  /** In the shape that the table declares for the operation. */
  readonly request: object;
  readonly chargeBoxIdentity: string;
  readonly soapVersion: SoapVersion;
  /** As the sender wrote it: the answer goes back in it. */
  readonly bodyNamespace: string;
  readonly messageId?: string;
  readonly from?: string;
  readonly replyTo?: string;
  readonly quirks: readonly Quirk[];
}

/** The SOAP faults that have no OCPP code. */
export type SoapFaultName = 'VersionMismatch' | 'MustUnderstand';

/** A request that was not understood: the fault to answer, and what could be read all the same. */
export interface RefusedRequest {
  readonly kind: 'refused';
  readonly fault: FaultName | SoapFaultName;
  readonly detail: string;
  readonly soapVersion: SoapVersion;
  readonly messageId?: string;
  readonly chargeBoxIdentity?: string;
  readonly operation?: string;
  /** Name of the header that is not understood. */
  readonly notUnderstood?: { readonly uri: string; readonly local: string };
  readonly quirks: readonly Quirk[];
}

/** Bytes or text of a request to what it says. Never throws. */
export type ReadRequest = (source: string | Buffer, contentType?: string) => InboundRequest | RefusedRequest;

/** The reader of requests: compile it once, use it for every message. Strings in its result do not pin the message. */
export function createRequestReader(options: RequestReaderOptions): ReadRequest {
  const xml = new XmlTreeReader({ ...defaultLimits, ...options.limits });
  const dispatch = new Dispatch(options.versions, options.side, 'request');
  return (source, contentType) => {
    // What charge boxes list are readings, which are never refused for those that cannot be read.
    const notes = new Notes(options.side === 'centralSystem' ? { keepReadable: true } : {});
    noteMediaType(contentType, notes);
    const envelope = readEnvelope(xml, source, contentType, notes);
    if ('code' in envelope) {
      const { code: fault, detail, soapVersion } = envelope;
      return { kind: 'refused', fault, detail, soapVersion, quirks: notes.quirks };
    }
    const understood = understand(envelope, dispatch, notes);
    return options.strict ? strictly(understood) : understood;
  };
}

function noteMediaType(contentType: string | undefined, notes: Notes): void {
  if (contentType === undefined) return;
  if (!/^\s*application\/soap\+xml\s*(;|$)/i.test(contentType)) notes.quirk('media-type', undefined, contentType);
}

function understand(envelope: Envelope, dispatch: Dispatch, notes: Notes): InboundRequest | RefusedRequest {
  const headers = readHeaders(envelope.header, soapNamespaces[envelope.soapVersion], notes);
  const refuse = (fault: RefusedRequest['fault'], detail: string, operation?: string): RefusedRequest => ({
    kind: 'refused',
    fault,
    detail,
    soapVersion: envelope.soapVersion,
    quirks: notes.quirks,
    ...(operation === undefined ? {} : { operation }),
    ...known(headers),
  });
  if (headers.notUnderstood !== undefined) {
    const { uri, local } = headers.notUnderstood;
    return {
      ...refuse('MustUnderstand', `The header {${uri}}${local} is not understood.`.slice(0, 300)),
      notUnderstood: headers.notUnderstood,
    };
  }
  const [element, ...others] = envelope.body.children;
  if (element === undefined) return refuse('ProtocolError', 'The Body is empty; one operation must stand in it.');
  if (others.length > 0)
    return refuse('ProtocolError', `The Body holds ${1 + others.length} elements; one operation must stand in it.`);
  const route = dispatch.find(element, notes);
  if ('fault' in route) return refuse(route.fault, route.detail);
  if (!headers.chargeBoxIdentity)
    return refuse('ProtocolError', 'The header chargeBoxIdentity is missing or empty.', route.operation);
  if (headers.chargeBoxIdentity.length > longestIdentity)
    return refuse(
      'ProtocolError',
      `The header chargeBoxIdentity is too long; it may have ${longestIdentity} characters.`,
      route.operation,
    );
  return decode({ envelope, headers, element, route, notes }, refuse);
}

/** Characters of an identity: as many as an operator can accept. */
const longestIdentity = 255;

interface Understanding {
  readonly envelope: Envelope;
  readonly headers: Addressing;
  readonly element: XmlElement;
  readonly route: Route;
  readonly notes: Notes;
}

function decode(
  { envelope, headers, element, route, notes }: Understanding,
  refuse: (fault: 'ProtocolError', detail: string, operation: string) => RefusedRequest,
): InboundRequest | RefusedRequest {
  noteMissing(headers, route.operation, notes);
  noteIdentityNamespace(envelope, element, notes);
  const request = route.decode(element, notes, element.local);
  if (notes.violations.length > 0) {
    return refuse('ProtocolError', `The request cannot be read: ${notes.violations.join('; ')}.`, route.operation);
  }
  return {
    kind: 'request',
    version: route.version,
    service: route.service,
    operation: route.operation,
    request: request as object,
    chargeBoxIdentity: headers.chargeBoxIdentity ?? '',
    soapVersion: envelope.soapVersion,
    bodyNamespace: element.uri === route.service.namespace ? route.service.namespace : detached(element.uri),
    quirks: notes.quirks,
    messageId: headers.messageId,
    from: headers.from,
    replyTo: headers.replyTo,
  };
}

function noteIdentityNamespace({ header }: Envelope, element: XmlElement, notes: Notes): void {
  const identity = header?.children.find(({ local }) => local.toLowerCase() === 'chargeboxidentity');
  if (identity !== undefined && identity.uri !== element.uri)
    notes.quirk('identity-namespace', undefined, identity.uri);
}

type Known = Pick<RefusedRequest, 'chargeBoxIdentity' | 'messageId'> & Pick<InboundRequest, 'from' | 'replyTo'>;

function known({ chargeBoxIdentity, messageId, from, replyTo }: Addressing): Known {
  const found: { -readonly [Name in keyof Known]: Known[Name] } = {};
  if (chargeBoxIdentity !== undefined) found.chargeBoxIdentity = chargeBoxIdentity;
  if (messageId !== undefined) found.messageId = messageId;
  if (from !== undefined) found.from = from;
  if (replyTo !== undefined) found.replyTo = replyTo;
  return found;
}

function strictly(result: InboundRequest | RefusedRequest): InboundRequest | RefusedRequest {
  if (result.kind === 'refused') return result;
  const offences = forbidden(result.quirks);
  if (offences.length === 0) return result;
  const list = offences.map(({ name, path }) => (path === undefined ? name : `${name} at ${path}`)).join('; ');
  const { soapVersion, messageId, chargeBoxIdentity, operation, quirks } = result;
  const detail = `Strict mode refuses: ${shortened(list)}.`;
  return {
    kind: 'refused',
    fault: 'ProtocolError',
    detail,
    soapVersion,
    chargeBoxIdentity,
    operation,
    quirks,
    ...(messageId === undefined ? {} : { messageId }),
  };
}
