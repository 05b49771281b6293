import type { Log } from '@app/kernel';
import type { DeadLetter, DeadLetters } from './dead-letters';
import type { Delivery } from './delivery';
import type { Letters } from './letters';

export interface RedeliveryParts {
  readonly id: string;
  readonly log: Log;
  readonly letters: Pick<Letters, 'find'>;
  readonly delivery: Pick<Delivery, 'attempt'>;
  readonly deadLetters: Pick<DeadLetters, 'all' | 'add' | 'delivered'>;
  readonly mayDeliver: () => boolean;
  readonly gone: (reason: string) => Promise<void>;
}

const forgotten = { reason: 'forgotten', detail: 'The log does not have the event any more.' };

/** Tries dead letters that somebody wants delivered after all: one after the other, once each. */
export class Redeliveries {
  private working: Promise<void> = Promise.resolve();
  private wanted = false;
  private over = false;

  constructor(private readonly parts: RedeliveryParts) {}

  /** Looks whether there are any. */
  wake(): void {
    if (this.wanted || this.over) return;
    this.wanted = true;
    this.working = this.working.then(async () => {
      this.wanted = false;
      try {
        for (const letter of await this.parts.deadLetters.all())
          if (letter.retrying && !this.over && this.parts.mayDeliver()) await this.deliver(letter);
      } catch (error) {
        this.parts.log.warn({ webhook: this.parts.id, err: error }, 'Dead letters could not be delivered');
      }
    });
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.working;
  }

  private async deliver({ retrying: _retrying, at: _at, ...letter }: DeadLetter): Promise<void> {
    const { letters, delivery, deadLetters, gone } = this.parts;
    const { reason: _reason, detail: _detail, status: _status, ...place } = letter;
    const found = await letters.find(letter);
    if (found === undefined) return void (await deadLetters.add({ ...place, ...forgotten }));
    const attempts = letter.attempts + 1;
    const verdict = await delivery.attempt(found, attempts);
    if (verdict.kind === 'delivered') return void (await deadLetters.delivered(letter.deliveryId));
    await deadLetters.add({ ...place, ...verdict.failure, attempts });
    if (verdict.kind === 'off') await gone(verdict.failure.detail);
  }
}
