import type { ListChunk, ListEntry, ServiceEventOf } from '@app/charge-box';
import { localListStream, nextListChunk, serviceEventSchemas, upcast } from '@app/charge-box';
import { codedError, NO_STREAM } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { randomUUID } from 'node:crypto';
import { ChargeBoxes } from './charge-boxes';
import type { Commanded, OperatorOrigin } from './commands';
import { WantLocalList } from './commands';
import { metadataOfOperator } from './metadata';
import { RuntimeContext } from './runtime-context';

type Stored = ServiceEventOf<'LocalListEntriesStored'>;

const entriesInEvent = 500;
/** Milliseconds that a part of a list waits for its box. */
const timeToLive = 24 * 3_600_000;

/** The entries of wanted local lists, each list in a stream of its own. */
@Injectable()
export class LocalLists {
  constructor(
    readonly boxes: ChargeBoxes,
    private readonly context: RuntimeContext,
  ) {}

  async store(entries: readonly ListEntry[], origin: OperatorOrigin): Promise<string> {
    const listId = randomUUID();
    const at = this.context.now();
    const metadata = { schema: serviceEventSchemas.LocalListEntriesStored, ...metadataOfOperator(origin, at) };
    const stream = localListStream(listId);
    // A server takes a megabyte in one append. Only a list that is stored whole comes to be wanted, so a part of one does no harm.
    for (let part = 0; part * entriesInEvent < entries.length; part += 1) {
      const from = part * entriesInEvent;
      const data: Stored['data'] = { entries: entries.slice(from, from + entriesInEvent), at };
      const event = { id: randomUUID(), type: 'LocalListEntriesStored', data, metadata };
      const stored = await this.context.store.append(stream, [event], part === 0 ? NO_STREAM : part - 1);
      if (stored.outcome === 'conflict') throw codedError('conflict-persists', 'a local list');
    }
    return listId;
  }

  /** Schedules the part of the wanted list that the box has not got, if there is one. */
  async converge(identity: string, at: string): Promise<void> {
    await this.boxes.with(identity, async (box) => {
      const next = await box.look(nextListChunk);
      if (next === undefined) return;
      const entries = await this.read(next);
      const { listId, from } = next;
      const expiresAt = new Date(Date.parse(at) + timeToLive).toISOString();
      const callId = randomUUID();
      const message = { kind: 'send-list-chunk' as const, listId, from, entries, callId, expiresAt, at };
      await box.tell(message, metadataOfOperator({ requestId: `list:${listId}`, actor: 'saga:local-list' }, at));
    });
  }

  private async read({ listId, from, to }: ListChunk): Promise<readonly ListEntry[]> {
    const first = Math.floor(from / entriesInEvent);
    const limit = Math.max(1, Math.ceil(to / entriesInEvent) - first);
    const { events } = await this.context.store.readStream(localListStream(listId), { from: first, limit });
    const entries = events.flatMap((event) => upcast<Stored>(event).data.entries);
    return entries.slice(from - first * entriesInEvent, to - first * entriesInEvent);
  }
}

@CommandHandler(WantLocalList)
export class WantLocalListHandler implements ICommandHandler<WantLocalList> {
  constructor(
    private readonly lists: LocalLists,
    private readonly context: RuntimeContext,
  ) {}

  async execute({ identity, entries, chunk, origin }: WantLocalList): Promise<Commanded> {
    const listId = await this.lists.store(entries, origin);
    const at = this.context.now();
    const message = { kind: 'want-local-list' as const, listId, entries: entries.length, chunk, at };
    const told = await this.lists.boxes.with(identity, (box) => box.tell(message, metadataOfOperator(origin, at)));
    if (told.decision.outcome === 'refused') return told.decision;
    return { outcome: 'done', position: told.position };
  }
}
