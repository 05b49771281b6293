import {
  forgetsItsPast,
  heartbeatStream,
  identityOfStream,
  isBookkeeping,
  stateStream,
  telemetryStream,
} from '@app/charge-box';
import type { EventFilter, EventStore, Log, Position, RecordedEvent, Subscription } from '@app/kernel';
import type { Anchor } from '@app/read-models';
import type { FeedFilter } from './filter';
import { matches } from './filter';
import type { Facts } from './item';
import { Item } from './item';
import type { Place } from './place';
import type { FeedPage, FeedSource } from './source';

const pageSize = 100;
/** Events, and characters of them, that are kept for those who are nearly up to date. */
const keptEvents = 2_000;
const keptCharacters = 8 * 1_048_576;
const batchSize = 500;
const retryIn = 1_000;

interface Kept {
  readonly item: Item;
  readonly characters: number;
}

/** The log as a feed. The newest events are kept in memory, so that one subscription serves everybody who is up to date. */
export class EventsSource implements FeedSource {
  readonly version = 'events:1';
  readonly settled = true;
  readonly followsLog = true;
  private kept: Kept[] = [];
  private characters = 0;
  /** From where on everything is kept; `undefined` while nobody watches. */
  private floor: Position | undefined;
  private newest: Position = '';
  private subscription: Subscription | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly log: Log,
  ) {}

  check(): void {
    // Whatever is stored can be read; a store that is away says so then.
  }

  read(after: Place, filter: FeedFilter): FeedPage | Promise<FeedPage> {
    const isKept = this.floor !== undefined && after.position >= this.floor;
    return isKept ? this.fromMemory(after, filter) : this.fromStore(after, filter);
  }

  watch({ position }: Place, news: () => void): () => void {
    let over = false;
    let retry: NodeJS.Timeout | undefined;
    [this.floor, this.newest] = [position, position];
    const subscribe = () => {
      const subscription = this.store.subscribe({ after: this.newest, batchSize }, ({ events, checkpoint }) => {
        if (over) return;
        this.keep(events, checkpoint);
        news();
      });
      this.subscription = subscription;
      subscription.ended.catch((error: unknown) => {
        if (over) return;
        this.log.warn({ err: error, retryIn }, 'The feed of events was interrupted');
        retry = setTimeout(subscribe, retryIn);
      });
    };
    subscribe();
    return () => {
      over = true;
      clearTimeout(retry);
      void this.subscription?.stop();
      [this.kept, this.characters, this.floor] = [[], 0, undefined];
    };
  }

  /** What is kept is read from the log again: it shows something else in the place of what was erased. */
  forget(): void {
    [this.kept, this.characters] = [[], 0];
    if (this.floor !== undefined) this.floor = this.newest;
  }

  private keep(events: readonly RecordedEvent[], checkpoint: Position): void {
    for (const event of events) {
      if (!isPublic(event)) continue;
      const text = JSON.stringify(event);
      this.kept.push({ item: itemOf(event, () => text), characters: text.length });
      this.characters += text.length;
    }
    if (checkpoint > this.newest) this.newest = checkpoint;
    let spare = 0;
    for (; this.kept.length - spare > keptEvents || this.characters > keptCharacters; spare += 1) {
      const dropped = this.kept[spare];
      if (dropped === undefined) break;
      this.characters -= dropped.characters;
      this.floor = dropped.item.place.position;
    }
    if (spare > 0) this.kept = this.kept.slice(spare);
  }

  private fromMemory({ position }: Place, filter: FeedFilter): FeedPage {
    const from = this.firstAfter(position);
    const page = this.kept.slice(from, from + batchSize);
    const complete = from + page.length === this.kept.length;
    const last = page.at(-1);
    const end = last?.item.place.position ?? position;
    const next = { position: complete && this.newest > end ? this.newest : end };
    const items = page.map(({ item }) => item).filter((item) => matches(item, filter));
    return { items, next, complete, anchor: last?.item.cause };
  }

  private firstAfter(position: Position): number {
    let [low, high] = [0, this.kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.kept[middle]?.item.place.position ?? '') > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private async fromStore({ position }: Place, filter: FeedFilter): Promise<FeedPage> {
    const options = { from: position, direction: 'forward', limit: pageSize } as const;
    const page = await this.store.readAll({ ...options, ...storeFilter(filter) });
    const events = page.events.filter(isPublic);
    const items = events.map((event) => itemOf(event, () => JSON.stringify(event)));
    const last = events.at(-1);
    return {
      items: items.filter((item) => matches(item, filter)),
      next: { position: page.next },
      complete: page.endOfLog,
      anchor: last && anchorOf(last),
    };
  }
}

/** The end of the log, and the newest event by which it is known again; none while nothing is recorded that is kept. */
export async function endOfLog(
  store: Pick<EventStore, 'head' | 'readAll'>,
): Promise<{ place: Place; anchor?: Anchor }> {
  // Not the newest event that is read: those about tokens are left out of pages.
  const place = { position: await store.head() };
  let from: Position | undefined;
  for (;;) {
    const page = await store.readAll({ direction: 'backward', limit: pageSize, ...(from !== undefined && { from }) });
    const anchor = page.events.find((event) => isPublic(event) && !forgetsItsPast(event.stream));
    if (anchor !== undefined) return { place, anchor: anchorOf(anchor) };
    if (page.endOfLog) return { place };
    from = page.next;
  }
}

const isPublic = ({ stream }: RecordedEvent): boolean => !isBookkeeping(stream);

/** Whether an event of the log is one that the feed of events would tell. */
export const isWanted = (event: RecordedEvent, filter: FeedFilter): boolean =>
  isPublic(event) &&
  matches(
    itemOf(event, () => ''),
    filter,
  );

/** The part of a filter that a store can see to. */
export function storeFilter({ identity, type }: FeedFilter): { filter?: EventFilter } {
  if (identity === undefined && type === undefined) return {};
  const streams = identity === undefined ? [] : [stateStream, telemetryStream, heartbeatStream];
  return {
    filter: {
      ...(type && { types: type }),
      ...(identity !== undefined && { streamPrefixes: streams.map((streamOf) => streamOf(identity)) }),
    },
  };
}

function itemOf(event: RecordedEvent, data: () => string): Item {
  const facts = (): Facts => {
    const { connectorId, transactionId } = event.data as Facts;
    return { identity: identityOfStream(event.stream), type: event.type, connectorId, transactionId };
  };
  return new Item('event', { position: event.position }, undefined, { data, facts, cause: anchorOf(event) });
}

const anchorOf = ({ stream, revision, id, position }: RecordedEvent): Anchor => ({ stream, revision, id, position });
