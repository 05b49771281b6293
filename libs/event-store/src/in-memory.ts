import { BEGINNING, NO_STREAM, codedError, systemClock } from '@app/kernel';
import type {
  Appended,
  Clock,
  EventFilter,
  EventStore,
  EventToAppend,
  ExpectedRevision,
  LogPage,
  Position,
} from '@app/kernel';
import type { Retention, StreamPage, SubscribeOptions, Subscriber, Subscription } from '@app/kernel';
import { eventText, plainText } from './event-text';
import type { EventText } from './event-text';
import { Head } from './head';
import { checkedLimit, checkedRetention, checkedRevision } from './limits';
import { positionNumber, positionText } from './position';
import { matches, recorded } from './stored-event';
import type { StoredEvent } from './stored-event';
import { follow } from './subscription';

export interface InMemoryOptions {
  readonly clock?: Clock;
  /** Stands for a store to which several instances append; false by default. */
  readonly shared?: boolean;
}

/** An event store that forgets everything with the process: for specs and trials. */
export function openInMemoryStore(options: InMemoryOptions = {}): EventStore {
  return new InMemoryStore(options.clock ?? systemClock, options.shared ?? false);
}

interface Stored extends StoredEvent {
  removed: boolean;
}

interface Stream {
  readonly name: string;
  lastRevision: number;
  events: Stored[];
  retention: Retention;
}

class InMemoryStore implements EventStore {
  private readonly streams = new Map<string, Stream>();
  private readonly newest = new Head(BEGINNING);
  private log: Stored[] = [];
  private removedInLog = 0;
  private lastPosition = 0;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    readonly shared: boolean,
  ) {}

  async append(name: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<Appended> {
    this.refuseIfClosed();
    const batch = events.map(eventText);
    const stream = this.stream(plainText(name, 'stream'));
    const repeated = this.repeated(stream, batch, expected);
    if (repeated) return repeated;
    if (expected !== 'any' && expected !== stream.lastRevision)
      return { outcome: 'conflict', actualRevision: stream.lastRevision };
    this.store(stream, batch);
    return { outcome: 'appended', revision: stream.lastRevision, position: this.newest.position };
  }

  async readStream(
    name: string,
    options: { readonly from?: number; readonly direction?: 'forward' | 'backward'; readonly limit: number },
  ): Promise<StreamPage> {
    this.refuseIfClosed();
    const limit = checkedLimit(options.limit);
    const from = checkedRevision(options.from);
    const stream = this.streams.get(name);
    if (!stream) return { events: [], lastRevision: NO_STREAM, endOfStream: true };
    const backward = options.direction === 'backward';
    const kept = stream.events.filter((event) => this.isKept(event, stream));
    const wanted = backward
      ? kept.filter((event) => event.revision <= (from ?? Infinity)).reverse()
      : kept.filter((event) => event.revision >= (from ?? 0));
    return {
      events: wanted.slice(0, limit).map(recorded),
      lastRevision: stream.lastRevision,
      endOfStream: wanted.length <= limit,
    };
  }

  async readAll(options: {
    readonly from?: Position;
    readonly direction?: 'forward' | 'backward';
    readonly limit: number;
    readonly filter?: EventFilter;
  }): Promise<LogPage> {
    this.refuseIfClosed();
    const limit = checkedLimit(options.limit);
    const backward = options.direction === 'backward';
    const from = options.from === undefined ? (backward ? Infinity : 0) : positionNumber(options.from);
    const wanted = (event: Stored) =>
      !event.removed && this.isKept(event, this.stream(event.stream)) && matches(event, options.filter);
    const found = backward ? this.backward(from, limit, wanted) : this.forward(from, limit, wanted);
    const endOfLog = found.length <= limit;
    const events = found.slice(0, limit).map(recorded);
    const end = backward ? BEGINNING : maximum(this.newest.position, options.from ?? BEGINNING);
    return { events, next: endOfLog ? end : (events.at(-1)?.position ?? end), endOfLog };
  }

  subscribe(options: SubscribeOptions, subscriber: Subscriber): Subscription {
    return follow({ head: this.newest, readAll: (page) => this.readAll(page) }, options, subscriber);
  }

  async head(): Promise<Position> {
    this.refuseIfClosed();
    return this.newest.position;
  }

  async retain(name: string, retention: Retention): Promise<void> {
    this.refuseIfClosed();
    const stream = this.stream(plainText(name, 'stream'));
    stream.retention = checkedRetention(retention);
    this.trim(stream);
  }

  async purge(): Promise<void> {
    this.refuseIfClosed();
    // What is removed is not kept for readers that are somewhere in the log either.
    this.log = this.log.filter((event) => !event.removed);
    this.removedInLog = 0;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.newest.end();
  }

  private refuseIfClosed(): void {
    if (this.closed) throw codedError('store-closed');
  }

  private stream(name: string): Stream {
    const known = this.streams.get(name);
    if (known) return known;
    const stream: Stream = { name, lastRevision: NO_STREAM, events: [], retention: {} };
    this.streams.set(name, stream);
    return stream;
  }

  /** With `any`, only the end of the stream is compared. */
  private repeated(stream: Stream, batch: readonly EventText[], expected: ExpectedRevision): Appended | undefined {
    const first = (expected === 'any' ? stream.lastRevision - batch.length : expected) + 1;
    // Revisions have no gaps, so that the place of an event in the list follows from the first one.
    const start = first - (stream.events[0]?.revision ?? 0);
    const stored = start < 0 ? [] : stream.events.slice(start, start + batch.length);
    const last = stored.at(-1);
    if (!last || stored.length !== batch.length || stored.some((event, i) => event.id !== batch[i]?.id))
      return undefined;
    return { outcome: 'appended', revision: last.revision, position: positionText(last.position) };
  }

  private store(stream: Stream, batch: readonly EventText[]): void {
    const recordedAt = this.clock.now();
    for (const text of batch) {
      stream.lastRevision += 1;
      this.lastPosition += 1;
      const event = {
        ...text,
        stream: stream.name,
        revision: stream.lastRevision,
        position: this.lastPosition,
        recordedAt,
        removed: false,
      };
      stream.events.push(event);
      this.log.push(event);
    }
    this.trim(stream);
    this.newest.advance(positionText(this.lastPosition));
  }

  private isKept(event: Stored, stream: Stream): boolean {
    const { maxCount = Infinity, maxAge = Infinity } = stream.retention;
    return event.revision > stream.lastRevision - maxCount && event.recordedAt > this.clock.now() - maxAge * 1000;
  }

  private trim(stream: Stream): void {
    const { maxCount, maxAge } = stream.retention;
    if (maxCount === undefined && maxAge === undefined) return;
    for (const event of stream.events) event.removed = !this.isKept(event, stream);
    const kept = stream.events.filter((event) => !event.removed);
    this.removedInLog += stream.events.length - kept.length;
    stream.events = kept;
    if (this.removedInLog * 2 <= this.log.length) return;
    this.log = this.log.filter((event) => !event.removed);
    this.removedInLog = 0;
  }

  /** One more than `limit` if there is more. */
  private forward(after: number, limit: number, wanted: (event: Stored) => boolean): Stored[] {
    const found: Stored[] = [];
    for (let i = this.indexAfter(after); i < this.log.length && found.length <= limit; i += 1) {
      const event = this.log[i];
      if (event && wanted(event)) found.push(event);
    }
    return found;
  }

  private backward(before: number, limit: number, wanted: (event: Stored) => boolean): Stored[] {
    const found: Stored[] = [];
    for (let i = this.indexAfter(before - 1) - 1; i >= 0 && found.length <= limit; i -= 1) {
      const event = this.log[i];
      if (event && wanted(event)) found.push(event);
    }
    return found;
  }

  /** Index of the first event after a position. */
  private indexAfter(position: number): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.log[middle]?.position ?? Infinity) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function maximum(a: Position, b: Position): Position {
  return a > b ? a : b;
}
