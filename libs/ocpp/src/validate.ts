import type { AttributedTextKind, Field, Kind, ScalarKind, StructKind } from './schema';
import { fieldsOf } from './schema';
import { parseInstant } from './instant';

/** What is wrong at one place of a value. */
export interface Violation {
  /** `$` is the message: `$.values[0].value[1].unit`. */
  readonly path: string;
  readonly code:
    'missing' | 'unknown' | 'type' | 'too-long' | 'range' | 'literal' | 'instant' | 'characters' | 'count' | 'too-deep';
  /** One sentence: what is wrong, what is allowed. */
  readonly message: string;
}

const mostViolations = 100;
const greatest = 2_147_483_647;
// XML 1.0, 2.2. Lone surrogates are no characters.
const illegalCharacters = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * Everything that keeps a value from being sent as this message, with its path; empty when it may be sent. Also the limits that
 * only the text of the specification has. Never throws, whatever the value is.
 */
export function validate(kind: StructKind, value: unknown): readonly Violation[] {
  const violations: Violation[] = [];
  const note: Note = (path, code, message) => {
    if (violations.length < mostViolations) violations.push({ path, code, message });
  };
  checkStruct(kind, value, '$', note);
  return violations;
}

type Note = (path: string, code: Violation['code'], message: string) => void;

function checkStruct(kind: StructKind, value: unknown, path: string, note: Note): void {
  const members = membersOf(value);
  if (members === undefined) return note(path, 'type', `must be an object, not ${nameOf(value)}`);
  const fields = fieldsOf(kind);
  const known = new Set(fields.map(({ name }) => name));
  for (const name of members.keys()) {
    if (!known.has(name))
      note(
        `${path}.${name.slice(0, 80)}`,
        'unknown',
        `is not a field here; the fields are ${[...known].join(', ') || 'none'}`,
      );
  }
  for (const field of fields) checkField(field, members.get(field.name), `${path}.${field.name}`, note);
}

function checkField(field: Field, value: unknown, path: string, note: Note): void {
  const repeats = field.occurs === 'many' || field.occurs === 'some';
  if (value === undefined) {
    if (field.occurs !== 'optional' && field.occurs !== 'many') note(path, 'missing', 'is missing');
    return;
  }
  if (!repeats) return checkKind(field.of, value, path, note);
  if (!Array.isArray(value)) return note(path, 'type', `must be a list, not ${nameOf(value)}`);
  if (field.occurs === 'some' && value.length === 0) note(path, 'count', 'must hold at least one entry');
  value.forEach((entry, index) => checkKind(field.of, entry, `${path}[${index}]`, note));
}

function checkKind(kind: Kind, value: unknown, path: string, note: Note): void {
  if (kind.kind === 'struct') return checkStruct(kind, value, path, note);
  if (kind.kind === 'attributedText') return checkAttributedText(kind, value, path, note);
  checkScalar(kind, value, path, note);
}

function checkAttributedText(kind: AttributedTextKind, value: unknown, path: string, note: Note): void {
  const members = membersOf(value);
  if (members === undefined)
    return note(path, 'type', `must be an object with a text in "value", not ${nameOf(value)}`);
  const allowed = ['value', ...Object.keys(kind.attributes)];
  for (const [name, member] of members) {
    const attribute = Object.hasOwn(kind.attributes, name) ? kind.attributes[name] : undefined;
    if (attribute !== undefined && member !== undefined) checkScalar(attribute, member, `${path}.${name}`, note);
    else if (name !== 'value' && attribute === undefined)
      note(`${path}.${name.slice(0, 80)}`, 'unknown', `is not a field here; the fields are ${allowed.join(', ')}`);
  }
  checkScalar({ kind: 'string', xsd: 'string' }, members.get('value'), `${path}.value`, note);
}

function checkScalar(kind: ScalarKind, value: unknown, path: string, note: Note): void {
  switch (kind.kind) {
    case 'int':
      return checkInt(kind.min ?? -greatest - 1, value, path, note);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : note(path, 'type', `must be true or false, not ${nameOf(value)}`);
    case 'enum':
      if (typeof value === 'string' && kind.literals.includes(value)) return;
      return note(path, 'literal', `must be one of ${kind.literals.join(', ')}`);
    case 'instant':
      return checkInstant(value, path, note);
    case 'string':
      return checkText(kind.max ?? Infinity, value, path, note);
  }
}

function checkInt(least: number, value: unknown, path: string, note: Note): void {
  if (typeof value !== 'number' || !Number.isInteger(value))
    return note(path, 'type', `must be a whole number, not ${nameOf(value)}`);
  if (value < least || value > greatest) note(path, 'range', `must be between ${least} and ${greatest}`);
}

function checkInstant(value: unknown, path: string, note: Note): void {
  const parsed = typeof value === 'string' ? parseInstant(value) : undefined;
  if (parsed === undefined || 'local' in parsed)
    note(path, 'instant', 'must be a time with zone in ISO 8601, such as 2024-03-01T10:15:00Z');
}

function checkText(max: number, value: unknown, path: string, note: Note): void {
  if (typeof value !== 'string')
    return note(path, value === undefined ? 'missing' : 'type', `must be text, not ${nameOf(value)}`);
  if (value.length > max && Array.from(value).length > max)
    note(path, 'too-long', `must have at most ${max} characters; it has ${Array.from(value).length}`);
  if (illegalCharacters.test(value)) note(path, 'characters', 'holds characters that XML cannot carry');
}

/** The own members of a plain object, `undefined` for anything else. */
function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return undefined;
  return new Map(
    Object.keys(value).map((name) => [name, Object.getOwnPropertyDescriptor(value, name)?.value as unknown]),
  );
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined ? 'nothing' : `a ${typeof value}`;
}

/**
 * The value as people mean it: literals in any letter case become exact, Date objects become ISO text. Everything else is left for
 * `validate` to judge. The value itself is not changed.
 */
export function normalise(kind: Kind, value: unknown): unknown {
  switch (kind.kind) {
    case 'struct':
      return normaliseStruct(kind, value);
    case 'attributedText':
      return normaliseMembers(
        value,
        new Map(Object.entries(kind.attributes).map(([name, of]) => [name, { of, occurs: 'optional' as const }])),
      );
    case 'enum':
      return typeof value === 'string' ? (literalOf(kind.literals, value) ?? value) : value;
    case 'instant':
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value;
    default:
      return value;
  }
}

function normaliseStruct(kind: StructKind, value: unknown): unknown {
  return normaliseMembers(value, new Map(fieldsOf(kind).map((field) => [field.name, field])));
}

function normaliseMembers(value: unknown, fields: ReadonlyMap<string, Field>): unknown {
  const members = membersOf(value);
  if (members === undefined) return value;
  return Object.fromEntries(
    Array.from(members, ([name, member]) => {
      const field = fields.get(name);
      if (field === undefined) return [name, member];
      return [
        name,
        Array.isArray(member) ? member.map((entry) => normalise(field.of, entry)) : normalise(field.of, member),
      ];
    }),
  );
}

function literalOf(literals: readonly string[], text: string): string | undefined {
  const folded = text.trim().toLowerCase();
  return literals.find((literal) => literal.toLowerCase() === folded);
}
