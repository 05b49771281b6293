import { codedError } from './errors';

interface Waiting {
  run(): Promise<void>;
}

/** How much may wait, and for how long. */
export interface MailboxLimits {
  /** Most messages behind the one being worked on; 256 by default. */
  readonly capacity?: number;
  /** Milliseconds after which a message that waited is refused instead of worked on; without end by default. */
  readonly patience?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** The queue of one actor: takes messages in order of arrival and works on one at a time. */
export class Mailbox {
  private readonly waiting: Waiting[] = [];
  private working = false;
  private posted = 0;
  private ended = 0;
  private readonly onlookers: { readonly upTo: number; readonly tell: () => void }[] = [];

  constructor(private readonly limits: MailboxLimits = {}) {}

  get idle(): boolean {
    return !this.working;
  }

  /** Runs `work` after everything posted before. Rejects with `mailbox-full` when too much waits, with `overloaded` when it waited too long. */
  post<Result>(work: () => Promise<Result>): Promise<Result> {
    const { capacity = 256, patience = Infinity, now = () => 0 } = this.limits;
    if (this.waiting.length >= capacity) return Promise.reject(codedError('mailbox-full'));
    const postedAt = now();
    return new Promise<Result>((resolve, reject) => {
      const run = async () => {
        try {
          if (now() - postedAt > patience) throw codedError('overloaded');
          resolve(await work());
        } catch (error) {
          // Whatever the work failed with is handed on as it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- see above
          reject(error);
        }
      };
      this.waiting.push({ run });
      this.posted += 1;
      if (!this.working) void this.drain();
    });
  }

  /** Resolves when everything that was posted before has ended. Asking takes no room, and is never refused. */
  settled(): Promise<void> {
    if (this.ended === this.posted) return Promise.resolve();
    return new Promise((tell) => this.onlookers.push({ upTo: this.posted, tell }));
  }

  private async drain(): Promise<void> {
    this.working = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      await next.run();
      this.ended += 1;
      while (this.onlookers[0] && this.onlookers[0].upTo <= this.ended) this.onlookers.shift()?.tell();
    }
    this.working = false;
  }
}
