import { Mailbox } from '@app/kernel';

/** A store that rests must not make a queue of minutes. One for all, for there are many boxes. */
const limits = { patience: 10_000, now: () => performance.now() };

/**
 * The mailbox of an actor that can be told to forget. That is no message, which could be refused: the actor drops what it remembers as soon
 * as it can, and again after each message from before, which may bring it back.
 */
export class ForgetfulMailbox {
  private readonly mailbox = new Mailbox(limits);
  private generation = 0;

  constructor(private readonly drop: () => void) {}

  post<Result>(work: () => Promise<Result>): Promise<Result> {
    const born = this.generation;
    return this.mailbox.post(async () => {
      try {
        return await work();
      } finally {
        if (born !== this.generation) this.drop();
      }
    });
  }

  /** Resolves when nothing is remembered that was there, or waited, when it was called. */
  forget(): Promise<void> {
    this.generation += 1;
    if (this.mailbox.idle) this.drop();
    return this.mailbox.settled();
  }
}
