import { codedError } from '@app/kernel';
import type { EventToAppend } from '@app/kernel';

/** An event as JSON text: what a store takes in, so that nothing stored is shared with the caller. */
export interface EventText {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** Throws `event-not-json` for an event that would not come back as it went in. */
export function eventText(event: EventToAppend): EventText {
  return {
    id: plainText(event.id, 'id'),
    type: plainText(event.type, 'type'),
    data: jsonText(event.data, `${event.type}.data`),
    metadata: jsonText(event.metadata, `${event.type}.metadata`),
  };
}

/** Half of a surrogate pair is text to JavaScript but not to a file: two such names would become one. */
const halfCharacter = /\p{Surrogate}/u;

export function plainText(text: string, what: string): string {
  if (typeof text !== 'string' || text === '' || halfCharacter.test(text))
    throw codedError('event-not-json', `${what} is not text`);
  return text;
}

function jsonText(value: unknown, path: string): string {
  const text = stringify(value, path);
  const fault = typeof value === 'object' && value !== null ? faultIn(value) : '';
  if (fault !== undefined) throw codedError('event-not-json', path + fault);
  return text;
}

function stringify(value: unknown, path: string): string {
  try {
    // `undefined` and functions give no text at all, whatever the declared type of `stringify` says.
    return JSON.stringify(value);
  } catch (cause) {
    throw codedError('event-not-json', path, cause);
  }
}

/** Path, from here, of the first value that `JSON.stringify` silently changes: NaN, Date, Map, undefined in a list and the like. */
function faultIn(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : '';
    case 'object':
      return value === null ? undefined : faultInside(value);
    default:
      return '';
  }
}

function faultInside(value: object): string | undefined {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const fault = faultIn(value[i]);
      if (fault !== undefined) return `[${i}]${fault}`;
    }
    return undefined;
  }
  return isPlain(value) ? faultInFields(value as Record<string, unknown>) : '';
}

function faultInFields(value: Record<string, unknown>): string | undefined {
  for (const key in value) {
    const field = value[key];
    // An absent field and an undefined one are the same to JSON and to every reader.
    const fault = field === undefined ? undefined : faultIn(field);
    if (fault !== undefined) return `.${key}${fault}`;
  }
  return undefined;
}

/** Objects of another realm have another `Object.prototype`, which is still the end of its chain. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
