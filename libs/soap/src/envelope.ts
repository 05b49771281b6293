import type { SoapVersion } from './namespaces';
import { soapNamespaces } from './namespaces';
import type { Notes } from './notes';
import type { UnreadableText } from './text';
import { decodeText, shortened } from './text';
import type { NotXml, XmlElement, XmlTreeReader } from './xml-tree';

/** An envelope taken apart. */
export interface Envelope {
  readonly soapVersion: SoapVersion;
  readonly header?: XmlElement;
  readonly body: XmlElement;
}

/** Why there is no envelope, and which fault says so. */
export interface NoEnvelope {
  readonly code: 'ProtocolError' | 'VersionMismatch';
  /** What there is in its place. */
  readonly reason: 'empty' | 'not-xml' | 'not-soap';
  readonly detail: string;
  readonly soapVersion: SoapVersion;
}

/** Bytes or text to an envelope. Blanks and a byte order mark before the document are taken off. */
export function readEnvelope(
  reader: XmlTreeReader,
  source: string | Buffer,
  contentType: string | undefined,
  notes: Notes,
): Envelope | NoEnvelope {
  const text = typeof source === 'string' ? source : decodeText(source, contentType);
  if (typeof text !== 'string') return notXml((text satisfies UnreadableText).unreadable);
  const document = withoutLead(text, notes);
  if (document === '') return notSoap('The message is empty.', '1.2', 'empty');
  if (document.charCodeAt(0) !== 0x3c) return notXml('The message is not XML.');
  const root = reader.read(document);
  if ('notXml' in root)
    return notXml(`The message is not well-formed XML: ${shortened((root satisfies NotXml).notXml)}`);
  return takeApart(root, notes);
}

function withoutLead(text: string, notes: Notes): string {
  let rest = text;
  if (rest.charCodeAt(0) === 0xfeff) {
    notes.quirk('byte-order-mark');
    rest = rest.slice(1);
  }
  if (rest.charCodeAt(0) === 0x3c) return rest;
  const trimmed = rest.trimStart();
  if (trimmed !== rest && trimmed !== '') notes.quirk('leading-white-space');
  return trimmed;
}

function takeApart(root: XmlElement, notes: Notes): Envelope | NoEnvelope {
  if (root.local !== 'Envelope')
    return notSoap(`The root element is not a SOAP envelope but ${root.local.slice(0, 60)}.`);
  const soapVersion = soapVersionOf(root.uri);
  if (soapVersion === undefined) {
    const detail = `The namespace of the envelope is neither SOAP 1.2 nor 1.1: ${root.uri.slice(0, 200)}`;
    return { code: 'VersionMismatch', reason: 'not-soap', detail, soapVersion: '1.2' };
  }
  if (soapVersion === '1.1') notes.quirk('soap-1.1');
  const parts = root.children.filter(({ uri }) => uri === root.uri);
  const [body, another] = parts.filter(({ local }) => local === 'Body');
  if (another !== undefined) return notSoap('The envelope has more than one Body.', soapVersion);
  if (body === undefined) return notSoap('The envelope has no Body.', soapVersion);
  const header = parts.find(({ local }) => local === 'Header');
  return { soapVersion, body, header };
}

function soapVersionOf(uri: string): SoapVersion | undefined {
  if (uri === soapNamespaces['1.2']) return '1.2';
  return uri === soapNamespaces['1.1'] ? '1.1' : undefined;
}

function notSoap(
  detail: string,
  soapVersion: SoapVersion = '1.2',
  reason: NoEnvelope['reason'] = 'not-soap',
): NoEnvelope {
  return { code: 'ProtocolError', reason, detail, soapVersion };
}

function notXml(detail: string): NoEnvelope {
  return notSoap(detail, '1.2', 'not-xml');
}
