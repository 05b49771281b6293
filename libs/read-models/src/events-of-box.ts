import { heartbeatStream, stateStream, telemetryStream } from '@app/charge-box';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import type { Page, Paging } from './queries';
import { readCursor, writeCursor } from './sqlite/cursor';

interface Source {
  readonly stream: string;
  /** Next revision to read, downwards; below zero when nothing is left. */
  next: number;
  buffer: RecordedEvent[];
}

const step = 200;
// A rare type in a long history is looked for over some pages, not over all of it in one call.
const mostRead = 20_000;

/** The events of one box over its streams, newest first: the streams merged by position. */
export async function eventsOfBox(
  store: EventStore,
  identity: string,
  filter: { readonly types?: readonly string[] },
  paging: Paging,
): Promise<Page<RecordedEvent>> {
  const list = `events ${identity}`;
  const sources = await openSources(
    store,
    identity,
    paging.cursor === undefined ? undefined : readCursor(list, filter, paging.cursor, 3),
  );
  const rows: RecordedEvent[] = [];
  const wanted = filter.types === undefined ? undefined : new Set(filter.types);
  for (let read = 0; rows.length < paging.limit && read < mostRead; read += 1) {
    await Promise.all(sources.map((source) => fill(store, source)));
    const newest = takeNewest(sources);
    if (newest === undefined) return { rows };
    if (wanted === undefined || wanted.has(newest.type)) rows.push(newest);
  }
  const places = sources.map(({ next, buffer }) => buffer[0]?.revision ?? next);
  if (places.every((place) => place < 0)) return { rows };
  return { rows, next: writeCursor(list, filter, places) };
}

async function openSources(
  store: EventStore,
  identity: string,
  places: readonly (string | number)[] | undefined,
): Promise<Source[]> {
  const streams = [stateStream(identity), telemetryStream(identity), heartbeatStream(identity)];
  return Promise.all(
    streams.map(async (stream, index): Promise<Source> => {
      const place = places?.[index];
      if (place !== undefined) return { stream, next: Number(place), buffer: [] };
      const { lastRevision } = await store.readStream(stream, { direction: 'backward', limit: 1 });
      return { stream, next: lastRevision, buffer: [] };
    }),
  );
}

async function fill(store: EventStore, source: Source): Promise<void> {
  if (source.buffer.length > 0 || source.next <= NO_STREAM) return;
  const page = await store.readStream(source.stream, { from: source.next, direction: 'backward', limit: step });
  source.buffer = [...page.events];
  source.next = (page.events.at(-1)?.revision ?? 0) - 1;
}

function takeNewest(sources: readonly Source[]): RecordedEvent | undefined {
  let newest: Source | undefined;
  for (const source of sources) {
    const position = source.buffer[0]?.position;
    if (position !== undefined && position > (newest?.buffer[0]?.position ?? '')) newest = source;
  }
  return newest?.buffer.shift();
}
