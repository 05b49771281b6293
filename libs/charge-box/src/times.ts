import { parseInstant } from '@app/ocpp';
import type { ReportedTime, Suspicion } from './events';

// OCPP 1.5, 3.7: UTC is recommended, not required. Boxes send times without zone, times that do not exist, and 1970.

const earliest = Date.UTC(2000, 0, 1);
const farthestAhead = 24 * 3_600_000;
// Queues of boxes are shorter; a clock that lost its power begins with the date of its firmware.
const farthestBehind = 31 * 24 * 3_600_000;

export interface InterpretedTime {
  readonly time: ReportedTime;
  readonly suspicions: readonly Suspicion[];
}

/** What a box meant by a time, as of its receipt. `timeZone` (IANA name) is used where the text has no zone. */
export function interpretTime(text: string | undefined, receivedAt: string, timeZone = 'UTC'): InterpretedTime {
  if (text === undefined) return { time: { at: receivedAt, text: '' }, suspicions: ['time-missing'] };
  const { at, zone } = momentOf(text, timeZone);
  if (at === undefined || !isPlausible(at, receivedAt)) {
    return { time: { at: receivedAt, text }, suspicions: ['time-impossible'] };
  }
  const time = at === text ? { at } : { at, text };
  return { time, suspicions: isOld(at, receivedAt) ? [...zone, 'time-old'] : zone };
}

interface Moment {
  readonly at?: string;
  /** What is odd about its zone. */
  readonly zone: readonly Suspicion[];
}

function momentOf(text: string, timeZone: string): Moment {
  const parsed = parseInstant(text);
  if (parsed === undefined) return { zone: [] };
  return 'iso' in parsed
    ? { at: parsed.iso, zone: [] }
    : { at: inZone(parsed.local, timeZone), zone: ['time-without-zone'] };
}

// A box repeats what was not answered within minutes; most sessions, and a quarter of an hour between two readings, take longer. A start whose
// transaction has ended is no repetition in any case.
const repetition = 15 * 60_000;

/** Whether what came first and has the same content may be what comes now: where the clock says nothing, only if it was not long ago. */
export function mayBeSame(suspicions: readonly Suspicion[], firstReceivedAt: string, receivedAt: string): boolean {
  return tellsTime(suspicions) || Date.parse(receivedAt) - Date.parse(firstReceivedAt) < repetition;
}

/** Whether a clock says anything. */
export function tellsTime(suspicions: readonly Suspicion[]): boolean {
  return !suspicions.includes('time-missing') && !suspicions.includes('time-impossible');
}

/** The moment to reckon with: that of the receipt where the reported one is too long ago to be believed. */
export function believedAt(at: string, receivedAt: string): string {
  return isOld(at, receivedAt) ? receivedAt : at;
}

function isOld(at: string, receivedAt: string): boolean {
  return Date.parse(receivedAt) - Date.parse(at) > farthestBehind;
}

function isPlausible(at: string, receivedAt: string): boolean {
  const moment = Date.parse(at);
  return moment >= earliest && moment <= Date.parse(receivedAt) + farthestAhead;
}

/** The moment at which clocks of a zone show a local time. Where they show it twice, the earlier; where never, as before the gap. */
function inZone(local: string, timeZone: string): string | undefined {
  const asUtc = Date.parse(`${local}Z`);
  const before = offsetAt(asUtc - 24 * 3_600_000, timeZone);
  const after = offsetAt(asUtc + 24 * 3_600_000, timeZone);
  if (before === undefined || after === undefined) return undefined;
  const candidates = [asUtc - before, asUtc - after];
  const fits = candidates.filter((moment) => moment + (offsetAt(moment, timeZone) ?? 0) === asUtc);
  return new Date(Math.min(...(fits.length > 0 ? fits : [asUtc - before]))).toISOString();
}

/** Whether an IANA zone of this name is known. */
export function isTimeZone(timeZone: string): boolean {
  // Newer runtimes take offsets for zones.
  return /^[A-Za-z]/.test(timeZone) && offsetAt(0, timeZone) !== undefined;
}

const quarter = 900_000;
const offsets = new Map<string, number>();
const mostOffsets = 10_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

// Making one costs a hundred times as much as asking it. Zones come from settings: there are few.
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  clocks.set(timeZone, made);
  return made;
}

/** Milliseconds that clocks of a zone are ahead of UTC. */
function offsetAt(moment: number, timeZone: string): number | undefined {
  if (timeZone === 'UTC') return 0;
  // Clocks are changed at the quarters of an hour only.
  const key = `${Math.floor(moment / quarter)} ${timeZone}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const offset = offsetOf(moment, timeZone);
  if (offsets.size >= mostOffsets) offsets.clear();
  if (offset !== undefined) offsets.set(key, offset);
  return offset;
}

function offsetOf(moment: number, timeZone: string): number | undefined {
  try {
    const parts = clockOf(timeZone).formatToParts(moment);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const match = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name);
    if (match === null) return 0;
    const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part) => Number(part ?? 0));
    return (match[1] === '-' ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  } catch {
    return undefined;
  }
}
