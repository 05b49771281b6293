import { createHash } from 'node:crypto';
import type { EventMessage, FollowOptions, ProjectionFilter, ProjectionName, RowMessage } from '../../apps/client/src';
import type { Chance } from '../../apps/charge-box-simulator/src/random';

type Message = RowMessage<unknown> | EventMessage;

/** What one subscriber has of what it was told, by the only rule that it needs: an item whose id it has is left out. */
export class Ledger {
  readonly rows = new Map<string, unknown>();
  /** Ids of events of the log, in the order in which they were told. */
  readonly events: string[] = [];
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
    if (message.event === 'event') this.events.push(message.data.id);
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
    // Every row here says when it changed, or counts; that the same one goes may come more than once.
    if (event !== 'removed' && other !== undefined && other !== id)
      this.complain(`one change has two ids, such as ${id}`);
    if (change === undefined) return true;
    this.again += 1;
    return false;
  }
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
