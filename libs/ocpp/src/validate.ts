import type { AttributedTextKind, Field, Kind, ScalarKind, StringKind, StructKind } from './schema';
import { fieldsOf, text } from './schema';
import { parseInstant } from './instant';
import { entriesOf, membersOf, nameOf } from './plain-data';

/** What is wrong at one place of a value. */
export interface Violation {
  /** `$` is the message: `$.values[0].value[1].unit`. */
  readonly path: string;
  readonly code:
    'missing' | 'unknown' | 'type' | 'empty' | 'too-long' | 'range' | 'literal' | 'instant' | 'characters' | 'count';
  /** One sentence for people: what is allowed, and what is there instead. */
  readonly message: string;
}

export interface ValidateOptions {
  /** Most violations that are looked for: a message of a million errors is not worth a million sentences. */
  readonly most?: number;
}

/** Where violations are gathered, until there are enough. */
interface Findings {
  readonly most: number;
  readonly violations: Violation[];
}

type Check = (value: unknown, path: string, findings: Findings) => void;

const usualMost = 1_000;
const longestName = 80;
const greatest = 2_147_483_647;
// XML 1.0, 2.2. Half a surrogate pair is no character.
const illegalCharacters = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * Everything that keeps a value from being sent as this message; empty when it may be sent. Knows also the limits that only the
 * text of the specification has. Never throws and never runs anything of the value, whatever it is.
 */
export function validate(
  kind: StructKind,
  value: unknown,
  { most = usualMost }: ValidateOptions = {},
): readonly Violation[] {
  const findings: Findings = { most, violations: [] };
  checkStruct(kind, value, '$', findings);
  return findings.violations;
}

function isFull({ violations, most }: Findings): boolean {
  return violations.length >= most;
}

function note(findings: Findings, violation: Violation): void {
  if (!isFull(findings)) findings.violations.push(violation);
}

function checkStruct(kind: StructKind, value: unknown, path: string, findings: Findings): void {
  const fields = fieldsOf(kind);
  const checks = new Map(
    fields.map((field): [string, Check] => [field.name, (member, at) => checkField(field, member, at, findings)]),
  );
  checkMembers(checks, value, path, findings);
}

function checkAttributedText(kind: AttributedTextKind, value: unknown, path: string, findings: Findings): void {
  const checks = new Map<string, Check>([['value', (member, at) => checkField(content, member, at, findings)]]);
  for (const [name, of] of Object.entries(kind.attributes))
    checks.set(name, (member, at) => checkField({ of, occurs: 'optional' }, member, at, findings));
  checkMembers(checks, value, path, findings);
}

const content: Field = { of: text(), occurs: 'one' };

function checkMembers(checks: ReadonlyMap<string, Check>, value: unknown, path: string, findings: Findings): void {
  const members = membersOf(value);
  if (members === undefined)
    return note(findings, { path, code: 'type', message: `This must be a plain object; it is ${nameOf(value)}.` });
  const known = [...checks.keys()];
  for (const name of members.keys()) {
    if (isFull(findings)) return;
    if (!checks.has(name)) noteUnknown(name, known, { path, findings });
  }
  for (const [name, check] of checks) check(members.get(name), below(path, name), findings);
}

function noteUnknown(
  name: string,
  known: readonly string[],
  { path, findings }: { readonly path: string; readonly findings: Findings },
): void {
  const allowed = known.length === 0 ? 'there are no fields' : `the fields are ${known.join(', ')}`;
  note(findings, { path: below(path, name), code: 'unknown', message: `No field has this name; ${allowed}.` });
}

function below(path: string, name: string): string {
  if (/^[A-Za-z_]\w{0,79}$/.test(name)) return `${path}.${name}`;
  return `${path}[${JSON.stringify(name.slice(0, longestName))}]`;
}

function checkField(field: Field, value: unknown, path: string, findings: Findings): void {
  const mayBeAbsent = field.occurs === 'optional' || field.occurs === 'many';
  if (value !== undefined) return checkPresent(field, value, path, findings);
  if (!mayBeAbsent) note(findings, { path, code: 'missing', message: `This is needed: ${allowedBy(field)}.` });
}

function checkPresent(field: Field, value: unknown, path: string, findings: Findings): void {
  if (field.occurs !== 'many' && field.occurs !== 'some') return checkKind(field.of, value, path, findings);
  const entries = entriesOf(value);
  if (entries === undefined)
    return note(findings, { path, code: 'type', message: `This must be a list without gaps; it is ${nameOf(value)}.` });
  if (field.occurs === 'some' && entries.length === 0)
    note(findings, { path, code: 'count', message: 'This list must hold at least one entry; it is empty.' });
  for (const [index, entry] of entries.entries()) {
    if (isFull(findings)) return;
    checkKind(field.of, entry, `${path}[${index}]`, findings);
  }
}

function checkKind(kind: Kind, value: unknown, path: string, findings: Findings): void {
  if (kind.kind === 'struct') return checkStruct(kind, value, path, findings);
  if (kind.kind === 'attributedText') return checkAttributedText(kind, value, path, findings);
  const code = codeOf(kind, value);
  if (code !== undefined) note(findings, { path, code, message: sentence(kind, value) });
  if (kind.kind === 'string' && typeof value === 'string' && illegalCharacters.test(value))
    note(findings, { path, code: 'characters', message: 'This holds characters that XML cannot carry.' });
}

function sentence(kind: ScalarKind, value: unknown): string {
  const length = kind.kind === 'string' && typeof value === 'string' ? ` of ${codePoints(value)} characters` : '';
  return `This must be ${allowed(kind)}; it is ${nameOf(value)}${length}.`;
}

function allowedBy({ of, occurs }: Field): string {
  if (occurs === 'some') return 'a list of at least one entry';
  return of.kind === 'struct' || of.kind === 'attributedText' ? 'an object' : allowed(of);
}

function allowed(kind: ScalarKind): string {
  switch (kind.kind) {
    case 'int':
      return `a whole number from ${leastOf(kind)} to ${greatest}`;
    case 'boolean':
      return 'true or false';
    case 'enum':
      return kind.literals.length === 1 ? String(kind.literals[0]) : `one of ${kind.literals.join(', ')}`;
    case 'instant':
      return 'a time with zone in ISO 8601, such as 2024-03-01T10:15:00Z';
    case 'string':
      return `${kind.xsd === 'anyURI' ? 'a URI' : 'text'}${kind.max === undefined ? '' : ` of at most ${kind.max} characters`}`;
  }
}

function codeOf(kind: ScalarKind, value: unknown): Violation['code'] | undefined {
  switch (kind.kind) {
    case 'int':
      return intCodeOf(leastOf(kind), value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'type';
    case 'enum':
      return typeof value === 'string' && kind.literals.includes(value) ? undefined : 'literal';
    case 'instant':
      return isInstant(value) ? undefined : 'instant';
    case 'string':
      return typeof value === 'string' ? textCodeOf(kind, value) : 'type';
  }
}

function intCodeOf(least: number, value: unknown): Violation['code'] | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return 'type';
  return value < least || value > greatest ? 'range' : undefined;
}

function leastOf({ min = -greatest - 1 }: { readonly min?: number }): number {
  return min;
}

// XML Schema 1.0 has no year 0000.
function isInstant(value: unknown): boolean {
  if (typeof value !== 'string' || value.startsWith('0000')) return false;
  const parsed = parseInstant(value);
  return parsed !== undefined && 'iso' in parsed;
}

function textCodeOf({ max = Infinity, xsd }: StringKind, value: string): Violation['code'] | undefined {
  if (xsd === 'anyURI' && value.trim() === '') return 'empty';
  // There are never more code points than UTF-16 units.
  return value.length > max && codePoints(value) > max ? 'too-long' : undefined;
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}
