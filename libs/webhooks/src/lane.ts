import type { WebhookArrears } from '@app/charge-box';
import type { Position } from '@app/kernel';
import type { Letter } from './letters';

/** The events of one box that wait for a webhook, in order; or those of no box. */
export class Lane {
  /** The first of those that wait, as far as they are in memory. */
  readonly letters: Letter[] = [];
  /** All that wait are in memory. */
  whole: boolean;
  /** It waits for its next attempt. */
  pausing = false;
  firstAt: number | undefined;
  cancel: () => void = () => undefined;

  readonly identity: string | undefined;
  after: Position;
  upTo: Position;
  attempts: number;

  private constructor({ identity, after, upTo, attempts }: WebhookArrears, whole: boolean) {
    this.identity = identity;
    this.after = after;
    this.upTo = upTo;
    this.attempts = attempts;
    this.whole = whole;
  }

  /** `after`: up to where everything is settled. */
  static begun(identity: string | undefined, after: Position): Lane {
    return new Lane({ ...(identity !== undefined && { identity }), after, upTo: after, attempts: 0 }, true);
  }

  static inArrears(arrears: WebhookArrears): Lane {
    return new Lane(arrears, false);
  }

  get arrears(): WebhookArrears {
    const { identity, after, upTo, attempts } = this;
    return { ...(identity === undefined ? {} : { identity }), after, upTo, attempts };
  }

  /** Keeps so many at most; the others are read again. What it keeps no more is returned. */
  shorten(most: number): readonly Letter[] {
    const dropped = this.letters.splice(most);
    this.whole &&= dropped.length === 0;
    return dropped;
  }

  /** The first letter is settled: the next one begins anew. True if it was still kept. */
  settle(letter: Letter): boolean {
    const isKept = this.letters[0] === letter;
    if (isKept) this.letters.shift();
    this.after = letter.position;
    this.attempts = 0;
    this.firstAt = undefined;
    return isKept;
  }
}
