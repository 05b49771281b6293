import { EventStoreDBClient, excludeSystemEvents } from '@eventstore/db-client';
import type { AppendExpectedRevision, Credentials, EventData } from '@eventstore/db-client';
import type { Retention } from '@app/kernel';
import type { Given, Proposed } from './events';
import { TookTooLong } from './failures';
import type { LogPosition } from './positions';

// The only calls of the client that are made, each in the one way that does not lose, leak or hang (its defects are in
// docs/eventstoredb.md). No promise of the client is waited for without a timer.

export interface Connection {
  /** As EventStoreDB documents it: `esdb://user:password@host:2113?tls=true`. */
  readonly connectionString: string;
  /** Milliseconds until a call is given up. */
  readonly callTimeout: number;
}

type Direction = 'forwards' | 'backwards';

/** A subscription that rings when something was appended. */
export interface Bell {
  readonly events: AsyncIterable<{ readonly event?: Given }>;
  stop(): Promise<void>;
}

/** A read of the client, as far as it is used. */
interface Reading {
  on(event: 'error', listener: (error: Error) => void): unknown;
  cancel(): Promise<void>;
}

/** The client, tamed. Rejects with whatever the client throws, or with `TookTooLong`. */
export class TamedClient {
  /** A client each for calls and for the subscription: one connection carries a hundred calls at most. */
  private readonly calls: EventStoreDBClient;
  private readonly live: EventStoreDBClient;
  private readonly credentials: Credentials;

  constructor(private readonly connection: Connection) {
    const text = connection.connectionString;
    this.calls = EventStoreDBClient.connectionString(text);
    this.live = EventStoreDBClient.connectionString(text);
    this.credentials = credentialsIn(text);
  }

  /** Credentials on each append choose the unary call: that of batches has no deadline and can die for good. */
  async append(
    stream: string,
    events: readonly Proposed[],
    expectedRevision: number | 'any',
  ): Promise<{ readonly revision: number; readonly position: LogPosition | undefined }> {
    const result = await this.within(
      this.calls.appendToStream(stream, events as unknown as EventData[], {
        expectedRevision: revisionFor(expectedRevision),
        credentials: this.credentials,
        deadline: this.connection.callTimeout,
        requiresLeader: true,
      }),
    );
    return { revision: Number(result.nextExpectedRevision), position: result.position };
  }

  /** A page of a stream, from a revision on, which is included. */
  readStream(stream: string, from: number | 'end', direction: Direction, maxCount: number): Promise<readonly Given[]> {
    const fromRevision = from === 'end' ? ('end' as const) : BigInt(from);
    return this.collect(() => this.calls.readStream(stream, { fromRevision, direction, maxCount }));
  }

  /** A page of everything, from a position on, which is included. */
  readAll(from: LogPosition | 'start' | 'end', direction: Direction, maxCount: number): Promise<readonly Given[]> {
    return this.collect(() => this.calls.readAll({ fromPosition: from, direction, maxCount }));
  }

  /** What is appended from now on, system events aside. */
  listen(): Bell {
    const subscription = this.live.subscribeToAll({ fromPosition: 'end', filter: excludeSystemEvents() });
    // Never uncaught; whoever iterates gets it all the same.
    subscription.on('error', () => undefined);
    return {
      events: subscription,
      stop: () => subscription.unsubscribe(),
    };
  }

  async retain(stream: string, { maxCount, maxAge }: Retention): Promise<void> {
    const metadata = { ...(maxCount && { maxCount }), ...(maxAge && { maxAge: Math.ceil(maxAge) }) };
    await this.within(
      this.calls.setStreamMetadata(stream, metadata, {
        credentials: this.credentials,
        deadline: this.connection.callTimeout,
      }),
    );
  }

  /** Without this the process does not end. */
  async dispose(): Promise<void> {
    await Promise.allSettled([this.calls.dispose(), this.live.dispose()]);
  }

  /** Reads in the tick in which the read is made, whole, and ends the call whatever happens. */
  private async collect(read: () => Reading): Promise<readonly Given[]> {
    const reading = read();
    reading.on('error', () => undefined);
    const work = async () => {
      const events: Given[] = [];
      for await (const { event } of reading as unknown as AsyncIterable<{ event?: Given }>)
        if (event) events.push(event);
      return events;
    };
    try {
      return await this.within(work());
    } catch (error) {
      reading.cancel().catch(() => undefined);
      throw error;
    }
  }

  private within<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const { callTimeout } = this.connection;
      const timer = setTimeout(() => reject(new TookTooLong(callTimeout)), callTimeout + 500);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

function revisionFor(expected: number | 'any'): AppendExpectedRevision {
  if (expected === 'any') return 'any';
  return expected < 0 ? 'no_stream' : BigInt(expected);
}

/** An insecure server takes any. */
function credentialsIn(connectionString: string): Credentials {
  const [, user, password] = /^[a-z+]+:\/\/([^:@/]+):([^@/]*)@/.exec(connectionString) ?? [];
  return { username: decodeURIComponent(user ?? 'admin'), password: decodeURIComponent(password ?? 'changeit') };
}
