import { EventStoreDBClient } from '@eventstore/db-client';
import { codedError } from '@app/kernel';
import type { ParsedConnection } from './connection';

/** What the client keeps to itself, as far as it is needed to end its connection. */
interface Inside {
  getChannel(): Promise<{ getTarget(): string; close(): void }>;
}

const longestEnd = 2_000;

let clients = 0;

function count(): number {
  clients += 1;
  return clients;
}

/** One client and its connection, made anew when it is past help: clients remember denials, and trust dead connections. */
export class Line {
  private client: EventStoreDBClient;
  private isUsed = false;
  private readonly retired = new Set<EventStoreDBClient>();

  constructor(
    private readonly text: ParsedConnection['text'],
    /** Milliseconds that calls on a client that was given up may take to end. */
    private readonly grace: number,
  ) {
    this.client = made(text(count()));
  }

  /** The client to make a call with now. */
  use(): EventStoreDBClient {
    this.isUsed = true;
    return this.client;
  }

  /** Gives a client up, unless another call has done so. */
  giveUp(client: EventStoreDBClient): void {
    if (client !== this.client) return;
    this.client = made(this.text(count()));
    this.isUsed = false;
    this.retired.add(client);
    setTimeout(() => void this.end(client), this.grace).unref();
  }

  /** The node at the other end, as far as it is known. */
  async node(): Promise<string | undefined> {
    if (!this.isUsed) return undefined;
    const channel = await within((this.client as unknown as Inside).getChannel(), longestEnd);
    return channel?.getTarget().replace(/^dns:/, '');
  }

  async dispose(): Promise<void> {
    const current = this.isUsed ? [this.client] : [];
    await Promise.all([...this.retired, ...current].map((client) => this.end(client)));
  }

  /** Disposing ends the calls and leaves the connection, which would stay for half an hour. */
  private async end(client: EventStoreDBClient): Promise<void> {
    this.retired.delete(client);
    await within(client.dispose(), longestEnd);
    const channel = await within((client as unknown as Inside).getChannel(), longestEnd);
    channel?.close();
  }
}

/** The client prints what it does not like, secrets and all; its errors are not passed on. */
function made(text: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(text);
  } catch {
    throw codedError('store-connection-invalid', 'the client cannot read it');
  }
}

/** What comes of work, `undefined` if it fails or takes too long. */
async function within<Result>(work: Promise<Result>, milliseconds: number): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  const done = await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
  return done;
}
