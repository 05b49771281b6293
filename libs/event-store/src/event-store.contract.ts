import { appendContract } from './contract/append.contract';
import { closeContract } from './contract/close.contract';
import { readContract } from './contract/read.contract';
import { retainContract } from './contract/retain.contract';
import type { OpenStore } from './contract/store-under-test';
import { subscribeContract } from './contract/subscribe.contract';

/** How a store forgets: readers of the whole log, and of an emptied stream, may see the past until it is removed in earnest. */
export type Forgetting = 'at-once' | 'in-time';

/** Whether the store goes by a clock that its test has in hand. */
export type Time = 'fake' | 'real';

/** What every event store promises. A promise that is not asserted here is not kept. */
export function eventStoreContract(open: OpenStore, forgets: Forgetting = 'at-once', time: Time = 'fake'): void {
  appendContract(open);
  readContract(open);
  subscribeContract(open);
  retainContract(open, forgets === 'at-once', time === 'fake');
  closeContract(open);
}
