import type {
  Appended,
  EventFilter,
  EventStore,
  EventToAppend,
  ExpectedRevision,
  Log,
  LogPage,
  Position,
  Retention,
  StreamPage,
  SubscribeOptions,
  Subscriber,
  Subscription,
} from '@app/kernel';
import { BEGINNING, codedError, NO_STREAM, silentLog } from '@app/kernel';
import type { EventText } from '../event-text';
import { eventText, plainText } from '../event-text';
import { Head } from '../head';
import { checkedLimit, checkedRetention, checkedRevision } from '../limits';
import { follow } from '../subscription';
import { Bells } from './bells';
import { TamedClient } from './client';
import type { Given } from './events';
import { proposed, recordedOf, storedId } from './events';
import type { Failure } from './failures';
import { failureOf, unavailable } from './failures';
import { LogPages } from './log-pages';
import { placeOf, textOf } from './positions';

export interface EventStoreDbOptions {
  readonly connectionString: string;
  /** Milliseconds until one call is given up; 5 000 by default. */
  readonly callTimeout?: number;
  /** Milliseconds for which a call is tried again while the server cannot be reached; 15 000 by default. */
  readonly patience?: number;
  /** Milliseconds of silence after which the log is looked at all the same; 5 000 by default. */
  readonly watchEvery?: number;
  readonly log?: Log;
}

const firstWait = 100;
const longestWait = 5_000;

/** The event store on EventStoreDB or KurrentDB. */
export class EventStoreDbStore implements EventStore {
  readonly shared = true;
  private readonly client: TamedClient;
  private readonly newest = new Head(BEGINNING);
  private readonly bells: Bells;
  private readonly pages: LogPages;
  private readonly patience: number;
  private closed = false;

  constructor({ connectionString, callTimeout = 5_000, patience = 15_000, ...options }: EventStoreDbOptions) {
    this.client = new TamedClient({ connectionString, callTimeout });
    this.patience = patience;
    this.pages = new LogPages((from, direction, count) =>
      this.patiently(() => this.client.readAll(from, direction, count)),
    );
    this.bells = new Bells({
      client: this.client,
      head: this.newest,
      look: () => this.look(),
      watchEvery: options.watchEvery ?? 5_000,
      log: options.log ?? silentLog,
    });
  }

  /** Resolves once the server answers. Rejects with `store-unavailable`. */
  async open(): Promise<this> {
    await this.look();
    this.bells.start();
    return this;
  }

  async append(name: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<Appended> {
    this.refuseIfClosed();
    // Proven to be JSON first: the client would hang on anything else.
    const batch = events.map(eventText);
    const stream = plainText(name, 'stream');
    if (batch.length === 0) return this.appendNothing(stream, expected);
    const known = expected === 'any' ? await this.repeated(stream, batch) : undefined;
    return known ?? this.appendSafely(stream, batch, expected);
  }

  async readStream(
    name: string,
    options: { readonly from?: number; readonly direction?: 'forward' | 'backward'; readonly limit: number },
  ): Promise<StreamPage> {
    this.refuseIfClosed();
    const limit = checkedLimit(options.limit);
    const from = checkedRevision(options.from);
    const backward = options.direction === 'backward';
    const found = backward
      ? await this.streamPage(name, from ?? 'end', 'backwards', limit + 1)
      : await this.streamPage(name, from ?? 0, 'forwards', limit + 1);
    const events = found.slice(0, limit).map(recordedOf);
    const isWhole = found.length <= limit;
    const known = backward ? (from === undefined ? events[0] : undefined) : isWhole ? events.at(-1) : undefined;
    const lastRevision = known?.revision ?? (await this.lastRevision(name));
    return { events, lastRevision, endOfStream: isWhole };
  }

  async readAll(options: {
    readonly from?: Position;
    readonly direction?: 'forward' | 'backward';
    readonly limit: number;
    readonly filter?: EventFilter;
  }): Promise<LogPage> {
    this.refuseIfClosed();
    const limit = checkedLimit(options.limit);
    const { from, filter } = options;
    if (from !== undefined) placeOf(from);
    return options.direction === 'backward'
      ? this.pages.backward(from, limit, filter)
      : this.pages.forward(from ?? BEGINNING, limit, filter);
  }

  subscribe(options: SubscribeOptions, subscriber: Subscriber): Subscription {
    return follow({ head: this.newest, readAll: (page) => this.readAll(page) }, options, subscriber);
  }

  async head(): Promise<Position> {
    this.refuseIfClosed();
    await this.look();
    return this.newest.position;
  }

  async retain(stream: string, retention: Retention): Promise<void> {
    this.refuseIfClosed();
    const checked = checkedRetention(retention);
    await this.patiently(() => this.client.retain(plainText(stream, 'stream'), checked));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.newest.end();
    await this.bells.stop();
    await this.client.dispose();
  }

  /** How far the newest event is that is known of, and whether the subscription is alive, for the health of the service. */
  status(): { readonly newest: Position; readonly live: boolean } {
    return { newest: this.newest.position, live: this.bells.live };
  }

  private refuseIfClosed(): void {
    if (this.closed) throw codedError('store-closed');
  }

  private async appendNothing(stream: string, expected: ExpectedRevision): Promise<Appended> {
    const actualRevision = await this.lastRevision(stream);
    if (expected !== 'any' && expected !== actualRevision) return { outcome: 'conflict', actualRevision };
    return { outcome: 'appended', revision: actualRevision, position: await this.head() };
  }

  /** The identical batch at the same revision, until the truth is known: whatever landed before, it is stored once. */
  private async appendSafely(
    stream: string,
    batch: readonly EventText[],
    expected: ExpectedRevision,
  ): Promise<Appended> {
    const events = batch.map(proposed);
    try {
      let isFirst = true;
      const appended = await this.patiently(async () => {
        // The server forgets ids that were appended to any revision.
        const landed = isFirst || expected !== 'any' ? undefined : await this.repeated(stream, batch);
        isFirst = false;
        if (landed !== undefined) return landed;
        const { revision, position } = await this.client.append(stream, events, expected);
        const text = position === undefined ? await this.positionOf(stream, revision) : textOf(position);
        return { outcome: 'appended' as const, revision, position: text };
      });
      this.newest.advance(appended.position);
      return appended;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'conflict')
        return { outcome: 'conflict', actualRevision: failure.actual ?? (await this.lastRevision(stream)) };
      throw error;
    }
  }

  /** The result of the batch, if it ends the stream already. */
  private async repeated(
    stream: string,
    batch: readonly EventText[],
  ): Promise<Extract<Appended, { outcome: 'appended' }> | undefined> {
    const last = await this.streamPage(stream, 'end', 'backwards', batch.length);
    const newest = last[0];
    if (newest === undefined || last.length < batch.length) return undefined;
    const isSame = last.every((event, place) => event.id === storedId(batch[batch.length - 1 - place]?.id ?? ''));
    if (!isSame) return undefined;
    const { revision, position } = recordedOf(newest);
    return { outcome: 'appended', revision, position: position || (await this.positionOf(stream, revision)) };
  }

  private async positionOf(stream: string, revision: number): Promise<Position> {
    const [event] = await this.streamPage(stream, revision, 'forwards', 1);
    return event?.position === undefined ? this.newest.position : textOf(event.position);
  }

  private async lastRevision(stream: string): Promise<number> {
    const [event] = await this.streamPage(stream, 'end', 'backwards', 1);
    return event === undefined ? NO_STREAM : Number(event.revision);
  }

  private async streamPage(
    stream: string,
    from: number | 'end',
    direction: 'forwards' | 'backwards',
    count: number,
  ): Promise<readonly Given[]> {
    try {
      return await this.patiently(() => this.client.readStream(stream, from, direction, count));
    } catch (error) {
      if (failureOf(error).kind === 'no-stream') return [];
      throw error;
    }
  }

  private async look(): Promise<void> {
    const newest = await this.pages.newest();
    if (newest !== undefined) this.newest.advance(newest);
  }

  /** Tries again what may work a moment later, until patience ends. */
  private async patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    const end = Date.now() + this.patience;
    for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 2)) {
      try {
        return await work();
      } catch (error) {
        const failure = failureOf(error);
        if (!mayRepeat(failure)) throw rejection(failure, error);
        const pause = wait * (0.5 + Math.random() / 2);
        if (this.closed || Date.now() + pause > end) throw unavailable(failure.detail, error);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

function mayRepeat(failure: Failure): failure is Extract<Failure, { kind: 'transient' }> {
  return failure.kind === 'transient';
}

function rejection(failure: Failure, error: unknown): unknown {
  return failure.kind === 'permanent' ? unavailable(failure.detail, error) : error;
}
