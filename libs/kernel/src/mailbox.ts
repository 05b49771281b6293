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

  private readonly capacity: number;
  private readonly patience: number;
  private readonly now: () => number;

  constructor({ capacity = 256, patience = Infinity, now = () => 0 }: MailboxLimits = {}) {
    this.capacity = capacity;
    this.patience = patience;
    this.now = now;
  }

  get idle(): boolean {
    return !this.working;
  }

  /** Runs `work` after everything posted before. Rejects with `mailbox-full` when too much waits, with `overloaded` when it waited too long. */
  post<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.waiting.length >= this.capacity) return Promise.reject(codedError('mailbox-full'));
    const postedAt = this.now();
    return new Promise<Result>((resolve, reject) => {
      const run = async () => {
        try {
          if (this.now() - postedAt > this.patience) throw codedError('overloaded');
          resolve(await work());
        } catch (error) {
          // Whatever the work failed with is handed on as it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- see above
          reject(error);
        }
      };
      this.waiting.push({ run });
      if (!this.working) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.working = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) await next.run();
    this.working = false;
  }
}
