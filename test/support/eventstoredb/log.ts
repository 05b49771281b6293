import { BoundedIds } from './recent-ids';
import { firstAtLeast } from './search';
import { metadataOf, metastreamOf, neverAgain } from './stream-metadata';
import type { StreamMetadata } from './stream-metadata';

// What the double knows of a log: streams with revisions and metadata, and everything in order. Nothing is ever scavenged: what streams no
// longer show stays in the log of all, as on a server.

export interface LoggedEvent {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly revision: number;
  /** Byte in the log, as a server has it: grows by more than one. */
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export type ProposedEvent = Pick<LoggedEvent, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

/** As in a request: a revision, or one of the words. */
export type Expected = number | 'any' | 'no-stream' | 'exists';

export type AppendResult =
  /** An append that was repeated has no position in all cases, as on a server. */
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number | undefined }
  | { readonly kind: 'wrong-version'; readonly actual: number }
  | { readonly kind: 'deleted' };

export interface PageRequest {
  /** Included; a revision of a stream, or a position of the log. */
  readonly from: number | 'start' | 'end';
  readonly backwards: boolean;
  readonly count: number;
}

/** Streams with the semantics of EventStoreDB 23.10. */
export class DoubleLog {
  readonly all: LoggedEvent[] = [];
  private readonly streams = new Map<string, LoggedEvent[]>();
  private readonly metadata = new Map<string, StreamMetadata>();
  private readonly tombstones = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private readonly recentIds = new BoundedIds();
  private position = 0;

  constructor(private readonly now: () => number = Date.now) {}

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  append(stream: string, expected: Expected, events: readonly ProposedEvent[]): AppendResult {
    if (this.tombstones.has(stream)) return { kind: 'deleted' };
    const refused = this.verdict(stream, expected, events);
    if (refused !== undefined) return refused;
    if (this.isSoftDeleted(stream)) this.revive(stream);
    let last: LoggedEvent | undefined;
    for (const event of events) last = this.add({ ...event, stream, created: this.now() });
    this.rouse();
    return { kind: 'appended', revision: this.lastRevision(stream), position: last?.position };
  }

  /** An event as it was when the log was written to a file. */
  restore(event: Omit<LoggedEvent, 'position' | 'revision'>): void {
    this.add(event);
  }

  /** As a server that was restored from a backup: what was appended after so many events is gone. */
  loseAfter(count: number): void {
    const lost = new Set(this.all.splice(count));
    for (const [name, events] of this.streams) {
      const kept = events.filter((event) => !lost.has(event));
      if (kept.length === 0) this.streams.delete(name);
      else this.streams.set(name, kept);
    }
    this.position = this.all.at(-1)?.position ?? 0;
    this.recentIds.clear();
  }

  /** As a server does that was started anew. */
  forgetRecentIds(): void {
    this.recentIds.clear();
  }

  /** Soft: the stream reads as if it were not there, and may be appended to again. */
  delete(stream: string, expected: Expected = 'any'): AppendResult {
    const refused = this.tombstones.has(stream) ? ({ kind: 'deleted' } as const) : this.verdict(stream, expected, []);
    if (refused !== undefined) return refused;
    const kept = this.metadata.get(stream)?.raw ?? {};
    this.describe(stream, JSON.stringify({ ...kept, $tb: 0 }).replace('"$tb":0', '"$tb":9223372036854775807'));
    this.rouse();
    return { kind: 'appended', revision: this.lastRevision(stream), position: this.position };
  }

  /** For ever: the name is lost. */
  tombstone(stream: string, expected: Expected = 'any'): AppendResult {
    const refused = this.tombstones.has(stream) ? ({ kind: 'deleted' } as const) : this.verdict(stream, expected, []);
    if (refused !== undefined) return refused;
    this.add({ ...systemEvent('$streamDeleted', '{}'), stream, created: this.now() });
    this.rouse();
    return { kind: 'appended', revision: this.lastRevision(stream), position: this.position };
  }

  /** What readers of the stream see. */
  page(stream: string, request: PageRequest): readonly LoggedEvent[] | 'missing' | 'deleted' {
    if (this.tombstones.has(stream)) return 'deleted';
    const list = this.streams.get(stream);
    const first = this.firstVisible(stream, list ?? []);
    if (list === undefined || first >= neverAgain) return 'missing';
    return slice(list, first, request, request.from);
  }

  pageOfAll(request: PageRequest): readonly LoggedEvent[] {
    const { from, backwards } = request;
    if (typeof from === 'string') return slice(this.all, 0, request, from);
    const place = this.placeOf(from);
    const isExact = this.all[place]?.position === from;
    return slice(this.all, 0, request, backwards && !isExact ? place - 1 : place);
  }

  /** Index in the log of all of the first event at a position or after it. */
  placeOf(position: number): number {
    return firstAtLeast(this.all, (event) => event.position, position);
  }

  /** What is to be said without appending: a repeat, or a refusal. */
  private verdict(stream: string, expected: Expected, events: readonly ProposedEvent[]): AppendResult | undefined {
    const wrong = { kind: 'wrong-version', actual: this.lastRevision(stream) } as const;
    if (expected === 'exists' && this.isSoftDeleted(stream)) return { kind: 'deleted' };
    if (expected === 'exists' && !this.isKnown(stream)) return wrong;
    if (expected === 'any' || expected === 'exists') return this.repeatedLately(stream, events, wrong);
    const revision = expected === 'no-stream' ? -1 : expected;
    if (revision > wrong.actual) return wrong;
    return revision < wrong.actual ? this.repeated(stream, revision, events) : undefined;
  }

  private isKnown(stream: string): boolean {
    return this.streams.has(stream) || this.metadata.has(stream);
  }

  private isSoftDeleted(stream: string): boolean {
    return (this.metadata.get(stream)?.truncateBefore ?? 0) >= neverAgain;
  }

  /** Only a memory of recent ids knows of a repeat at any revision. */
  private repeatedLately(
    stream: string,
    events: readonly ProposedEvent[],
    wrong: AppendResult,
  ): AppendResult | undefined {
    const known = events.map(({ id }) => this.recentIds.revisionOf(stream, id));
    if (known.length === 0 || known[0] === undefined) return undefined;
    const last = known.at(-1);
    return last === undefined || known.includes(undefined)
      ? wrong
      : { kind: 'appended', revision: last, position: undefined };
  }

  /** Ids are compared at exactly the revisions that follow the expected one. */
  private repeated(stream: string, expected: number, events: readonly ProposedEvent[]): AppendResult | undefined {
    const list = this.streams.get(stream) ?? [];
    const differing = events.findIndex(({ id }, place) => list[expected + 1 + place]?.id !== id);
    if (differing < 0 && events.length > 0)
      return { kind: 'appended', revision: expected + events.length, position: undefined };
    // A stream that was deleted may begin anew.
    if (differing === 0 && expected < 0 && this.isSoftDeleted(stream)) return undefined;
    return { kind: 'wrong-version', actual: list.length - 1 };
  }

  private add(event: Omit<LoggedEvent, 'position' | 'revision'>): LoggedEvent {
    const list = this.streams.get(event.stream) ?? [];
    this.position += 100 + event.data.length;
    const logged = { ...event, revision: list.length, position: this.position };
    list.push(logged);
    this.all.push(logged);
    this.streams.set(event.stream, list);
    this.recentIds.add(event.stream, event.id, logged.revision);
    if (event.type === '$streamDeleted') this.tombstones.add(event.stream);
    if (event.stream.startsWith('$$')) this.metadata.set(event.stream.slice(2), metadataOf(event.data));
    return logged;
  }

  private revive(stream: string): void {
    this.describe(stream, JSON.stringify({ ...this.metadata.get(stream)?.raw, $tb: this.lastRevision(stream) + 1 }));
  }

  private describe(stream: string, text: string): void {
    this.add({ ...systemEvent('$metadata', text), stream: metastreamOf(stream), created: this.now() });
  }

  private lastRevision(stream: string): number {
    return (this.streams.get(stream)?.length ?? 0) - 1;
  }

  private firstVisible(stream: string, list: readonly LoggedEvent[]): number {
    if (stream.startsWith('$$')) return list.length - 1;
    const metadata = this.metadata.get(stream);
    if (metadata === undefined) return 0;
    const { maxCount, maxAge, truncateBefore } = metadata;
    const oldest = this.now() - maxAge * 1_000;
    const young = maxAge === Infinity ? 0 : firstAtLeast(list, ({ created }) => created, oldest + 1);
    return Math.max(0, list.length - maxCount, young, truncateBefore);
  }

  private rouse(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function slice(
  list: readonly LoggedEvent[],
  first: number,
  { backwards, count }: PageRequest,
  from: number | 'start' | 'end',
): readonly LoggedEvent[] {
  if (!backwards) {
    const start = from === 'end' ? list.length : Math.max(first, from === 'start' ? 0 : from);
    return list.slice(start, start + count);
  }
  const last = from === 'end' ? list.length - 1 : Math.min(list.length - 1, from === 'start' ? 0 : from);
  return list.slice(Math.max(first, last - count + 1), last + 1).reverse();
}

let made = 0;

function systemEvent(type: string, text: string): ProposedEvent {
  made += 1;
  const id = `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
  return { id, type, contentType: 'application/json', data: Buffer.from(text), metadata: new Uint8Array() };
}
