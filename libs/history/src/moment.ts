import type { EventStore, Position, RecordedEvent } from '@app/kernel';
import { BEGINNING } from '@app/kernel';

/** A point in a history: the place of an event, or a time of receipt in milliseconds since 1970. */
export type Moment = { readonly position: Position } | { readonly time: number };

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const day = /^\d{4}-\d\d-\d\d$/;
const dayAndTime = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?$/;

/** The moment that a text names, or why it names none. Times without zone are in UTC. */
export function momentOf(text: string, now: number): Moment | { readonly fault: string } {
  if (/^(\d{1,16}|\d{40})$/.test(text)) return { position: text.padStart(16, '0') };
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return { time: now - Number(count) * units[unit as keyof typeof units] };
  const [, moment, zone = 'Z'] = dayAndTime.exec(text) ?? [];
  const time = Date.parse(day.test(text) ? text : `${moment?.replace(' ', 'T')}${zone}`);
  if (!Number.isNaN(time)) return { time };
  return {
    fault: `${JSON.stringify(text.slice(0, 60))} is no moment. Give a time (2026-03-01, 2026-03-01T12:00:00Z), how long ago it was (90s, 15m, 2h, 7d), or the position of an event.`,
  };
}

/** Throws a RangeError when a moment is a position that this log does not give out. */
export async function checkMoment(log: Pick<EventStore, 'head'>, moment: Moment | undefined): Promise<void> {
  if (moment === undefined || !('position' in moment)) return;
  const head = await log.head();
  if (head !== BEGINNING && head.length !== moment.position.length)
    throw new RangeError(
      `${moment.position.replace(/^0+(?=.)/, '')} is no position of this store. Give one that \`tail --json\` shows, or a time.`,
    );
}

/** Whether an event lies after a moment. */
export function isAfter({ position, metadata }: RecordedEvent, moment: Moment): boolean {
  return 'position' in moment ? position > moment.position : Date.parse(metadata.receivedAt) > moment.time;
}

/** Whether an event lies before a moment. */
export function isBefore({ position, metadata }: RecordedEvent, moment: Moment): boolean {
  return 'position' in moment ? position < moment.position : Date.parse(metadata.receivedAt) < moment.time;
}

/** A log that ended at a moment: with the last event before the first one that was received later. */
export function endedAt(log: Pick<EventStore, 'readAll'>, moment: Moment): Pick<EventStore, 'readAll'> {
  return {
    readAll: async (wanted) => {
      const page = await log.readAll(wanted);
      const cut = page.events.findIndex((event) => isAfter(event, moment));
      if (cut < 0)
        return { ...page, endOfLog: page.endOfLog || ('position' in moment && page.next >= moment.position) };
      const events = page.events.slice(0, cut);
      return { events, next: events.at(-1)?.position ?? wanted.from ?? BEGINNING, endOfLog: true };
    },
  };
}

/** Where to begin reading so that nothing is missed that was received at a moment or later: a store takes an event after it was received. */
export async function startOf(log: Pick<EventStore, 'readAll'>, moment: Moment): Promise<Position> {
  if ('position' in moment) return placeBefore(log, moment.position);
  // Clocks of a server and of those who write to it differ.
  const early = moment.time - units.h;
  for (let from: Position | undefined; ;) {
    const page = await log.readAll({ direction: 'backward', limit: 1_000, ...(from === undefined ? {} : { from }) });
    const last = page.events.at(-1);
    if (page.endOfLog) return BEGINNING;
    if (last !== undefined && Date.parse(last.recordedAt) < early) return last.position;
    from = page.next;
  }
}

async function placeBefore(log: Pick<EventStore, 'readAll'>, position: Position): Promise<Position> {
  const { events } = await log.readAll({ from: position, direction: 'backward', limit: 1 });
  return events[0]?.position ?? BEGINNING;
}
