import type { EventFilter, LogPage, Position } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import type { Given } from './events';
import { ours, passes, recordedOf } from './events';
import type { StreamNames } from './names';
import type { LogPosition } from './positions';
import { placeOf, textOf } from './positions';

type Read = (
  from: LogPosition | 'start' | 'end',
  direction: 'forwards' | 'backwards',
  count: number,
) => Promise<readonly Given[]>;

/** A stretch of the log as the server gives it, without the event that it begins at. */
interface Stretch {
  readonly events: readonly Given[];
  /** Place of the last event that was looked at. */
  readonly last: Position | undefined;
  readonly isLast: boolean;
}

/** Events read at a time, when few are wanted and when a filter leaves most of them out. Each costs the client a message. */
const fewest = 10;
const most = 1_000;

/** Pages of $all with filters of ours: reads of the client have none, and give the events of the system too. */
export class LogPages {
  /** Up to here the log has been looked through for the newest event, */
  private seen: Position = BEGINNING;
  /** which was this one. */
  private known: Position | undefined;

  constructor(
    private readonly read: Read,
    private readonly names: StreamNames,
  ) {}

  async forward(from: Position, limit: number, filter: EventFilter | undefined): Promise<LogPage> {
    const { events, end } = await this.collect(from, 'forwards', limit, filter);
    if (events.length > limit) return pageOf(events.slice(0, limit), false);
    return { events: events.map(recordedOf), next: greatest(end ?? BEGINNING, from), endOfLog: true };
  }

  async backward(from: Position | undefined, limit: number, filter: EventFilter | undefined): Promise<LogPage> {
    if (from === BEGINNING) return { events: [], next: BEGINNING, endOfLog: true };
    const { events } = await this.collect(from, 'backwards', limit, filter);
    if (events.length > limit) return pageOf(events.slice(0, limit), false);
    return { events: events.map(recordedOf), next: BEGINNING, endOfLog: true };
  }

  /**
   * Place of the newest event of ours. Events of the system and of others may stand behind it, any number of them, which are looked at once.
   */
  async newest(): Promise<Position | undefined> {
    const { found, end } = await this.lookBack();
    // A log that ends before what was seen is another one: a server restored from a backup.
    const isOther = end === undefined || end < this.seen;
    if (isOther && this.seen !== BEGINNING) {
      this.seen = BEGINNING;
      this.known = undefined;
      return this.newest();
    }
    this.seen = end ?? BEGINNING;
    this.known = positionOf(found) ?? this.known;
    return this.known;
  }

  private async lookBack(): Promise<{ readonly found: Given | undefined; readonly end: Position | undefined }> {
    let from: Position | undefined;
    let end: Position | undefined;
    for (let count = fewest; ; count = Math.min(most, count * 10)) {
      const { events, last, isLast } = await this.stretch(from, 'backwards', count);
      end ??= positionOf(events[0]);
      const [found] = ours(events, this.names);
      const isThrough = isLast || last === undefined || last <= this.seen;
      if (found !== undefined || isThrough) return { found, end };
      from = last;
    }
  }

  /** One more than the limit, if there is one more. */
  private async collect(
    from: Position | undefined,
    direction: 'forwards' | 'backwards',
    limit: number,
    filter: EventFilter | undefined,
  ): Promise<{ readonly events: readonly Given[]; readonly end: Position | undefined }> {
    const found: Given[] = [];
    let place = from;
    for (let count = Math.min(most, Math.max(limit + 2, fewest)); ; count = most) {
      const { events, last, isLast } = await this.stretch(place, direction, count);
      found.push(...ours(events, this.names).filter((event) => passes(event, filter)));
      place = last ?? place;
      if (isLast || found.length > limit) return { events: found, end: place };
    }
  }

  private async stretch(
    from: Position | undefined,
    direction: 'forwards' | 'backwards',
    count: number,
  ): Promise<Stretch> {
    const start = from === undefined ? ('end' as const) : (placeOf(from) ?? ('start' as const));
    const page = await this.read(start, direction, count);
    // The client reads from a position, that one included.
    const events = page.filter(({ position }) => position === undefined || textOf(position) !== from);
    const last = page.at(-1)?.position;
    return { events, last: last && textOf(last), isLast: page.length < count };
  }
}

function pageOf(events: readonly Given[], endOfLog: boolean): LogPage {
  const recorded = events.map(recordedOf);
  return { events: recorded, next: recorded.at(-1)?.position ?? BEGINNING, endOfLog };
}

function positionOf(event: Given | undefined): Position | undefined {
  return event?.position && textOf(event.position);
}

function greatest(one: Position, other: Position): Position {
  return one > other ? one : other;
}
