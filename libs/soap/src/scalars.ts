import type { BooleanKind, EnumKind, InstantKind, IntKind, QuirkName, ScalarKind, StringKind } from '@app/ocpp';
import { parseInstant } from '@app/ocpp';
import { detached } from './text';

/** What a text means: a value, with the deviations met; or nothing that can be read. */
export type Read = { readonly value: string | number | boolean; readonly quirk?: QuirkName } | undefined;

/** Reads text as one kind of value. The text is as it stands in the document. */
export type ReadScalar = (text: string) => Read;

/** The reader of a kind, made once for each field. */
export function scalarReader(kind: ScalarKind): ReadScalar {
  switch (kind.kind) {
    case 'string':
      return stringReader(kind);
    case 'enum':
      return enumReader(kind);
    case 'int':
      return intReader(kind);
    case 'boolean':
      return booleanReader(kind);
    case 'instant':
      return instantReader(kind);
  }
}

function stringReader({ max = Infinity, caseInsensitive = false }: StringKind): ReadScalar {
  return (text) => {
    const value = detached(caseInsensitive ? text.trim() : text);
    // The limit counts code points; a text that is short in UTF-16 units is short in any case.
    if (value.length > max && Array.from(value).length > max) return { value, quirk: 'too-long' };
    return { value };
  };
}

function enumReader({ literals, open }: EnumKind): ReadScalar {
  const exact = new Map(literals.map((literal) => [literal, literal]));
  const folded = new Map(literals.map((literal) => [literal.toLowerCase(), literal]));
  return (text) => {
    const trimmed = text.trim();
    const known = exact.get(trimmed);
    if (known !== undefined) return { value: known };
    const meant = folded.get(trimmed.toLowerCase());
    if (meant !== undefined) return { value: meant, quirk: 'enum-case' };
    return open ? { value: detached(trimmed), quirk: 'unknown-literal' } : undefined;
  };
}

const least = -2_147_483_648;
const greatest = 2_147_483_647;

function intReader({ min = least, measured }: IntKind): ReadScalar {
  if (measured === true) return measuredReader;
  return (text) => {
    const match = /^\s*([+-]?\d+)(\.0*)?\s*$/.exec(text);
    if (match === null) return undefined;
    // Without the sum, -0 would be another number than 0.
    const value = Number(match[1]) + 0;
    if (value < least || value > greatest) return undefined;
    if (match[2] !== undefined) return { value, quirk: 'number-form' };
    return value < min ? { value, quirk: 'out-of-range' } : { value };
  };
}

function measuredReader(text: string): Read {
  const written = text.trim();
  if (!/^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i.test(written) || mayPartThousands.test(written)) return undefined;
  // Without the sum, -0 would be another number than 0.
  const value = Math.round(Number(written.replace(',', '.'))) + 0;
  if (!Number.isSafeInteger(value)) return undefined;
  if (value < least || value > greatest) return { value, quirk: 'out-of-range' };
  return /^[+-]?\d+$/.test(written) ? { value } : { value, quirk: 'number-form' };
}

// 120,450 is 120450 to some and 120.45 to others.
const mayPartThousands = /^[+-]?[1-9]\d{0,2},\d{3}$/;

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false };

function booleanReader(_kind: BooleanKind): ReadScalar {
  return (text) => {
    const trimmed = text.trim();
    const exact = Object.hasOwn(booleans, trimmed) ? booleans[trimmed] : undefined;
    if (exact !== undefined) return { value: exact };
    const lower = trimmed.toLowerCase();
    const meant = Object.hasOwn(booleans, lower) ? booleans[lower] : undefined;
    return meant === undefined ? undefined : { value: meant, quirk: 'boolean-form' };
  };
}

// A time stays as the peer wrote it: only the domain knows the zone of the box, and what to do about an impossible one.
function instantReader(_kind: InstantKind): ReadScalar {
  return (text) => {
    const value = detached(text.trim());
    const parsed = parseInstant(value);
    if (parsed === undefined) return { value, quirk: 'time-impossible' };
    return 'local' in parsed ? { value, quirk: 'time-without-zone' } : { value };
  };
}
