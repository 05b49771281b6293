import type { AttributedTextKind, Field, Kind, StructKind } from '@app/ocpp';
import { fieldsOf } from '@app/ocpp';
import { schemaInstance } from './namespaces';
import type { Notes } from './notes';
import type { ReadScalar } from './scalars';
import { scalarReader } from './scalars';
import { detached } from './text';
import type { XmlElement } from './xml-tree';
import { innerMarkup } from './xml-tree';

/** Turns an element into a value; `undefined` where it holds none. What was odd about it goes into the notes. */
export type Decode = (element: XmlElement, notes: Notes, path: string) => unknown;

interface Slot extends Field {
  readonly name: string;
  readonly place: number;
  readonly repeats: boolean;
  readonly decode: Decode;
}

/** The decoder of a struct, compiled once. Takes fields in any order and any letter case, ignores what it does not know. */
export function structDecoder(kind: StructKind): Decode {
  const slots = fieldsOf(kind).map((field, place): Slot => {
    const repeats = field.occurs === 'many' || field.occurs === 'some';
    return { ...field, place, repeats, decode: fieldDecoder(field) };
  });
  const exact = new Map(slots.map((slot) => [slot.name, slot]));
  const folded = new Map(slots.map((slot) => [slot.name.toLowerCase(), slot]));
  const find = (child: XmlElement, notes: Notes, path: string): Slot | undefined => {
    const known = exact.get(child.local);
    if (known !== undefined) return known;
    const meant = folded.get(child.local.toLowerCase());
    notes.quirk(meant === undefined ? 'unknown-field' : 'field-case', `${path}/${child.local}`);
    return meant;
  };
  return (element, notes, path) => {
    const values: unknown[] = slots.map(() => undefined);
    let last = 0;
    let inOrder = true;
    for (const child of element.children) {
      const slot = find(child, notes, path);
      if (slot === undefined) continue;
      inOrder &&= slot.place >= last;
      last = slot.place;
      if (child.uri !== element.uri) notes.quirk('field-namespace', `${path}/${slot.name}`);
      take(slot, child, { values, notes, path });
    }
    if (!inOrder) notes.quirk('field-order', path);
    return assemble(slots, values, { notes, path });
  };
}

interface Taking {
  readonly values: unknown[];
  readonly notes: Notes;
  readonly path: string;
}

function take(slot: Slot, child: XmlElement, { values, notes, path }: Taking): void {
  const held = values[slot.place];
  if (!slot.repeats) {
    if (held !== undefined) return notes.quirk('repeated-field', `${path}/${slot.name}`);
    values[slot.place] = slot.decode(child, notes, `${path}/${slot.name}`);
    return;
  }
  const list = (held ?? []) as unknown[];
  const value = entryOf(slot, child, notes, `${path}/${slot.name}[${list.length}]`);
  if (value !== undefined) list.push(value);
  if (list.length > 0) values[slot.place] = list;
}

function entryOf(slot: Slot, child: XmlElement, notes: Notes, path: string): unknown {
  const violations = notes.violations.length;
  const value = slot.decode(child, notes, path);
  if (!notes.options.keepReadable || notes.violations.length === violations) return value;
  notes.violations.length = violations;
  notes.quirk('unreadable-field', path, innerMarkup(child));
  return undefined;
}

function assemble(slots: readonly Slot[], values: readonly unknown[], { notes, path }: Omit<Taking, 'values'>): object {
  const struct: Record<string, unknown> = {};
  for (const { name, place, occurs } of slots) {
    const value = values[place];
    if (value !== undefined) struct[name] = value;
    else if (occurs === 'one' || occurs === 'some')
      notes.violation(`${path}/${name}`, whyNone(`${path}/${name}`, occurs, notes));
    else if (occurs === 'expected') noteAbsent(`${path}/${name}`, notes);
  }
  return struct;
}

const unreadableAt = (path: string, { quirks }: Notes) =>
  quirks.find((quirk) => quirk.path === path && quirk.name === 'unreadable-field');

function whyNone(path: string, occurs: Field['occurs'], notes: Notes): string {
  const found = unreadableAt(path, notes);
  // The sentence goes into logs, which name nobody.
  if (/idtag/i.test(path)) return 'is missing or cannot be read';
  if (found === undefined && occurs === 'some') return 'is missing, where at least one must stand';
  return found === undefined ? 'is missing' : `cannot be read (${JSON.stringify(found.text?.slice(0, 60) ?? '')})`;
}

function noteAbsent(path: string, notes: Notes): void {
  if (unreadableAt(path, notes) === undefined) notes.quirk('missing-field', path);
}

function fieldDecoder(field: Field): Decode {
  const inner = kindDecoder(field.of, field.occurs === 'one');
  return (element, notes, path) => {
    if (element.attributes.length > 0 && isNil(element)) {
      notes.quirk('nil-field', path);
      return undefined;
    }
    return inner(element, notes, path);
  };
}

function isNil(element: XmlElement): boolean {
  return element.attributes.some(
    ({ local, uri, value }) =>
      local === 'nil' && uri === schemaInstance && (value.trim() === 'true' || value.trim() === '1'),
  );
}

function kindDecoder(kind: Kind, mandatory: boolean): Decode {
  if (kind.kind === 'struct') return nestedDecoder(kind);
  if (kind.kind === 'attributedText') return attributedTextDecoder(kind);
  const read = scalarReader(kind);
  // An empty text is a value only where a text must stand.
  const keepsEmpty = mandatory && kind.kind === 'string';
  const isText = kind.kind === 'string';
  return (element, notes, path) => {
    if (element.children.length > 0) return isText ? markup(element, notes, path) : unreadable(element, notes, path);
    if (element.text === '' || element.text.trim() === '') {
      notes.quirk('empty-field', path);
      return keepsEmpty ? '' : undefined;
    }
    return readText(read, element.text, { notes, path });
  };
}

function readText(read: ReadScalar, text: string, { notes, path }: Omit<Taking, 'values'>): unknown {
  const result = read(text);
  if (result === undefined) {
    notes.quirk('unreadable-field', path, text.trim());
    return undefined;
  }
  if (result.quirk !== undefined) notes.quirk(result.quirk, path, text.trim());
  return result.value;
}

function markup(element: XmlElement, notes: Notes, path: string): string {
  notes.quirk('raw-markup', path);
  return innerMarkup(element);
}

function unreadable(element: XmlElement, notes: Notes, path: string): undefined {
  notes.quirk('unreadable-field', path, innerMarkup(element));
  return undefined;
}

function nestedDecoder(kind: StructKind): Decode {
  const decode = structDecoder(kind);
  return (element, notes, path) => {
    if (element.children.length > 0) return decode(element, notes, path);
    // Some boxes send empty containers in place of none, some plain text in place of structure.
    if (element.text.trim() === '') notes.quirk('empty-field', path);
    else notes.quirk('unreadable-field', path, element.text.trim());
    return undefined;
  };
}

function attributedTextDecoder({ attributes }: AttributedTextKind): Decode {
  const readers = new Map(Object.entries(attributes).map(([name, kind]) => [name, scalarReader(kind)]));
  return (element, notes, path) => {
    const value: Record<string, unknown> = {
      value: element.children.length > 0 ? markup(element, notes, path) : detached(element.text.trim()),
    };
    if (value.value === '') notes.quirk('empty-field', path);
    for (const attribute of element.attributes) {
      const read = readers.get(attribute.local);
      const where = `${path}/@${attribute.local}`;
      if (read !== undefined) value[attribute.local] = readText(read, attribute.value, { notes, path: where });
      else if (attribute.uri !== 'http://www.w3.org/2000/xmlns/')
        notes.quirk('unknown-attribute', where, attribute.value);
    }
    return value;
  };
}
