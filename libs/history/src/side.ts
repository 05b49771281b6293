import type { MovedEvent } from './summary';

/** A stretch of a history, in order. */
export interface Stretch {
  readonly events: readonly MovedEvent[];
  /** How much of the history lies behind it, from 0 to 1. */
  readonly share: number;
}

/** One side of a copy: a history that can be read from its beginning, and added to at its end. */
export interface Side {
  readonly isEmpty: boolean;
  /** From the first event to the last that was there when the side was opened; what was written since is included. */
  read(): AsyncIterable<Stretch>;
  /** Adds events in order. `revisions` are those of the source. Resolves when the side has taken them; `flush` when they are durable. */
  write(events: readonly MovedEvent[]): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Takes up where an earlier copy ended: the side learns what it holds. */
export interface Resumable extends Side {
  /** Tells the side of an event that it holds already. */
  known(event: MovedEvent): void;
}
