import type { RecordedEvent } from '@app/kernel';
import { createHash } from 'node:crypto';

/** An event as it can be moved: without the place and time that each store gives it. */
export type MovedEvent = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>;

/** What a history amounts to. Equal histories have equal summaries. */
export interface Summary {
  readonly events: number;
  readonly streams: number;
  /** SHA-256 over every event, in order. */
  readonly checksum: string;
}

/**
 * Counts and digests a history in its order. The revision of an event counts from the first event of its stream that is there: a stream whose
 * beginning was forgotten is numbered anew in stores that begin at 0.
 */
export class Digest {
  private readonly hash = createHash('sha256');
  /** Revision of the first event of each stream. */
  private readonly first = new Map<string, number>();
  private events = 0;

  /** The line that stands for the event. */
  take(event: MovedEvent): string {
    const { stream, revision } = event;
    const first = this.first.get(stream) ?? revision;
    if (first === revision) this.first.set(stream, revision);
    const line = lineOf(event, revision - first);
    this.hash.update(line).update('\n');
    this.events += 1;
    return line;
  }

  /** Streams whose first event here is not their first at all. */
  get shortened(): number {
    return [...this.first.values()].filter((revision) => revision > 0).length;
  }

  get count(): number {
    return this.events;
  }

  /** So far; more may come. */
  summary(): Summary {
    return { events: this.events, streams: this.first.size, checksum: this.hash.copy().digest('hex') };
  }
}

function lineOf({ stream, id, type, data, metadata }: MovedEvent, place: number): string {
  return JSON.stringify([stream, place, id, type, ordered(data), ordered(metadata)]);
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
