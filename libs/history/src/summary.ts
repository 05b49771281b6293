import type { RecordedEvent } from '@app/kernel';
import { createHash, hash } from 'node:crypto';

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
  /** Revision and id of the first event that is there. */
  readonly first: number;
  readonly firstId: string;
  /** Revision that the next event must have. */
  next: number;
  count: number;
  /** Over this event and all before it in the stream. */
  digest: string;
}

const nothing = { first: 0, next: 0, count: 0, digest: '' } as const;

/**
 * Counts and digests a history, stream by stream. The place of an event counts from the first event of its stream that is there: a stream whose
 * beginning was forgotten is numbered anew in stores that begin at 0.
 */
export class Digest {
  private readonly streams = new Map<string, StreamDigest>();
  private events = 0;
  private leftOut = 0;

  /** `source`: of a stream whose beginning was forgotten there, earlier events are left out here too; those of `gone` are left out whole. */
  constructor(
    private readonly source?: Digest,
    private readonly gone: ReadonlySet<string> = new Set(),
  ) {}

  take(event: MovedEvent): void {
    const known = this.going(event) ?? this.begun(event);
    if (known === undefined) return;
    known.digest = hash('sha256', known.digest + lineOf(event, event.revision - known.first), 'base64');
    known.count += 1;
    known.next = event.revision + 1;
    this.events += 1;
  }

  /** Events of a stream so far, and what they come to. */
  of(stream: string): Pick<StreamDigest, 'first' | 'next' | 'count' | 'digest'> {
    return this.streams.get(stream) ?? nothing;
  }

  get count(): number {
    return this.events;
  }

  /** Events that the source has forgotten. */
  get forgotten(): number {
    return this.leftOut;
  }

  get names(): Iterable<string> {
    return this.streams.keys();
  }

  /** Streams whose first event here is not their first at all. */
  get shortened(): number {
    return [...this.streams.values()].filter(({ first }) => first > 0).length;
  }

  summary(): Summary {
    const whole = createHash('sha256');
    for (const name of [...this.streams.keys()].sort()) whole.update(`${name}\n${this.of(name).digest}\n`);
    return { events: this.events, streams: this.streams.size, checksum: whole.digest('hex') };
  }

  private going({ stream, revision }: MovedEvent): StreamDigest | undefined {
    const known = this.streams.get(stream);
    if (known === undefined || known.next === revision) return known;
    // A store in use forgets while it is read; what came before the gap does not count any more.
    this.streams.delete(stream);
    this.events -= known.count;
    return undefined;
  }

  private begun({ stream, revision, id }: MovedEvent): StreamDigest | undefined {
    const start = this.source?.streams.get(stream);
    const isEarlier = start !== undefined && start.first > 0 && start.firstId !== id;
    if (isEarlier || this.gone.has(stream)) {
      this.leftOut += 1;
      return undefined;
    }
    const begun = { ...nothing, first: revision, firstId: id };
    this.streams.set(stream, begun);
    return begun;
  }
}

/** What one event comes to, wherever it stands. */
export function digestOf(event: MovedEvent): string {
  return hash('sha256', lineOf(event, 0), 'base64');
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
