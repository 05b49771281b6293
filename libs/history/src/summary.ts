import type { RecordedEvent } from '@app/kernel';
import { createHash } from 'node:crypto';

/** An event as it can be moved: without the place and time that each store gives it. */
export type MovedEvent = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>;

/** What a history amounts to. Equal histories have equal summaries. */
export interface Summary {
  readonly events: number;
  readonly streams: number;
  /** SHA-256 over every stream, each event in its place. */
  readonly checksum: string;
}

interface StreamDigest {
  /** Revision of the first event that is there. */
  readonly first: number;
  count: number;
  /** Over this event and all before it in the stream. */
  digest: string;
}

/**
 * Counts and digests a history, stream by stream. The place of an event counts from the first event of its stream that is there: a stream whose
 * beginning was forgotten is numbered anew in stores that begin at 0.
 */
export class Digest {
  private readonly streams = new Map<string, StreamDigest>();
  private events = 0;

  take(event: MovedEvent): void {
    const known = this.streams.get(event.stream) ?? { first: event.revision, count: 0, digest: '' };
    known.digest = createHash('sha256')
      .update(known.digest)
      .update(lineOf(event, event.revision - known.first))
      .digest('base64');
    known.count += 1;
    this.streams.set(event.stream, known);
    this.events += 1;
  }

  /** Events of a stream so far, and what they come to. */
  of(stream: string): Pick<StreamDigest, 'count' | 'digest'> {
    return this.streams.get(stream) ?? { count: 0, digest: '' };
  }

  get count(): number {
    return this.events;
  }

  get names(): Iterable<string> {
    return this.streams.keys();
  }

  /** Streams whose first event here is not their first at all. */
  get shortened(): number {
    return [...this.streams.values()].filter(({ first }) => first > 0).length;
  }

  summary(): Summary {
    const hash = createHash('sha256');
    for (const name of [...this.streams.keys()].sort()) hash.update(`${name}\n${this.of(name).digest}\n`);
    return { events: this.events, streams: this.streams.size, checksum: hash.digest('hex') };
  }
}

function lineOf({ id, type, data, metadata }: MovedEvent, place: number): string {
  return JSON.stringify([place, id, type, ordered(data), ordered(metadata)]);
}

/** Stores keep the members of an object, not their order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, member]) => [name, ordered(member)]),
  );
}
