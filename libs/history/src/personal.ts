import { idTagMembers, idTagVeiling, naturalKeyMembers } from '@app/charge-box';
import { sealType } from '@app/event-store';
import type { RecordedEvent, Texts } from '@app/kernel';

/** Kinds of text in a history that say who or where somebody is. */
export type PersonalKind = 'idTag' | 'natural-key' | 'identity' | 'address' | 'url' | 'name' | 'id' | 'time' | 'words';

/** By the names of the members that hold them, in events, states and rows alike. */
const kinds: Readonly<Record<string, PersonalKind | undefined>> = {
  ...named(idTagMembers, 'idTag'),
  // In rows.
  stopIdTag: 'idTag',
  ...named(naturalKeyMembers, 'natural-key'),
  identity: 'identity',
  chargePointSerialNumber: 'identity',
  chargeBoxSerialNumber: 'identity',
  meterSerialNumber: 'identity',
  iccid: 'identity',
  imsi: 'identity',
  remoteAddress: 'address',
  from: 'url',
  replyTo: 'url',
  url: 'url',
  addressOverride: 'url',
  location: 'url',
  instance: 'name',
  heldBy: 'name',
  responder: 'name',
  messageId: 'id',
  idempotencyKey: 'id',
  orphanId: 'id',
  meterText: 'id',
  fileName: 'id',
  text: 'time',
  note: 'words',
  detail: 'words',
  data: 'words',
  fault: 'words',
  info: 'words',
  vendorErrorCode: 'words',
};

function named(members: ReadonlySet<string>, kind: PersonalKind): Readonly<Record<string, PersonalKind>> {
  return Object.fromEntries([...members].map((member) => [member, kind]));
}

export type Replace = (kind: PersonalKind, text: string) => string;

/** A value with every text of those kinds replaced; everything else as it is. */
export function replaced(value: unknown, replace: Replace): unknown {
  if (Array.isArray(value)) return value.map((member) => replaced(member, replace));
  if (typeof value !== 'object' || value === null) return value;
  const isTelling = isTellingSetting(value) || isTellingReading(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === 'string'
        ? text(isTelling && name === 'value' ? 'words' : kindOf(name, member), member, replace)
        : replaced(member, replace),
    ]),
  );
}

/** What tells nobody anything as the value of a setting; longer rows of digits may be addresses, numbers of phones or of cards. */
const harmless = /^(-?\d{1,5}(\.\d{1,3})?|true|false)?$/i;
const isFlag = /^(true|false)?$/i;
/** Keys of settings that are about who somebody is, or a secret, however short. */
const telling = /id_?tag|rfid|uid|user|card|token|code|passw|secret|pin(?![a-z])/i;

/** A key of the configuration of a box with its value, which may be an address or a password. */
function isTellingSetting(value: object): boolean {
  const { key, value: set } = value as { readonly key?: unknown; readonly value?: unknown };
  if (typeof key !== 'string' || typeof set !== 'string') return false;
  return !(telling.test(key) ? isFlag : harmless).test(set);
}

const figure = /^\s*[-+]?[\d.,]+(e[-+]?\d+)?\s*$/i;

/** A reading that its meter has signed, often with the idTag and serial numbers within, or one that is no figure. */
function isTellingReading(value: object): boolean {
  const { format, key, value: text } = value as { readonly format?: unknown; readonly key?: unknown; value?: unknown };
  const isSigned = typeof format === 'string' && /^signeddata$/i.test(format);
  return isSigned || (key === undefined && typeof text === 'string' && !figure.test(text));
}

function kindOf(name: string, member: string): PersonalKind | undefined {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  // The place of a reading is a word of OCPP's, and so is the key of a setting.
  if (name === 'location' && !member.includes(':')) return undefined;
  return kind === 'natural-key' && !member.includes('|') ? undefined : kind;
}

function text(kind: PersonalKind | undefined, value: string, replace: Replace): string {
  return kind === undefined || value === '' ? value : replace(kind, value);
}

/** An idTag as people may see it who need not know it. */
export function masked(idTag: string): string {
  return idTag.length > 6 ? `***${idTag.slice(-3)}` : '***';
}

const mask: Replace = (kind, value) => {
  if (kind === 'idTag') return masked(value);
  if (kind !== 'natural-key') return value;
  const end = value.lastIndexOf('|') + 1;
  return value.slice(0, end) + (end === value.length ? '' : '***');
};

/** A value with its idTags masked. What vendors put in free text stays. */
export function withMaskedIdTags<Value>(value: Value): Value {
  return replaced(value, mask) as Value;
}

const idTagStreams = /^(idTag-)(.+)$/;

/** The name of a stream with the idTag in it masked. */
export function withMaskedStream(stream: string): string {
  return stream.replace(idTagStreams, (_whole, prefix: string, tag: string) => prefix + masked(tag));
}

/** A seal names streams. */
function withMaskedHeads(data: object): object {
  const { heads } = data as { readonly heads?: readonly (readonly unknown[])[] };
  return { ...data, heads: heads?.map(([stream, ...rest]) => [withMaskedStream(String(stream)), ...rest]) };
}

const maskedTexts: Texts = {
  // What belongs to an idTag, such as what its place had in another form, shows nothing.
  text: (text, of) => (of === undefined ? masked(text) : '***'),
  ending: (key) => mask('natural-key', key),
};

/** An event with its idTags masked, wherever an erasure would find them. */
export function withMaskedEvent(event: RecordedEvent): RecordedEvent {
  const { data, ...rest } = idTagVeiling.inEvent(event, maskedTexts);
  return {
    ...rest,
    stream: withMaskedStream(event.stream),
    data: event.type === sealType ? withMaskedHeads(data) : data,
  };
}
