import type { QuirkNote, Texts, Veilable, Veiling } from '@app/kernel';
import type { StoredEvent } from '../upcast';
import { decodeIdentity, idTagPrefix, idTagStream } from '../streams';

/** Events that may hold an idTag; others are not looked into. */
const holders: ReadonlySet<string> = new Set<StoredEvent['type'] | 'SnapshotTaken'>([
  'IdTagAuthorized',
  'TransactionStarted',
  'TransactionStopped',
  'OrphanStopReceived',
  'RequestDelegated',
  'RequestAnswered',
  'RequestExpired',
  'OperationScheduled',
  'ReservationMade',
  'LocalListEntriesStored',
  'IdTagSaved',
  'IdTagRemoved',
  'PresetSaved',
  'QuirksNoted',
  'SnapshotTaken',
]);

/** Members of events and states that are idTags. */
export const idTagMembers: ReadonlySet<string> = new Set(['idTag', 'parentIdTag']);
/** Those that are natural keys, which end with an idTag. */
export const naturalKeyMembers: ReadonlySet<string> = new Set(['key', 'stopKey']);

/** Whether a deviation quotes what stood in the place of an idTag. */
const quotesIdTag = ({ path = '', text = '' }: QuirkNote): boolean => text !== '' && /idtag/i.test(path);
/** Meter values are much of what is stored, and hold none. */
const without = ['transactionData', 'values', 'telemetry', 'connectors'];

/** What is done about a member by its name: one look for each member of every event. */
const treatments: ReadonlyMap<string, 'idTag' | 'naturalKey' | 'none'> = new Map([
  ...Array.from(idTagMembers, (name) => [name, 'idTag'] as const),
  ...Array.from(naturalKeyMembers, (name) => [name, 'naturalKey'] as const),
  ...without.map((name) => [name, 'none'] as const),
]);

/** Where idTags stand, and what operators note about their owners. */
export const idTagVeiling: Veiling = {
  inEvent: (event, texts) => {
    const { quirks } = event.metadata;
    const data = holders.has(event.type) ? dataOf(event, texts) : event.data;
    const notes = quirks && notesOf(quirks, event.data, texts);
    if (data === event.data && notes === quirks) return event;
    return { ...event, data, metadata: notes === undefined ? event.metadata : { ...event.metadata, quirks: notes } };
  },
  inStream: (stream) => (stream.startsWith(idTagPrefix) ? decodeIdentity(stream.slice(idTagPrefix.length)) : undefined),
  streamOf: idTagStream,
  // OCPP 1.5, 7.20: idTags compare without regard to letter case.
  ownerOf: (idTag) => idTag.trim().toLowerCase(),
};

function dataOf({ type, data }: Veilable, texts: Texts): object {
  if (type === 'QuirksNoted') return withNotes(data as { readonly quirks: readonly QuirkNote[] }, texts);
  const replaced = inObject(data, texts);
  const { note, idTag } = data as { readonly note?: string; readonly idTag?: string };
  return type === 'IdTagSaved' && note !== undefined && note !== ''
    ? { ...replaced, note: texts.text(note, idTag) }
    : replaced;
}

function withNotes<Data extends { readonly quirks: readonly QuirkNote[] }>(data: Data, texts: Texts): Data {
  const quirks = notesOf(data.quirks, data, texts);
  return quirks === data.quirks ? data : { ...data, quirks };
}

/** Deviations quote what stood there, which may be an idTag in another form. */
function notesOf(quirks: readonly QuirkNote[], data: object, texts: Texts): readonly QuirkNote[] {
  const { idTag } = data as { readonly idTag?: unknown };
  const of = typeof idTag === 'string' ? idTag : undefined;
  return inList(quirks, (note) =>
    note.text !== undefined && quotesIdTag(note) ? { ...note, text: texts.text(note.text, of ?? note.text) } : note,
  );
}

function inList<Entry>(list: readonly Entry[], replace: (entry: Entry) => Entry): readonly Entry[] {
  let replaced: Entry[] | undefined;
  list.forEach((entry, place) => {
    const after = replace(entry);
    if (after !== entry) (replaced ??= [...list])[place] = after;
  });
  return replaced ?? list;
}

function inObject<Value extends object>(value: Value, texts: Texts): Value {
  let replaced: Record<string, unknown> | undefined;
  // Events are plain objects. A list of their members would cost more than looking at them.
  for (const name in value) {
    const member: unknown = value[name];
    const after = inMember(name, member, texts);
    if (after !== member) (replaced ??= { ...value } as Record<string, unknown>)[name] = after;
  }
  return (replaced as Value | undefined) ?? value;
}

function inMember(name: string, member: unknown, texts: Texts): unknown {
  if (typeof member === 'string') return inText(name, member, texts);
  if (typeof member !== 'object' || member === null || treatments.get(name) === 'none') return member;
  return Array.isArray(member)
    ? inList(member as readonly unknown[], (entry) => inMember('', entry, texts))
    : inObject(member, texts);
}

function inText(name: string, member: string, texts: Texts): string {
  if (member === '') return member;
  const treatment = treatments.get(name);
  if (treatment === 'idTag') return texts.text(member);
  return treatment === 'naturalKey' && member.includes('|') ? texts.ending(member) : member;
}
