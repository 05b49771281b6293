/** A moment as text says it: with a zone it is one moment (`iso`, UTC), without one it is a time of day somewhere (`local`). */
export type ParsedInstant = { readonly iso: string } | { readonly local: string };

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/;
const monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads an `xs:dateTime` of the years 0000 to 9999. `undefined` for text that names no moment: a month 13, an hour 24 with
 * minutes, the 30th of February. Fractions of a second are cut to milliseconds.
 */
export function parseInstant(text: string): ParsedInstant | undefined {
  if (text !== last.text) last = { text, parsed: parse(text) };
  return last.parsed;
}

// The reader of a message and the decision about it ask for the same text, one right after the other.
let last: { readonly text: string; readonly parsed: ParsedInstant | undefined } = { text: '', parsed: undefined };

function parse(text: string): ParsedInstant | undefined {
  if (isAsWeWrite(text)) return { iso: text };
  const match = form.exec(text);
  if (match === null) return undefined;
  const asUtc = utcOf(match.slice(1, 7).map(Number), Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)));
  return asUtc === undefined ? undefined : inZone(asUtc, match[8]);
}

/** What most boxes send, and every answer of ours. */
function isAsWeWrite(text: string): boolean {
  if (text.length !== 24 || !text.endsWith('Z')) return false;
  const moment = Date.parse(text);
  return !Number.isNaN(moment) && new Date(moment).toISOString() === text;
}

type DateParts = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number];

function utcOf(parts: readonly number[], milliseconds: number): number | undefined {
  const [year, month, day, hour, minute, second] = parts as DateParts;
  if (!isDate(year, month, day) || !isTime(hour, minute, second) || (hour === 24 && milliseconds > 0)) return undefined;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const moment = new Date(Date.UTC(2000, month - 1, day, hour, minute, second, milliseconds));
  return moment.setUTCFullYear(moment.getUTCFullYear() - 2000 + year);
}

function inZone(asUtc: number, zone: string | undefined): ParsedInstant | undefined {
  if (zone === undefined) return { local: new Date(asUtc).toISOString().slice(0, -1) };
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  const iso = new Date(asUtc - offset * 60_000).toISOString();
  // A zone can lead out of the years of four digits, whose texts are ordered as their moments are.
  return iso.length === 24 ? { iso } : undefined;
}

/** Minutes east of Greenwich. XML Schema allows 14 hours either way. */
function offsetOf(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  const total = hours * 60 + minutes;
  if (minutes > 59 || total > 14 * 60) return undefined;
  return zone.startsWith('-') ? -total : total;
}

function isDate(year: number, month: number, day: number): boolean {
  const length = monthLengths[month - 1] ?? 0;
  if (day < 1 || day > length) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month !== 2 || day < 29 || leap;
}

function isTime(hour: number, minute: number, second: number): boolean {
  if (hour === 24) return minute === 0 && second === 0;
  return hour < 24 && minute < 60 && second < 60;
}
