import { codedError } from './errors';

interface Waiting {
  readonly work: () => Promise<unknown>;
  readonly postedAt: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
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
  private ended = 0;
  private readonly onlookers: { readonly upTo: number; readonly tell: () => void }[] = [];

  /** Messages posted so far. */
  posted = 0;

  constructor(private readonly limits: MailboxLimits = {}) {}

  get idle(): boolean {
    return !this.working;
  }

  /** Runs `work` after everything posted before. Rejects with `mailbox-full` when too much waits, with `overloaded` when it waited too long. */
  post<Result>(work: () => Promise<Result>): Promise<Result> {
    const { capacity = 256, now = noClock } = this.limits;
    if (this.waiting.length >= capacity) return Promise.reject(codedError('mailbox-full'));
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ work, postedAt: now(), resolve: resolve, reject });
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
      try {
        this.refuseLate(next);
        next.resolve(await next.work());
      } catch (error) {
        next.reject(error);
      }
      this.ended += 1;
      this.afterEach(this.ended);
      while (this.onlookers[0] && this.onlookers[0].upTo <= this.ended) this.onlookers.shift()?.tell();
    }
    this.working = false;
  }

  /** Called after each message, before anything that waits for its end goes on: how many have ended. */
  protected afterEach(_ended: number): void {
    // Nothing, for most.
  }

  private refuseLate({ postedAt }: Waiting): void {
    const { patience = Infinity, now = noClock } = this.limits;
    if (now() - postedAt > patience) throw codedError('overloaded');
  }
}

const noClock = () => 0;
