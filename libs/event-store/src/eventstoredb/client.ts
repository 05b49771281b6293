import type { AppendExpectedRevision, Credentials, EventData, EventStoreDBClient } from '@eventstore/db-client';
import { excludeSystemEvents, streamNameFilter } from '@eventstore/db-client';
import type { ParsedConnection } from './connection';
import type { Given, Proposed } from './events';
import { isPastHelp, TookTooLong } from './failures';
import { Gate } from './gate';
import { Line } from './line';
import type { LogPosition } from './positions';

// The only calls of the client that are made, each in the one way that does not lose, leak or hang (its defects are in
// docs/eventstoredb.md). No promise of the client is waited for without a timer.

type Direction = 'forwards' | 'backwards';

/** A subscription that rings when something was appended. */
export interface Bell {
  readonly events: AsyncIterable<{ readonly event?: Given }>;
  /** Settles once the server has taken the subscription; never if it does not. */
  readonly confirmed: Promise<void>;
  stop(): void;
}

/** A read of the client, as far as it is used. */
interface Reading extends Endable {
  on(event: 'error', listener: (error: Error) => void): unknown;
  cancel(): Promise<void>;
}

interface Endable {
  destroy(): unknown;
}

/** More than the deadline that the client is given, so that its own error comes first. */
const extra = 500;

/** A connection carries a hundred calls; the time of one that waits behind them would run all the same. */
const mostCalls = 80;

/** The client, tamed. Rejects with whatever the client throws, or with `TookTooLong`. */
export class TamedClient {
  /** A client each for calls and for the subscription, which must not wait for each other. */
  private readonly calls: Line;
  private readonly live: Line;
  private readonly credentials: Credentials;
  private readonly gate: Gate;

  constructor(
    connection: ParsedConnection,
    /** Milliseconds until a call is given up. */
    private readonly callTimeout: number,
  ) {
    this.calls = new Line(connection.text, callTimeout + 2 * extra);
    this.live = new Line(connection.text, 0);
    this.credentials = connection.credentials;
    this.gate = new Gate(mostCalls, callTimeout);
  }

  /** Credentials on each append choose the unary call: that of batches has no deadline and can die for good. */
  append(
    stream: string,
    events: readonly Proposed[],
    expectedRevision: number | 'any',
  ): Promise<{ readonly revision: number; readonly position: LogPosition | undefined }> {
    return this.call(async (client) => {
      const { nextExpectedRevision, position } = await client.appendToStream(stream, events as unknown as EventData[], {
        expectedRevision: revisionFor(expectedRevision),
        credentials: this.credentials,
        deadline: this.callTimeout,
        requiresLeader: true,
      });
      return { revision: Number(nextExpectedRevision), position };
    });
  }

  /** A page of a stream, from a revision on, which is included. */
  readStream(stream: string, from: number | 'end', direction: Direction, maxCount: number): Promise<readonly Given[]> {
    const fromRevision = from === 'end' ? ('end' as const) : BigInt(from);
    return this.collect((client) => client.readStream(stream, { fromRevision, direction, maxCount }));
  }

  /** A page of everything, from a position on, which is included. */
  readAll(from: LogPosition | 'start' | 'end', direction: Direction, maxCount: number): Promise<readonly Given[]> {
    return this.collect((client) => client.readAll({ fromPosition: from, direction, maxCount }));
  }

  /** What is appended from now on to streams whose names begin so; to all but those of the system for no beginning. */
  listen(prefix: string): Bell {
    const client = this.live.use();
    const filter = prefix === '' ? excludeSystemEvents() : streamNameFilter({ prefixes: [prefix] });
    const subscription = client.subscribeToAll({ fromPosition: 'end', filter });
    // Never uncaught; whoever iterates gets it all the same.
    subscription.on('error', () => undefined);
    return {
      events: subscription,
      confirmed: new Promise((resolve) => subscription.once('confirmation', resolve)),
      stop: () => {
        void ended(subscription, subscription.unsubscribe());
        // A new connection for the next one: this one may be dead, and nothing else is on it.
        this.live.giveUp(client);
      },
    };
  }

  /** The node that calls go to, as far as it is known. */
  node(): Promise<string | undefined> {
    return this.calls.node();
  }

  /** Without this the process does not end. */
  async dispose(): Promise<void> {
    await Promise.all([this.calls.dispose(), this.live.dispose()]);
  }

  /** Reads in the tick in which the read is made, whole, and ends the call whatever happens. */
  private collect(read: (client: EventStoreDBClient) => Reading): Promise<readonly Given[]> {
    let reading: Reading | undefined;
    const work = async (client: EventStoreDBClient, alive: Alive) => {
      reading = read(client);
      reading.on('error', () => undefined);
      const events: Given[] = [];
      for await (const { event } of reading as unknown as AsyncIterable<{ event?: Given }>) {
        // A long page on a slow line is no silence.
        alive();
        if (event) events.push(event);
      }
      return events;
    };
    return this.call(work).catch((error: unknown) => {
      if (reading) void ended(reading, reading.cancel());
      throw error;
    });
  }

  private async call<Result>(work: (client: EventStoreDBClient, alive: Alive) => Promise<Result>): Promise<Result> {
    const leave = await this.gate.enter();
    const client = this.calls.use();
    try {
      return await this.within((alive) => work(client, alive));
    } catch (error) {
      if (isPastHelp(error)) this.calls.giveUp(client);
      throw error;
    } finally {
      leave();
    }
  }

  private within<Result>(work: (alive: Alive) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new TookTooLong(this.callTimeout)), this.callTimeout + extra);
      work(() => void timer.refresh())
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }
}

/** Says that something came: the time until the call is given up begins anew. */
type Alive = () => void;

/** Ends what iterates over a stream as well, for that may wait for a call that never comes to be. */
async function ended(stream: Endable, cancelled: Promise<void>): Promise<void> {
  setTimeout(() => stream.destroy(), 20).unref();
  await cancelled.catch(() => undefined);
}

function revisionFor(expected: number | 'any'): AppendExpectedRevision {
  if (expected === 'any') return 'any';
  return expected < 0 ? 'no_stream' : BigInt(expected);
}
