import { appendContract } from './contract/append.contract';
import { closeContract } from './contract/close.contract';
import { readContract } from './contract/read.contract';
import { retainContract } from './contract/retain.contract';
import type { OpenStore } from './contract/store-under-test';
import { subscribeContract } from './contract/subscribe.contract';

/** How a store forgets: readers of the whole log, and of an emptied stream, may see the past until it is removed in earnest. */
export type Forgetting = 'at-once' | 'in-time';

/** What every event store promises. A promise that is not asserted here is not kept. */
export function eventStoreContract(open: OpenStore, forgets: Forgetting = 'at-once'): void {
  appendContract(open);
  readContract(open);
  subscribeContract(open);
  retainContract(open, forgets === 'at-once');
  closeContract(open);
}
