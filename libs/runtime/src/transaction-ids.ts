import { transactionIdStream } from '@app/charge-box';
import { codedError, NO_STREAM } from '@app/kernel';
import type { DomainEvent, EventStore } from '@app/kernel';
import { randomUUID } from 'node:crypto';
import { transactionIdBlock } from './settings';

/** The greatest id that every charge box can hold (32 bit signed). */
export const greatestTransactionId = 2_147_483_647;

type BlockReserved = DomainEvent<
  'TransactionIdsReserved',
  { readonly first: number; readonly last: number; readonly at: string }
>;

interface Block {
  next: number;
  readonly last: number;
}

/** Hands out transaction ids that no other instance and no earlier run has handed out: blocks are reserved in the log. */
export class TransactionIds {
  private current: Block | undefined;
  private spare: Block | undefined;
  private reserving: Promise<void> | undefined;

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
    // Reserve ahead, so that a request waits for a block only when a whole block went during one append.
    if (this.spare === undefined && block.last - block.next < this.blockSize / 2) this.reserve().catch(() => undefined);
  }

  private available(): Block | undefined {
    if (this.current && this.current.next > this.current.last) {
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
      const newest = page.events[0] as unknown as BlockReserved | undefined;
      const first = (newest?.data.last ?? 0) + 1;
      const last = Math.min(first + this.blockSize - 1, greatestTransactionId);
      if (first > greatestTransactionId) throw codedError('transaction-ids-exhausted');
      const appended = await this.append({ first, last, at: this.now() }, page.lastRevision);
      if (appended) return this.keep({ next: first, last });
    }
    throw codedError('conflict-persists', transactionIdStream);
  }

  private async append(data: BlockReserved['data'], revision: number): Promise<boolean> {
    const id = randomUUID();
    const metadata = { schema: 1, correlationId: id, causationId: id, actor: 'system', receivedAt: data.at };
    const event = { id, type: 'TransactionIdsReserved', data, metadata };
    const result = await this.store.append(transactionIdStream, [event], revision < 0 ? NO_STREAM : revision);
    return result.outcome === 'appended';
  }

  private keep(block: Block): void {
    if (this.available() === undefined) this.current = block;
    else this.spare = block;
  }
}
