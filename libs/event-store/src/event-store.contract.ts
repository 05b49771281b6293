import { appendContract } from './contract/append.contract';
import { closeContract } from './contract/close.contract';
import { readContract } from './contract/read.contract';
import { retainContract } from './contract/retain.contract';
import type { OpenStore } from './contract/store-under-test';
import { subscribeContract } from './contract/subscribe.contract';

/** What every event store promises. A promise that is not asserted here is not kept. */
export function eventStoreContract(open: OpenStore): void {
  appendContract(open);
  readContract(open);
  subscribeContract(open);
  retainContract(open);
  closeContract(open);
}
