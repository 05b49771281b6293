import type { Field, Kind } from './schema';
import { fieldsOf } from './schema';
import { entriesOf, membersOf } from './plain-data';

/**
 * The value as people mean it, as a new value: literals in any letter case become exact, Date objects become ISO text. Everything
 * else is left for `validate` to judge. Never throws.
 */
export function normalise(kind: Kind, value: unknown): unknown {
  switch (kind.kind) {
    case 'struct':
      return normaliseMembers(value, fieldsOf(kind));
    case 'attributedText':
      return normaliseMembers(
        value,
        Object.entries(kind.attributes).map(([name, of]) => ({ name, of, occurs: 'optional' as const })),
      );
    case 'enum':
      return typeof value === 'string' ? literalOf(kind.literals, value) : value;
    case 'instant':
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value;
    case 'int':
    case 'boolean':
    case 'string':
      return value;
  }
}

function normaliseMembers(value: unknown, fields: readonly (Field & { readonly name: string })[]): unknown {
  const members = membersOf(value);
  if (members === undefined) return value;
  const known = new Map(fields.map((field) => [field.name, field]));
  return Object.fromEntries(
    Array.from(members, ([name, member]) => {
      const field = known.get(name);
      return [name, field === undefined ? member : normaliseField(field, member)];
    }),
  );
}

function normaliseField({ of, occurs }: Field, value: unknown): unknown {
  if (occurs !== 'many' && occurs !== 'some') return normalise(of, value);
  return entriesOf(value)?.map((entry) => normalise(of, entry)) ?? value;
}

function literalOf(literals: readonly string[], text: string): string {
  if (literals.includes(text)) return text;
  const folded = text.trim().toLowerCase();
  return literals.find((literal) => literal.toLowerCase() === folded) ?? text;
}
