import type { EventStore } from '@app/kernel';
import type { Instance } from './instance';

/** A shared store whose events say which instance recorded them. A store of our own needs no such note. */
export function stamped(store: EventStore, { run }: Instance): EventStore {
  if (!store.shared) return store;
  return {
    shared: true,
    append: (stream, events, expected) =>
      store.append(
        stream,
        events.map((event) => ({ ...event, metadata: { ...event.metadata, instance: run } })),
        expected,
      ),
    readStream: (stream, options) => store.readStream(stream, options),
    readAll: (options) => store.readAll(options),
    subscribe: (options, subscriber) => store.subscribe(options, subscriber),
    head: () => store.head(),
    retain: (stream, retention) => store.retain(stream, retention),
    ...(store.purge && { purge: () => store.purge?.() ?? Promise.resolve() }),
    close: () => store.close(),
  };
}
