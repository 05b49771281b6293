import { hostOfAddress } from '@app/ocpp';
import type { Notes } from './notes';
import { addressing, anonymous, oldAddressing, soapNamespaces } from './namespaces';
import { detached } from './text';
import type { XmlElement } from './xml-tree';

/** What the headers of a message say. All of it is optional on the wire. */
export interface Addressing {
  readonly chargeBoxIdentity?: string;
  readonly messageId?: string;
  readonly relatesTo?: string;
  readonly action?: string;
  readonly from?: string;
  readonly replyTo?: string;
  /** Qualified name of the first header that must be understood but is not. */
  readonly notUnderstood?: { readonly uri: string; readonly local: string };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Reads the headers by local name: prefixes are arbitrary, and boxes put the identity into several namespaces. */
export function readHeaders(header: XmlElement | undefined, soapNamespace: string, notes: Notes): Addressing {
  const found: Mutable<Addressing> = {};
  for (const block of header?.children ?? []) {
    if (block.local.toLowerCase() === 'chargeboxidentity') readIdentity(block, found, notes);
    else if (isAddressing(block, notes)) readAddressing(block, found, notes);
    else if (mustUnderstand(block, soapNamespace)) found.notUnderstood ??= { uri: block.uri, local: block.local };
  }
  return found;
}

function isAddressing({ uri }: XmlElement, notes: Notes): boolean {
  if (uri === addressing) return true;
  if (!oldAddressing.has(uri)) return false;
  if (!notes.quirks.some(({ name }) => name === 'old-addressing')) notes.quirk('old-addressing', undefined, uri);
  return true;
}

function readIdentity(block: XmlElement, found: Mutable<Addressing>, notes: Notes): void {
  const identity = block.text.trim();
  if (found.chargeBoxIdentity !== undefined) return;
  if (block.local !== 'chargeBoxIdentity') notes.quirk('identity-case', undefined, block.local);
  if (identity !== block.text) notes.quirk('identity-white-space');
  // Longer ones are refused; what is told of them need not be whole.
  found.chargeBoxIdentity = detached(identity.slice(0, 300));
}

function readAddressing(block: XmlElement, found: Mutable<Addressing>, notes: Notes): void {
  switch (block.local) {
    case 'MessageID':
      readMessageId(block, found, notes);
      break;
    case 'RelatesTo':
      found.relatesTo = detached(block.text.trim());
      break;
    case 'Action':
      found.action = detached(block.text.trim());
      break;
    case 'From':
      found.from = addressIn(block, notes);
      break;
    case 'ReplyTo':
      found.replyTo = addressIn(block, notes);
      break;
    case 'FaultTo':
      notes.quirk('fault-to');
      break;
    default:
      break;
  }
}

function readMessageId(block: XmlElement, found: Mutable<Addressing>, notes: Notes): void {
  const messageId = block.text.trim();
  if (messageId === '') return;
  if (messageId !== block.text) notes.quirk('message-id-white-space');
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:./.test(messageId)) notes.quirk('message-id-form', undefined, messageId);
  found.messageId = detached(messageId);
}

function addressIn(block: XmlElement, notes: Notes): string | undefined {
  const address = block.children.find(({ local }) => local === 'Address');
  const text = (address ?? block).text.trim();
  if (text === '') return undefined;
  if (address === undefined) notes.quirk('from-without-address', block.local, text);
  return detached(text);
}

/** Whether a header must be understood here: headers for others, or for nobody, need not (SOAP 1.2, 2.2 and 2.4). */
function mustUnderstand(block: XmlElement, soapNamespace: string): boolean {
  const role = block.attributes.find(
    ({ local, uri }) => uri === soapNamespace && (local === 'role' || local === 'actor'),
  );
  if (role !== undefined && !ourRoles.has(role.value.trim())) return false;
  return block.attributes.some(
    ({ local, uri, value }) => local === 'mustUnderstand' && uri === soapNamespace && /^\s*(1|true)\s*$/.test(value),
  );
}

const ourRoles: ReadonlySet<string> = new Set([
  '',
  `${soapNamespaces['1.2']}/role/next`,
  `${soapNamespaces['1.2']}/role/ultimateReceiver`,
  'http://schemas.xmlsoap.org/soap/actor/next',
]);

/** Notes what a request of a charge box should have carried and did not. */
export function noteMissing(found: Addressing, operation: string, notes: Notes): void {
  if (found.messageId === undefined) notes.quirk('no-message-id');
  if (found.action === undefined) notes.quirk('no-action');
  else if (found.action !== `/${operation}`) notes.quirk('action-mismatch', undefined, found.action);
  if (found.from === undefined) notes.quirk('no-from');
  else if (!isCallable(found.from)) notes.quirk('from-unusable', undefined, found.from);
  if (found.replyTo !== undefined && found.replyTo !== anonymous)
    notes.quirk('reply-to-not-anonymous', undefined, found.replyTo);
}

/** Whether another machine could call an address at all. */
function isCallable(address: string): boolean {
  const host = hostOfAddress(address);
  return host !== undefined && !/^(127\.|\[::1\]$)/.test(host);
}
