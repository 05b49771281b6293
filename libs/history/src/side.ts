import type { MovedEvent, Summary } from './summary';

/** A stretch of a history, in order. */
export interface Stretch {
  readonly events: readonly MovedEvent[];
  /** How much of the history lies behind it, from 0 to 1. */
  readonly share: number;
}

/** One side of a copy: a history that can be read from its beginning, and added to at its end. */
export interface Side {
  readonly isEmpty: boolean;
  /** Whether it holds what only a store makes, tokens of idTags or links, and so has to stay as it is. */
  readonly isAsStored: boolean;
  /** From the first event to the last that was there when the side was opened, and all that it was given to write since. */
  read(): AsyncIterable<Stretch>;
  /**
   * Adds events: those of one box in order, others as near to it as the side can. `countOf` says how many events of a stream are there.
   * Resolves when the side can take more.
   */
  write(events: readonly MovedEvent[], countOf: (stream: string) => number): Promise<void>;
  /** Resolves when everything is durable. */
  flush(): Promise<void>;
  /** Marks the history as complete. `whole` is what it comes to. */
  seal(whole: Summary): Promise<void>;
  /** True if the side keeps only newer events of a stream than those that it had. */
  hasForgotten(stream: string): Promise<boolean>;
  close(): Promise<void>;
}
