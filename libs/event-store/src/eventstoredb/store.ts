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
import { BEGINNING, codedError, silentLog } from '@app/kernel';
import { eventText, plainText } from '../event-text';
import { Head } from '../head';
import { checkedLimit, checkedRetention, checkedRevision } from '../limits';
import { follow } from '../subscription';
import { Appends } from './appends';
import { Bells } from './bells';
import { TamedClient } from './client';
import { parsedConnection } from './connection';
import { InFlight } from './in-flight';
import { LogPages } from './log-pages';
import { StreamNames } from './names';
import { Patience } from './patience';
import { placeOf } from './positions';
import { Retentions } from './retentions';
import { StreamPages } from './stream-pages';

export interface EventStoreDbOptions {
  /** As EventStoreDB and KurrentDB document it: `esdb://user:password@host:2113?tls=true`. */
  readonly connectionString: string;
  /** Several systems may share a server, each with a namespace of its own: 1 to 40 letters, digits, underscores. */
  readonly namespace?: string;
  /** Reads only, and may be a little behind: then the node preference of the connection string counts. Else the leader is asked. */
  readonly mayLag?: boolean;
  /** Milliseconds until one call is given up; 5 000 by default. */
  readonly callTimeout?: number;
  /** Milliseconds for which a call is tried again while the server cannot be reached; 15 000 by default. */
  readonly patience?: number;
  /** Milliseconds of silence after which the log is looked at all the same; 5 000 by default. */
  readonly watchEvery?: number;
  readonly log?: Log;
}

/** For the health of the service. */
export interface EventStoreDbStatus {
  /** The node that answers, or all that the connection string names while none has. */
  readonly node: string;
  /** How far the newest event is that is known of. */
  readonly newest: Position;
  /** False while the subscription to what others append is down; the log is looked at all the same. */
  readonly live: boolean;
}

/** Milliseconds until a page is read again that does not have the newest event yet: a follower may be behind its leader. */
const behind = 50;

/** The event store on EventStoreDB or KurrentDB. */
export class EventStoreDbStore implements EventStore {
  readonly shared = true;
  private readonly client: TamedClient;
  private readonly newest = new Head(BEGINNING);
  private readonly bells: Bells;
  private readonly streams: StreamPages;
  private readonly appends: Appends;
  private readonly retentions: Retentions;
  private readonly pages: LogPages;
  private readonly patience: Patience;
  private readonly inFlight: InFlight;
  private node: string;
  private closing: Promise<void> | undefined;

  constructor(options: EventStoreDbOptions) {
    const { connectionString, namespace, callTimeout = 5_000, patience: longest = 15_000 } = options;
    const connection = parsedConnection(connectionString, options.mayLag);
    const names = new StreamNames(namespace);
    const client = new TamedClient(connection, callTimeout);
    const patience = new Patience(longest);
    this.node = connection.hosts.join(',');
    this.client = client;
    this.patience = patience;
    this.inFlight = new InFlight(callTimeout + 1_000);
    this.streams = new StreamPages(client, patience, names);
    this.appends = new Appends({ client, patience, names, streams: this.streams });
    this.retentions = new Retentions({ client, patience, names });
    const read: ConstructorParameters<typeof LogPages>[0] = (from, direction, count) =>
      patience.with(() => client.readAll(from, direction, count));
    this.pages = new LogPages(read, names);
    this.bells = new Bells({
      client,
      prefix: names.prefix,
      head: this.newest,
      look: () => this.look(),
      watchEvery: options.watchEvery ?? 5_000,
      log: options.log ?? silentLog,
    });
  }

  /** Resolves once the server answers. Rejects with `store-unavailable` or `store-denied`. */
  async open(): Promise<this> {
    try {
      await this.look();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.bells.start();
    return this;
  }

  append(name: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<Appended> {
    return this.take(async () => {
      // Proven to be JSON first: the client would hang on anything else.
      const batch = events.map(eventText);
      const stream = plainText(name, 'stream');
      if (batch.length === 0) return this.appendNothing(stream, expected);
      const appended = await this.appends.append(stream, batch, expected);
      if (appended.outcome === 'appended') this.newest.advance(appended.position);
      return appended;
    });
  }

  readStream(
    name: string,
    options: { readonly from?: number; readonly direction?: 'forward' | 'backward'; readonly limit: number },
  ): Promise<StreamPage> {
    return this.take(async () => {
      const limit = checkedLimit(options.limit);
      const from = checkedRevision(options.from);
      return this.streams.page(name, { from, isBackward: options.direction === 'backward', limit });
    });
  }

  readAll(options: {
    readonly from?: Position;
    readonly direction?: 'forward' | 'backward';
    readonly limit: number;
    readonly filter?: EventFilter;
  }): Promise<LogPage> {
    return this.take(async () => {
      const limit = checkedLimit(options.limit);
      const { from, filter } = options;
      if (from !== undefined) placeOf(from);
      return options.direction === 'backward'
        ? this.pages.backward(from, limit, filter)
        : this.pages.forward(from ?? BEGINNING, limit, filter);
    });
  }

  subscribe(options: SubscribeOptions, subscriber: Subscriber): Subscription {
    const readAll: EventStore['readAll'] = async (page) => {
      const read = await this.readAll(page);
      if (read.endOfLog && read.next < this.newest.position)
        await new Promise((resolve) => setTimeout(resolve, behind));
      return read;
    };
    return follow({ head: this.newest, readAll }, options, subscriber);
  }

  /** As the server has it now: after a restore it may lie before what was known. */
  head(): Promise<Position> {
    return this.take(() => this.look());
  }

  retain(stream: string, retention: Retention): Promise<void> {
    return this.take(async () => this.retentions.retain(plainText(stream, 'stream'), checkedRetention(retention)));
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  status(): EventStoreDbStatus {
    return { node: this.node, newest: this.newest.position, live: this.bells.live };
  }

  private async end(): Promise<void> {
    this.patience.end();
    this.newest.end();
    await this.bells.stop();
    await this.inFlight.settled();
    await this.client.dispose();
  }

  private async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.closing !== undefined) throw codedError('store-closed');
    return this.inFlight.add(work());
  }

  private async appendNothing(stream: string, expected: ExpectedRevision): Promise<Appended> {
    const actualRevision = await this.streams.lastRevision(stream);
    if (expected !== 'any' && expected !== actualRevision) return { outcome: 'conflict', actualRevision };
    await this.look();
    return { outcome: 'appended', revision: actualRevision, position: this.newest.position };
  }

  private async look(): Promise<Position> {
    const newest = (await this.pages.newest()) ?? BEGINNING;
    this.newest.advance(newest);
    this.node = (await this.client.node()) ?? this.node;
    return newest;
  }
}
