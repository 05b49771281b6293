import { identityOfStream, lastRegisterIn } from '@app/charge-box';
import type { CompleteMeterValue } from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';

const longest = 80;

/** Text from outside as it may reach a terminal: nothing in it moves the cursor or turns the line round. */
export function plain(text: string, most = longest): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return shown.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** One event in one line: place, time, box, type, and what it holds. */
export function lineOf({ stream, position, type, data, metadata }: RecordedEvent): string {
  const who = identityOfStream(stream) ?? stream;
  return [shortPosition(position), metadata.receivedAt, plain(who), plain(type), fieldsOf(data)]
    .filter((part) => part !== '')
    .join('  ');
}

/** Positions of files are short numbers; those of a server are too long for a line. */
export function shortPosition(position: string): string {
  return position.length === 16 ? position.replace(/^0+/, '') : '';
}

/** The members of an object, in one line. */
export function fieldsOf(data: object): string {
  return Object.entries(data)
    .flatMap(([name, value]) => {
      const text = name === 'at' ? '' : textOf(name, value);
      return text === '' ? [] : [`${plain(name)}=${text}`];
    })
    .join(' ');
}

/** The value of a member in one line; empty where there is nothing to tell. */
export function textOf(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return /^[\w.:@/+*-]+$/.test(value) ? plain(value) : JSON.stringify(plain(value));
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return typeof value === 'object' && value !== null ? partOf(name, value) : '';
  }
}

function partOf(name: string, value: object): string {
  if (Array.isArray(value)) return listOf(name, value);
  const { at, status } = value as { readonly at?: unknown; readonly status?: unknown };
  if (name === 'timestamp' && typeof at === 'string') return plain(at);
  if (name === 'idTagInfo' && typeof status === 'string') return plain(status);
  return `{${fieldsOf(value)}}`.slice(0, 2 * longest);
}

function listOf(name: string, list: readonly unknown[]): string {
  if (list.length === 0) return '';
  if (name === 'values' || name === 'transactionData') return readingsOf(list as readonly CompleteMeterValue[]);
  if (list.every((each) => typeof each !== 'object')) return plain(list.join(','));
  return `[${list.length}]`;
}

function readingsOf(values: readonly CompleteMeterValue[]): string {
  const count = values.reduce((sum, { value }) => sum + value.length, 0);
  const register = lastRegisterIn(values);
  return register === undefined ? `[${count}]` : `[${count}, up to ${register.wattHours} Wh]`;
}
