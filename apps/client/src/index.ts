import type { FeedRows } from './rows.js';

export type { FeedRows } from './rows.js';

export type ProjectionName = Exclude<keyof FeedRows, 'events'>;
export type RecordedEvent = FeedRows['events'];

/** What a feed says besides its rows: everything comes anew, or everything that there is was told. */
export type Notice =
  | { readonly event: 'reset'; readonly id?: string; readonly data: { readonly reason: string } }
  | { readonly event: 'caught-up'; readonly id?: string; readonly data: { readonly position: string } };

export type RowMessage<Row> =
  | { readonly event: 'row'; readonly id: string; readonly data: { readonly key: string; readonly row: Row } }
  | { readonly event: 'removed'; readonly id: string; readonly data: { readonly key: string } }
  | Notice;

export type EventMessage = { readonly event: 'event'; readonly id: string; readonly data: RecordedEvent } | Notice;

export interface FollowOptions {
  /** Id of the last message that was taken: the feed goes on behind it. */
  readonly after?: string;
  /** Ends once everything that there is was told. */
  readonly until?: 'caught-up';
  readonly signal?: AbortSignal;
  /** Hears why a connection ended and when the next is tried, in milliseconds. */
  readonly onRetry?: (reason: unknown, retryIn: number) => void;
}

export interface ProjectionFilter {
  readonly identity?: string;
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly id?: string;
  readonly command?: readonly string[];
}

export interface EventFilter {
  readonly identity?: string;
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly type?: readonly string[];
}

export interface ClientOptions {
  /** Where the API is, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly key: string;
  readonly fetch?: typeof fetch;
  /** Milliseconds of the first wait before another try; it doubles up to the longest. */
  readonly retryAfter?: number;
  /** Milliseconds of the longest wait; half a minute. */
  readonly longestRetry?: number;
  /** Milliseconds without a sign of life after which a connection counts as lost. */
  readonly patience?: number;
}

/** The service refuses, and would refuse again. `problem` is what it says (RFC 9457). */
export class FeedRefused extends Error {
  constructor(
    readonly status: number,
    readonly problem: { readonly title?: string; readonly detail?: string } & Readonly<Record<string, unknown>>,
  ) {
    super(`The feed is refused with ${status}: ${problem.detail ?? problem.title ?? 'no reason given'}`);
  }
}

/** Follows what a central system knows. */
export class CentralSystemClient {
  constructor(private readonly options: ClientOptions) {}

  /** The rows of a projection: all there are, then each as it changes. Goes on by itself after every interruption. */
  feed<Name extends ProjectionName>(
    name: Name,
    options: ProjectionFilter & FollowOptions = {},
  ): AsyncGenerator<RowMessage<FeedRows[Name]>, void, undefined> {
    return this.follow<RowMessage<FeedRows[Name]>>(name, options);
  }

  /** The rows of a projection of your own, by its name. Goes on by itself after every interruption. */
  ownFeed<Row = Readonly<Record<string, unknown>>>(
    name: string,
    options: Pick<ProjectionFilter, 'id'> & FollowOptions = {},
  ): AsyncGenerator<RowMessage<Row>, void, undefined> {
    return this.follow<RowMessage<Row>>(name, options);
  }

  /** The events of the log: all there are, then each as it is recorded. Goes on by itself after every interruption. */
  events(options: EventFilter & FollowOptions = {}): AsyncGenerator<EventMessage, void, undefined> {
    return this.follow<EventMessage>('events', options);
  }

  private async *follow<Message extends RowMessage<unknown> | EventMessage>(
    name: string,
    { after, until, signal, onRetry, ...filter }: FollowOptions & object,
  ): AsyncGenerator<Message, void, undefined> {
    const url = urlOf(`${this.options.url}/api/feeds/${encodeURIComponent(name)}`, { ...filter, until });
    const course: Course = { last: after, failures: 0, over: false, taken: new Set() };
    while (!isOver(course, signal)) {
      let reason: unknown = new Error('The service ended the connection.');
      try {
        yield* this.attempt<Message>(url, course, { until, signal });
      } catch (error) {
        if (error instanceof FeedRefused) throw error;
        reason = error;
      }
      if (isOver(course, signal)) return;
      const wait = waitAfter(course.failures, reason, this.options);
      course.failures += 1;
      onRetry?.(reason, wait);
      await pause(wait, signal);
    }
  }

  private async *attempt<Message>(
    url: string,
    course: Course,
    { until, signal }: Pick<FollowOptions, 'until'> & { readonly signal: AbortSignal | undefined },
  ): AsyncGenerator<Message> {
    for await (const line of this.connect(url, course.last, signal)) {
      course.failures = 0;
      course.last = line.id ?? course.last;
      course.over = until !== undefined && line.event === until;
      if (line.event !== undefined && isNew(line, course.taken)) yield line as Message;
      if (course.over) return;
    }
  }

  private async *connect(url: string, last: string | undefined, signal: AbortSignal | undefined): AsyncGenerator<Line> {
    const { key, fetch: ask = fetch, patience = 45_000 } = this.options;
    const silence = new AbortController();
    const watch = () => setTimeout(() => silence.abort(new Error('The service has gone silent.')), patience);
    let timer = watch();
    const signals = signal === undefined ? [silence.signal] : [silence.signal, signal];
    try {
      const response = await ask(url, {
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/x-ndjson',
          ...(last === undefined ? {} : { 'last-event-id': last }),
        },
        signal: AbortSignal.any(signals),
      });
      if (!response.ok) throw await refusalOf(response);
      for await (const line of linesOf(response)) {
        clearTimeout(timer);
        yield JSON.parse(line) as Line;
        timer = watch();
      }
    } finally {
      clearTimeout(timer);
      // Whoever stops following must not leave a connection open.
      silence.abort();
    }
  }
}

/** How far following has come. */
interface Course {
  last: string | undefined;
  failures: number;
  over: boolean;
  /** Ids of the newest items, by which one that is sent again is known. */
  readonly taken: Set<string>;
}

const mostTaken = 10_000;
const notices: readonly unknown[] = ['reset', 'caught-up'] satisfies readonly Notice['event'][];

/** An item that was sent again is told once; after a reset everything counts anew. */
function isNew({ event, id }: Line, taken: Set<string>): boolean {
  if (event === 'reset') taken.clear();
  if (id === undefined || notices.includes(event)) return true;
  if (taken.has(id)) return false;
  taken.add(id);
  for (const oldest of taken) {
    if (taken.size <= mostTaken) break;
    taken.delete(oldest);
  }
  return true;
}

const isOver = ({ over }: Course, signal: AbortSignal | undefined): boolean => over || signal?.aborted === true;

/** A line of a feed; one without an event is a sign of life. */
interface Line {
  readonly event?: string;
  readonly id?: string;
}

/** The service refuses for the moment. */
class TryLater extends Error {
  constructor(
    status: number,
    readonly after: number,
  ) {
    super(`The service answered with ${status}.`);
  }
}

async function refusalOf(response: Response): Promise<Error> {
  const { status, headers } = response;
  const passes = status >= 500 || status === 429 || status === 408;
  const body = await response.text();
  if (passes) return new TryLater(status, Number(headers.get('retry-after') ?? 0) * 1_000);
  let problem: unknown;
  try {
    problem = JSON.parse(body);
  } catch {
    problem = {};
  }
  return new FeedRefused(status, problem as FeedRefused['problem']);
}

async function* linesOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    // Of a line that is cut off nothing counts; it comes again.
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function urlOf(address: string, query: object): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query) as [string, unknown][]) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) url.searchParams.append(name, String(one));
  }
  return url.href;
}

/** Longer from failure to failure, and not the same for all who lost their connection at once. */
function waitAfter(
  failures: number,
  reason: unknown,
  { retryAfter = 250, longestRetry = 30_000 }: ClientOptions,
): number {
  const longest = Math.min(longestRetry, retryAfter * 2 ** Math.min(failures, 16));
  return Math.max(reason instanceof TryLater ? reason.after : 0, Math.round(longest * (0.5 + Math.random() / 2)));
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}
