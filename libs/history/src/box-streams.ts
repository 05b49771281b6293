import { heartbeatStream, stateStream, telemetryStream } from '@app/charge-box';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { scan } from './scan';

export type ReadableLog = Pick<EventStore, 'readAll' | 'readStream' | 'head'>;

const pageSize = 500;

/** Streams that hold what happened to a box. */
export function streamsOf(identity: string): readonly string[] {
  return [stateStream(identity), telemetryStream(identity), heartbeatStream(identity)];
}

/** Whether anything that is kept happened to a box. */
export async function isKnown(log: Pick<ReadableLog, 'readStream'>, identity: string): Promise<boolean> {
  const pages = await Promise.all(streamsOf(identity).map((stream) => log.readStream(stream, { limit: 1 })));
  return pages.some(({ events }) => events.length > 0);
}

/** Everything that happened to a box, in order, over all its streams. */
export async function* eventsOfBox(log: ReadableLog, identity: string): AsyncGenerator<RecordedEvent> {
  const sources = await Promise.all(streamsOf(identity).map((stream) => Source.open(log, stream)));
  // Some servers do not say where in the log an event of a stream is; the log itself always does.
  if (sources.some(({ first }) => first?.position === '')) {
    yield* eventsByLog(log, streamsOf(identity));
    return;
  }
  for (;;) {
    const source = earliest(sources);
    if (source?.first === undefined) return;
    yield source.first;
    await source.drop();
  }
}

async function* eventsByLog(log: ReadableLog, streams: readonly string[]): AsyncGenerator<RecordedEvent> {
  const wanted = new Set(streams);
  for await (const { events } of scan(log, { filter: { streamPrefixes: streams } }))
    yield* events.filter(({ stream }) => wanted.has(stream));
}

/** One stream, page by page. */
class Source {
  private place = 0;

  private constructor(
    private readonly log: ReadableLog,
    private readonly stream: string,
    private page: readonly RecordedEvent[],
    private isLast: boolean,
  ) {}

  static async open(log: ReadableLog, stream: string): Promise<Source> {
    const { events, endOfStream } = await log.readStream(stream, { limit: pageSize });
    return new Source(log, stream, events, endOfStream);
  }

  get first(): RecordedEvent | undefined {
    return this.page[this.place];
  }

  async drop(): Promise<void> {
    const last = this.page[this.place];
    this.place += 1;
    if (this.place < this.page.length || this.isLast || last === undefined) return;
    const next = await this.log.readStream(this.stream, { from: last.revision + 1, limit: pageSize });
    this.page = next.events;
    this.place = 0;
    this.isLast = next.endOfStream || next.events.length === 0;
  }
}

function earliest(sources: readonly Source[]): Source | undefined {
  let found: Source | undefined;
  for (const source of sources) {
    if (source.first === undefined) continue;
    if (found?.first === undefined || source.first.position < found.first.position) found = source;
  }
  return found;
}
