import { codedError } from '@app/kernel';
import type { Side } from './side';
import type { MovedEvent } from './summary';
import { Digest, digestOf } from './summary';

/** Digests of events by their ids, in order. */
type Recent = Map<string, string>;

/** The streams of a source that have forgotten their beginning. They are few and short, so that each of their events is remembered. */
export class Forgetful {
  readonly streams = new Map<string, Recent>();
  private readonly digest = new Digest();

  get count(): number {
    return this.digest.count;
  }

  take(event: MovedEvent): void {
    this.digest.take(event);
    const { first, count } = this.digest.of(event.stream);
    if (first === 0) return;
    if (count === 1) this.streams.set(event.stream, new Map());
    this.streams.get(event.stream)?.set(event.id, digestOf(event));
  }
}

/** What a target holds of an earlier copy, since which the source may have forgotten more. */
export class Held {
  private readonly digest = new Digest();
  private readonly recent = new Map<string, Recent>();

  constructor(private readonly source: Forgetful) {}

  get count(): number {
    return this.digest.count;
  }

  take(event: MovedEvent): void {
    this.digest.take(event);
    if (!this.source.streams.has(event.stream)) return;
    const recent = this.recent.get(event.stream) ?? new Map<string, string>();
    this.recent.set(event.stream, recent.set(event.id, digestOf(event)));
  }

  countOf(stream: string): number {
    return this.recent.get(stream)?.size ?? this.digest.of(stream).count;
  }

  lacks({ stream, revision, id }: MovedEvent): boolean {
    return this.source.streams.has(stream)
      ? this.recent.get(stream)?.has(id) !== true
      : revision >= this.countOf(stream);
  }

  /** Streams of which the source has nothing any more that was to be copied: what it keeps is newer. */
  async gone(source: Side, copied: Digest): Promise<ReadonlySet<string>> {
    const gone = new Set<string>();
    for (const stream of this.digest.names)
      if (copied.of(stream).count === 0 && (await source.hasForgotten(stream))) gone.add(stream);
    return gone;
  }

  /** Holds the source against this. Throws `history-differs` when this is not the beginning of it. */
  comparison(): Comparison {
    for (const [stream, there] of this.recent)
      if (!goesOn([...there], [...(this.source.streams.get(stream) ?? [])])) throw differs(stream, there.size);
    return new Comparison(this.digest, this.recent);
  }
}

/** The events that the source still has come last at the target; whatever the source has besides comes after them. */
function goesOn(
  there: readonly (readonly [string, string])[],
  source: readonly (readonly [string, string])[],
): boolean {
  const sources = new Map(source);
  const start = there.findIndex(([id]) => sources.has(id));
  if (start < 0) return true;
  const common = there.slice(start);
  return common.every(([id, digest], place) => source[place]?.[0] === id && source[place][1] === digest);
}

/** The streams that are kept whole, each of the source against what is there of it. */
class Comparison {
  private readonly source = new Digest();

  constructor(
    private readonly there: Digest,
    private readonly apart: ReadonlyMap<string, unknown>,
  ) {}

  get count(): number {
    return this.source.count;
  }

  take(event: MovedEvent): void {
    const { stream } = event;
    this.source.take(event);
    const [has, is] = [this.there.of(stream), this.source.of(stream)];
    if (this.apart.has(stream) || is.first > 0) return;
    if (has.count === is.count && has.digest !== is.digest) throw differs(stream, has.count);
  }

  async end(source: Side): Promise<void> {
    for (const stream of this.there.names) {
      const [{ count }, { next }] = [this.there.of(stream), this.source.of(stream)];
      if (this.apart.has(stream) || count <= next) continue;
      if (next > 0 || !(await source.hasForgotten(stream))) throw differs(stream, count);
    }
  }
}

function differs(stream: string, count: number): Error {
  return codedError('history-differs', `the ${count} events of ${stream} there are not the first of it in the source`);
}
