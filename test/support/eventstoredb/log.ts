// What the double knows of a log: streams with revisions and metadata, and everything in order.

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
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrong-version'; readonly actual: number }
  | { readonly kind: 'deleted' };

interface Retention {
  readonly $maxCount?: number;
  readonly $maxAge?: number;
}

/** Streams with the semantics of EventStoreDB (23.10, sections 5 and 6 of its documentation of appends and reads). */
export class DoubleLog {
  readonly all: LoggedEvent[] = [];
  private readonly streams = new Map<string, LoggedEvent[]>();
  private readonly deleted = new Map<string, 'soft' | 'tombstone'>();
  private readonly listeners = new Set<() => void>();
  private position = 0;

  constructor(private readonly now: () => number) {}

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  append(stream: string, expected: Expected, events: readonly ProposedEvent[]): AppendResult {
    if (this.deleted.get(stream) === 'tombstone') return { kind: 'deleted' };
    const list = this.streams.get(stream) ?? [];
    const current = list.length - 1;
    const repeated = this.repeated(list, expected, events);
    if (repeated !== undefined) return repeated;
    if (!this.fits(expected, this.deleted.has(stream) ? -1 : current, current))
      return { kind: 'wrong-version', actual: current };
    for (const event of events) {
      this.position += 100 + event.data.length;
      const logged = { ...event, stream, revision: list.length, position: this.position, created: this.now() };
      list.push(logged);
      this.all.push(logged);
    }
    this.streams.set(stream, list);
    this.deleted.delete(stream);
    for (const listener of [...this.listeners]) listener();
    return { kind: 'appended', revision: list.length - 1, position: this.position };
  }

  /** Ids are compared at exactly the revisions that follow the expected one; with `any`, at the end of the stream. */
  private repeated(
    list: readonly LoggedEvent[],
    expected: Expected,
    events: readonly ProposedEvent[],
  ): AppendResult | undefined {
    if (events.length === 0) return undefined;
    const first =
      typeof expected === 'number' ? expected + 1 : expected === 'no-stream' ? 0 : list.length - events.length;
    const there = first < 0 ? [] : list.slice(first, first + events.length);
    const isSame = there.length === events.length && there.every(({ id }, place) => id === events[place]?.id);
    const last = there.at(-1);
    if (!isSame || last === undefined) return undefined;
    return { kind: 'appended', revision: last.revision, position: last.position };
  }

  private fits(expected: Expected, visible: number, current: number): boolean {
    if (expected === 'any') return true;
    if (expected === 'exists') return visible >= 0;
    return expected === 'no-stream' ? visible < 0 : expected === current;
  }

  delete(stream: string, how: 'soft' | 'tombstone'): void {
    this.deleted.set(stream, how);
  }

  /** What readers of the stream see; `undefined` when there is no such stream. */
  stream(name: string): readonly LoggedEvent[] | 'deleted' | undefined {
    const deleted = this.deleted.get(name);
    if (deleted !== undefined) return deleted === 'tombstone' ? 'deleted' : undefined;
    const list = this.streams.get(name);
    if (list === undefined) return undefined;
    const { $maxCount = Infinity, $maxAge = Infinity } = this.retention(name);
    const oldest = this.now() - $maxAge * 1_000;
    return list.filter(({ revision, created }) => revision >= list.length - $maxCount && created > oldest);
  }

  private retention(stream: string): Retention {
    const last = this.streams.get(`$$${stream}`)?.at(-1);
    return last === undefined ? {} : (JSON.parse(Buffer.from(last.data).toString()) as Retention);
  }
}
