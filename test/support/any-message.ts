import * as fc from 'fast-check';
import type { Field, Kind, StringKind, StructKind } from '@app/ocpp';
import { fieldsOf, text } from '@app/ocpp';

const illegal = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const zones = fc.constantFrom('Z', '+00:00', '-05:30', '+14:00');

/** Values of a kind that may be sent, drawn from the table and not from the code under test. */
function anyValue(kind: Kind): fc.Arbitrary<unknown> {
  switch (kind.kind) {
    case 'struct':
      return anyMessage(kind);
    case 'attributedText':
      return recordOf([
        { name: 'value', of: text(), occurs: 'one' },
        ...Object.entries(kind.attributes).map(([name, of]) => ({ name, of, occurs: 'optional' as const })),
      ]);
    case 'enum':
      return fc.constantFrom(...kind.literals);
    case 'int':
      return fc.integer({ min: kind.min ?? -(2 ** 31), max: 2 ** 31 - 1 });
    case 'boolean':
      return fc.boolean();
    case 'instant':
      return anyInstant();
    case 'string':
      return anyText(kind);
  }
}

export function anyMessage(kind: StructKind): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return recordOf(fieldsOf(kind));
}

function recordOf(
  fields: readonly (Field & { readonly name: string })[],
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const requiredKeys = fields.filter(({ occurs }) => occurs !== 'optional' && occurs !== 'many');
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, occurring(field)])), {
    requiredKeys: requiredKeys.map(({ name }) => name),
  });
}

function occurring({ of, occurs }: Field): fc.Arbitrary<unknown> {
  if (occurs !== 'many' && occurs !== 'some') return anyValue(of);
  return fc.array(anyValue(of), { minLength: occurs === 'some' ? 1 : 0, maxLength: 3 });
}

function anyText({ xsd, max = 600 }: StringKind): fc.Arbitrary<string> {
  if (xsd === 'anyURI') return fc.webUrl();
  return fc.string({ unit: 'binary', maxLength: max, size: 'max' }).map((value) => value.replace(illegal, '?'));
}

function anyInstant(): fc.Arbitrary<string> {
  // A day away from both ends: with its zone the moment must still be in a year of four digits.
  const dates = fc.date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  });
  return fc.tuple(dates, zones).map(([date, zone]) => date.toISOString().replace('Z', zone));
}
