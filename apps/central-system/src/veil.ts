import { idTagVeiling } from '@app/charge-box';
import type { TextKeys } from '@app/event-store';
import { erase, veiled } from '@app/event-store';
import type { EventStore, Subscription } from '@app/kernel';
import type { IdTagEraser } from '@app/runtime';

/** The history as everybody sees it but the store: with idTags in place of tokens. */
export interface VeiledHistory {
  readonly store: EventStore;
  readonly eraser: IdTagEraser;
  /** Learns what the log tells of tokens, now and from now on. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const pause = 1_000;

/** `store`: as events are appended to it. */
export function veiledHistory(store: EventStore, keys: TextKeys, veils: boolean): VeiledHistory {
  let subscription: Subscription | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;
  // Others erase too.
  const follow = async () => {
    await keys.catchUp(store);
    if (stopped) return;
    const filter = { types: ['TextErased'] };
    subscription = store.subscribe({ after: keys.position, filter }, ({ events }) => {
      for (const event of events) keys.take(event);
    });
    subscription.ended.then(again, again);
  };
  const again = () => {
    if (!stopped) retry = setTimeout(() => void follow().catch(again), pause).unref();
  };
  return {
    store: veiled(store, { keys, veiling: idTagVeiling, veils }),
    eraser: {
      erase: (idTag, at) => erase({ store, keys, veiling: idTagVeiling }, idTag, at),
      onErased: (listener) => keys.onErased(listener),
    },
    start: () => (store.shared ? follow() : keys.catchUp(store)),
    stop: async () => {
      stopped = true;
      clearTimeout(retry);
      await subscription?.stop();
    },
  };
}
