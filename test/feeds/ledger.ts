import { createHash } from 'node:crypto';
import type { EventMessage, FollowOptions, ProjectionFilter, ProjectionName, RowMessage } from '../../apps/client/src';
import type { Chance } from '../../apps/charge-box-simulator/src/random';

type Message = RowMessage<unknown> | EventMessage;

/** What one subscriber has of what it was told, by the only rule that it needs: an item whose id it has is left out. */
export class Ledger {
  readonly rows = new Map<string, unknown>();
  /** Events of the log, in the order in which they were told. */
  readonly events: { readonly id: string; readonly stream: string }[] = [];
  readonly complaints: string[] = [];
  /** Id of the last message. */
  last: string | undefined;
  connections = 0;
  items = 0;
  /** Items that were sent again. */
  again = 0;
  private readonly changes = new Map<string, string>();
  private readonly ids = new Map<string, string>();

  constructor(readonly name: string) {}

  take(message: Message): void {
    if (message.event === 'caught-up') return;
    if (message.event === 'reset') return this.complain(`reset: ${message.data.reason}`);
    if (!this.isNew(message.id, message)) return;
    this.items += 1;
    if (message.event === 'event') this.events.push({ id: message.data.id, stream: message.data.stream });
    else if (message.event === 'removed') this.rows.delete(message.data.key);
    else this.rows.set(message.data.key, message.data.row);
  }

  complain(what: string): void {
    if (this.complaints.length < 10) this.complaints.push(`${this.name}: ${what}`);
  }

  private isNew(id: string, { event, data }: Message): boolean {
    const digest = createHash('sha1')
      .update(JSON.stringify([event, data]))
      .digest('base64');
    const [change, other] = [this.changes.get(id), this.ids.get(digest)];
    this.changes.set(id, digest);
    this.ids.set(digest, id);
    if (change !== undefined && change !== digest) this.complain(`two changes have the id ${id}`);
    // Rows may come out alike twice, but not of one event; that the same one goes may come more than once.
    if (event !== 'removed' && other !== undefined && other !== id && eventIn(other) === eventIn(id))
      this.complain(`one change has two ids, such as ${id}`);
    if (change === undefined) return true;
    this.again += 1;
    return false;
  }
}

/** What the id of a change says of its event; to others it has no meaning. */
function eventIn(id: string): unknown {
  const parts = JSON.parse(Buffer.from(id.split('.')[1] ?? '', 'base64url').toString()) as readonly unknown[];
  // Of the event itself where it is not the one that the place is kept by.
  return parts[6] ?? parts[4];
}

/** One who follows rows; `starts` are those of a projection from outside. */
export interface Subscriber {
  readonly feed: ProjectionName | 'starts';
  readonly filter: ProjectionFilter;
  readonly ledger: Ledger;
}

/** Opens a connection that goes on by itself. */
export type Opening = (options: FollowOptions) => AsyncIterable<Message>;

interface Course {
  readonly chance: Chance;
  readonly over: AbortSignal;
  /** Longest life of a connection, milliseconds. */
  readonly longest: number;
}

/** Follows on and on: each connection is given up after a random time, and the next goes on behind the last id. */
export async function followOn(open: Opening, ledger: Ledger, { chance, over, longest }: Course): Promise<void> {
  while (!over.aborted) {
    const lost = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    ledger.connections += 1;
    const signal = AbortSignal.any([lost.signal, over]);
    for await (const message of open({ signal, ...(ledger.last !== undefined && { after: ledger.last }) })) {
      ledger.take(message);
      ledger.last = message.id ?? ledger.last;
      timer ??= setTimeout(() => lost.abort(), chance.whole(0, longest));
    }
    clearTimeout(timer);
  }
}
