import { codedError } from './errors';

interface Waiting {
  run(): Promise<void>;
}

/** The queue of one actor: takes messages in order of arrival and works on one at a time. */
export class Mailbox {
  private readonly waiting: Waiting[] = [];
  private working = false;

  /** `capacity`: most messages that may wait behind the one being worked on. */
  constructor(private readonly capacity = 256) {}

  get idle(): boolean {
    return !this.working;
  }

  /** Runs `work` after everything posted before. Rejects with `mailbox-full` when too much waits. */
  post<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.waiting.length >= this.capacity) return Promise.reject(codedError('mailbox-full'));
    return new Promise<Result>((resolve, reject) => {
      const run = async () => {
        try {
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
