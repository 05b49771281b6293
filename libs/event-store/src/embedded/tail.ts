import type { LogPage } from '@app/kernel';
import { positionNumber, positionText } from '../position';
import { matches, recorded } from '../stored-event';
import type { StoredEvent } from '../stored-event';
import type { LogRead } from './query';

// What is kept longer than it takes to be read outlives young generations of memory, and costs more to throw away.
const mostEvents = 512;
const mostText = 4 * 1024 * 1024;

/**
 * The events stored last, in memory: a subscription that has caught up gets them without a way to the disk.
 * It holds no gaps, so that what it gives out is all there is.
 */
export class Tail {
  private events: StoredEvent[] = [];
  private start = 0;
  private text = 0;

  constructor(private last: number) {}

  /** Events must come in the order of their positions; an append that was repeated brings old ones, which are left out. */
  add(event: StoredEvent): void {
    if (event.position !== this.last + 1) return;
    this.last = event.position;
    this.events.push(event);
    this.text += size(event);
    while (this.length > mostEvents || this.text > mostText) this.drop();
    if (this.start > mostEvents) this.compact();
  }

  /** A page after a position, `undefined` if the tail does not reach back so far. */
  page({ from = '', limit, filter }: LogRead): LogPage | undefined {
    const after = positionNumber(from);
    const first = this.last - this.length + 1;
    if (after + 1 < first || after > this.last) return undefined;
    const events: StoredEvent[] = [];
    let next = after;
    for (let i = this.start + after + 1 - first; i < this.events.length && events.length < limit; i += 1) {
      const event = this.events[i];
      if (!event) break;
      next = event.position;
      if (matches(event, filter)) events.push(event);
    }
    return { events: events.map(recorded), next: positionText(next), endOfLog: next === this.last };
  }

  private get length(): number {
    return this.events.length - this.start;
  }

  private drop(): void {
    const oldest = this.events[this.start];
    this.start += 1;
    if (oldest) this.text -= size(oldest);
  }

  private compact(): void {
    this.events = this.events.slice(this.start);
    this.start = 0;
  }
}

function size({ data, metadata }: StoredEvent): number {
  return data.length + metadata.length;
}
