import { codedFailure, failureOf, rejection } from './failures';

const firstWait = 100;
const longestWait = 5_000;

/** Tries again what may work a moment later, with growing pauses, until patience ends. */
export class Patience {
  private ended = false;

  constructor(private readonly milliseconds: number) {}

  /** From now on nothing is tried again. */
  end(): void {
    this.ended = true;
  }

  async with<Result>(work: () => Promise<Result>): Promise<Result> {
    const end = Date.now() + this.milliseconds;
    for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 2)) {
      try {
        return await work();
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind !== 'transient') throw rejection(failure, error);
        // Many who failed together must not come back together.
        const pause = wait * (0.5 + Math.random() / 2);
        if (this.ended || Date.now() + pause > end) throw codedFailure(failure, error);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}
