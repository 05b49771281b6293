import type { Appended, EventStore, EventToAppend, ExpectedRevision } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import { LRUCache } from 'lru-cache';
import type { ChainKey, Linked } from './link';
import { linkOf } from './link';

/** Where a stream stands after an append of ours. */
export interface ChainHead {
  readonly stream: string;
  readonly revision: number;
  readonly link: string;
}

export interface ChainedOptions {
  readonly key: ChainKey;
  /** Told of each append of chained events. */
  readonly onHead?: (head: ChainHead) => void;
  /** Streams that forget their beginning: each event of theirs is vouched for alone, as the one before may be gone. */
  readonly forgets?: (stream: string) => boolean;
  /** Streams whose newest link is remembered; of others it is read when they are appended to. */
  readonly remembered?: number;
}

/** A store whose events each carry a link in their metadata, by which `chainCheck` finds what was changed behind its back. */
export function chained(store: EventStore, options: ChainedOptions): EventStore {
  const chain = new Chain(store, options);
  return {
    shared: store.shared,
    append: (stream, events, expected) => chain.append(stream, events, expected),
    readStream: (stream, page) => store.readStream(stream, page),
    readAll: (page) => store.readAll(page),
    subscribe: (subscription, subscriber) => store.subscribe(subscription, subscriber),
    head: () => store.head(),
    retain: (stream, retention) => store.retain(stream, retention),
    ...(store.purge && { purge: () => store.purge?.() ?? Promise.resolve() }),
    close: () => store.close(),
  };
}

interface Batch {
  readonly stream: string;
  readonly events: readonly EventToAppend[];
  readonly expected: number;
}

class Chain {
  private readonly heads: LRUCache<string, ChainHead>;
  /** Appends under way, by stream: the next one needs the link that they end with. */
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: EventStore,
    private readonly options: ChainedOptions,
  ) {
    this.heads = new LRUCache({ max: options.remembered ?? 50_000 });
  }

  append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<Appended> {
    if (expected === 'any' || this.options.forgets?.(stream) === true)
      return this.store.append(stream, this.alone(stream, events), expected);
    const batch = { stream, events, expected };
    const before = this.underWay.get(stream);
    const former = before === undefined ? this.knownLink(stream, expected) : undefined;
    const work = former === undefined ? this.appendAfter(before, batch) : this.appendLinked(former, batch);
    this.underWay.set(stream, work);
    const settled = () => {
      if (this.underWay.get(stream) === work) this.underWay.delete(stream);
    };
    work.then(settled, settled);
    return work;
  }

  private alone(stream: string, events: readonly EventToAppend[]): readonly EventToAppend[] {
    return events.map((event) => this.linked({ mode: 's', stream, revision: NO_STREAM, former: '', event }));
  }

  private linked(what: Linked): EventToAppend {
    const { event } = what;
    const { id, type, data, metadata } = event;
    try {
      return { id, type, data, metadata: { ...metadata, chain: linkOf(this.options.key, what) } };
    } catch {
      // What JSON cannot carry the store refuses, and says why.
      return event;
    }
  }

  private async appendAfter(before: Promise<unknown> | undefined, batch: Batch): Promise<Appended> {
    if (before !== undefined) await before.catch(() => undefined);
    const { stream, expected } = batch;
    return this.appendLinked(this.knownLink(stream, expected) ?? (await this.storedLink(stream, expected)), batch);
  }

  private async appendLinked(link: string, { stream, events, expected }: Batch): Promise<Appended> {
    let former = link;
    const linked = events.map((event, place) => {
      const after = this.linked({ mode: 'c', stream, revision: expected + 1 + place, former, event });
      former = after.metadata.chain ?? '';
      return after;
    });
    const result = await this.store.append(stream, linked, expected);
    if (result.outcome === 'appended' && linked.length > 0)
      this.keep({ stream, revision: result.revision, link: former });
    return result;
  }

  private knownLink(stream: string, revision: number): string | undefined {
    if (revision < 0) return '';
    const head = this.heads.get(stream);
    return head?.revision === revision ? head.link : undefined;
  }

  /** Whatever comes out for an event that is not there: the append after it is refused. */
  private async storedLink(stream: string, revision: number): Promise<string> {
    const { events } = await this.store.readStream(stream, { from: revision, direction: 'backward', limit: 1 });
    const [event] = events;
    return event?.revision === revision ? (event.metadata.chain ?? '') : '';
  }

  private keep(head: ChainHead): void {
    // The result of a batch that came twice may be older than what is known.
    if ((this.heads.get(head.stream)?.revision ?? NO_STREAM) <= head.revision) this.heads.set(head.stream, head);
    this.options.onHead?.(head);
  }
}
