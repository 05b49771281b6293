import { Mailbox } from '@app/kernel';

/** A store that rests must not make a queue of minutes. One for all, for there are many boxes. */
const limits = { patience: 10_000, now: () => performance.now() };

/**
 * The mailbox of an actor that can be told to forget. That is no message, which could be refused: the actor drops what it remembers as soon
 * as it can, and again after each message from before, which may bring it back.
 */
export class ForgetfulMailbox extends Mailbox {
  /** How many messages may bring back what is to be forgotten. */
  private fromBefore = 0;

  constructor(private readonly drop: () => void) {
    super(limits);
  }

  protected override afterEach(ended: number): void {
    if (ended <= this.fromBefore) this.drop();
  }

  /** Resolves when nothing is remembered that was there, or waited, when it was called. */
  forget(): Promise<void> {
    this.fromBefore = this.posted;
    if (this.idle) this.drop();
    return this.settled();
  }
}
