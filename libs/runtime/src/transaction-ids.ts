import type { ServiceEventOf } from '@app/charge-box';
import { serviceEventSchemas, transactionIdClaimStream, transactionIdStream, upcast } from '@app/charge-box';
import { codedError, NO_STREAM } from '@app/kernel';
import type { EventStore } from '@app/kernel';
import { randomUUID } from 'node:crypto';
import { transactionIdBlock } from './settings';

/** The greatest id that every charge box can hold (32 bit signed). */
export const greatestTransactionId = 2_147_483_647;

type BlockReserved = ServiceEventOf<'TransactionIdsReserved'>;
type IdsClaimed = ServiceEventOf<'TransactionIdsClaimed'>;

const holderOf = ({ msgId = '', start }: IdsClaimed['data']): Holder => ({ msgId, ...(start && { start }) });

/** The request that a chosen id is for, and its start: a request that ended with its service comes again as another one. */
export interface Holder {
  readonly msgId: string;
  readonly start?: string;
}

const isSame = (one: Holder, other: Holder): boolean =>
  one.msgId === other.msgId || (one.start !== undefined && one.start === other.start);

interface Block {
  next: number;
  readonly last: number;
}

/** Hands out transaction ids that no other instance and no earlier run has handed out: blocks are reserved in the log. */
export class TransactionIds {
  private current: Block | undefined;
  private spare: Block | undefined;
  private reserving: Promise<void> | undefined;
  /** Ids of our own blocks, or within them, that responders chose, with whom each is for. */
  private readonly chosen = new Map<number, Holder>();

  constructor(
    private readonly store: EventStore,
    private readonly now: () => string,
    private readonly blockSize = transactionIdBlock,
  ) {}

  /** Makes sure that `peek` has an id to show. */
  async ready(): Promise<void> {
    while (this.available() === undefined) await this.reserve();
  }

  /** The id that `take` will give away, 0 when `ready` was not awaited. */
  peek(): number {
    return this.available()?.next ?? 0;
  }

  take(): void {
    const block = this.available();
    if (block === undefined) return;
    block.next += 1;
    this.skipChosen(block);
    // Reserve ahead, so that a request waits for a block only when a whole block went during one append.
    if (this.spare === undefined && block.last - block.next < this.blockSize / 2) this.reserve().catch(() => undefined);
  }

  /** Speaks for an id that a responder chose for a start, as often as it says so. Says why not when it is, or may be, another transaction's. */
  async claim(id: number, wanted: Holder): Promise<string | undefined> {
    if (id < 1 || id > greatestTransactionId)
      return `is no id that a charge box can hold; use 1 to ${greatestTransactionId}`;
    const own = [this.current, this.spare].find(
      (block) => block && id <= block.last && id > block.last - this.blockSize,
    );
    if (own !== undefined) {
      const holder = this.chosen.get(id);
      if (holder !== undefined && isSame(holder, wanted)) return undefined;
      if (id < own.next || holder !== undefined) return 'belongs to another transaction';
      this.chosen.set(id, wanted);
      this.skipChosen(own);
      return undefined;
    }
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const outcome = await this.claimAlone(id, wanted);
      if (outcome !== 'conflict') return outcome;
    }
    throw codedError('conflict-persists', transactionIdClaimStream(id));
  }

  private async claimAlone(id: number, wanted: Holder): Promise<string | undefined> {
    const { claims, revision } = await this.claimsNear(id);
    const taken = claims.find(({ first, last }) => id >= first && id <= last);
    if (taken?.by === 'responder')
      return isSame(holderOf(taken), wanted) ? undefined : 'belongs to another transaction';
    if (taken !== undefined) {
      return `lies among ids that are given out here (${taken.first} to ${taken.last}); leave it out and one is given`;
    }
    const claim: IdsClaimed['data'] = { first: id, last: id, by: 'responder', ...wanted, at: this.now() };
    const appended = await this.append(transactionIdClaimStream(id), 'TransactionIdsClaimed', claim, revision);
    return appended ? undefined : 'conflict';
  }

  private async claimsNear(id: number) {
    const page = await this.store.readStream(transactionIdClaimStream(id), { from: 0, limit: 2_000 });
    return { claims: page.events.map((event) => upcast<IdsClaimed>(event).data), revision: page.lastRevision };
  }

  /** Speaks for a block as far as nobody chose its ids, and keeps those that somebody did. */
  private async claimBlock(first: number, last: number): Promise<void> {
    for (let group = first; group <= last; group = Math.floor((group - 1) / 1_000) * 1_000 + 1_001) {
      while (!(await this.claimWithin(group, { first, last })));
    }
  }

  private async claimWithin(group: number, block: { readonly first: number; readonly last: number }): Promise<boolean> {
    const { claims, revision } = await this.claimsNear(group);
    for (const claim of claims) if (claim.by === 'responder') this.chosen.set(claim.first, holderOf(claim));
    const claim: IdsClaimed['data'] = { ...block, by: 'block', at: this.now() };
    return this.append(transactionIdClaimStream(group), 'TransactionIdsClaimed', claim, revision);
  }

  private skipChosen(block: Block): void {
    while (this.chosen.has(block.next)) block.next += 1;
  }

  private available(): Block | undefined {
    if (this.current && this.current.next > this.current.last) {
      for (const id of this.chosen.keys()) if (id <= this.current.last) this.chosen.delete(id);
      this.current = this.spare;
      this.spare = undefined;
    }
    return this.current;
  }

  private reserve(): Promise<void> {
    this.reserving ??= this.reserveBlock().finally(() => (this.reserving = undefined));
    return this.reserving;
  }

  private async reserveBlock(): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const page = await this.store.readStream(transactionIdStream, { direction: 'backward', limit: 1 });
      const newest = page.events[0] && upcast<BlockReserved>(page.events[0]);
      const first = (newest?.data.last ?? 0) + 1;
      const last = Math.min(first + this.blockSize - 1, greatestTransactionId);
      if (first > greatestTransactionId) throw codedError('transaction-ids-exhausted');
      const block: BlockReserved['data'] = { first, last, at: this.now() };
      const appended = await this.append(transactionIdStream, 'TransactionIdsReserved', block, page.lastRevision);
      if (!appended) continue;
      await this.claimBlock(first, last);
      return this.keep({ next: first, last });
    }
    throw codedError('conflict-persists', transactionIdStream);
  }

  private async append<Event extends BlockReserved | IdsClaimed>(
    stream: string,
    type: Event['type'],
    data: Event['data'],
    revision: number,
  ): Promise<boolean> {
    const id = randomUUID();
    const schema = serviceEventSchemas[type];
    const metadata = { schema, correlationId: id, causationId: id, actor: 'system', receivedAt: this.now() };
    const event = { id, type, data, metadata };
    const result = await this.store.append(stream, [event], revision < 0 ? NO_STREAM : revision);
    return result.outcome === 'appended';
  }

  private keep(block: Block): void {
    this.skipChosen(block);
    if (block.next > block.last) return;
    if (this.available() === undefined) this.current = block;
    else this.spare = block;
  }
}
