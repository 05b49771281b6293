import type { AttributedTextKind, Field, Kind, StructKind } from '@app/ocpp';
import { fieldsOf } from '@app/ocpp';
import { escaped } from './text';

/** Writes a value as the content of an element, in schema order. */
export type Encode = (value: unknown) => string;

/** The encoder of a struct, compiled once. Absent fields are left out; the value must have passed `validate`. */
export function structEncoder(kind: StructKind): Encode {
  const parts = fieldsOf(kind).map((field) => ({ name: field.name, encode: fieldEncoder(field.name, field) }));
  return (value) => {
    const struct = value as Readonly<Record<string, unknown>>;
    let content = '';
    for (const { name, encode } of parts) {
      const member = struct[name];
      if (member !== undefined && member !== null) content += encode(member);
    }
    return content;
  };
}

function fieldEncoder(name: string, field: Field): Encode {
  const encode = elementEncoder(name, field.of);
  if (field.occurs !== 'many' && field.occurs !== 'some') return encode;
  return (values) => (values as readonly unknown[]).map(encode).join('');
}

function elementEncoder(name: string, kind: Kind): Encode {
  if (kind.kind === 'attributedText') return attributedTextEncoder(name, kind);
  const content: Encode = kind.kind === 'struct' ? structEncoder(kind) : scalarText;
  return (value) => `<${name}>${content(value)}</${name}>`;
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? escaped(value) : String(value);
}

function attributedTextEncoder(name: string, kind: AttributedTextKind): Encode {
  const names = Object.keys(kind.attributes);
  return (value) => {
    const reading = value as Readonly<Record<string, string | undefined>>;
    let attributes = '';
    for (const attribute of names) {
      const text = reading[attribute];
      if (text !== undefined) attributes += ` ${attribute}="${escaped(text)}"`;
    }
    return `<${name}${attributes}>${escaped(reading.value ?? '')}</${name}>`;
  };
}
