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
      if (!this.working) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.working = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) await next.run();
    this.working = false;
  }
}
