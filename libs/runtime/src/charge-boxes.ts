import { LRUCache } from 'lru-cache';
import { ChargeBoxActor } from './charge-box-actor';
import type { RuntimeContext } from './runtime-context';

interface Seat {
  readonly actor: ChargeBoxActor;
  users: number;
}

/** The charge boxes at work. Idle ones are forgotten, least recently used first; busy ones never, so that none exists twice. */
export class ChargeBoxes {
  private readonly seats: LRUCache<string, Seat>;
  /** Those at work for which the others left no place; they come back when they are at rest. */
  private readonly displaced = new Map<string, Seat>();

  constructor(private readonly context: RuntimeContext) {
    this.seats = new LRUCache({
      max: context.settings.cachedChargeBoxes,
      dispose: (seat, identity) => {
        if (seat.users > 0) this.displaced.set(identity, seat);
      },
    });
  }

  /** Runs `work` with the actor of an identity; there is one at a time. */
  async with<Result>(identity: string, work: (actor: ChargeBoxActor) => Promise<Result>): Promise<Result> {
    const seat = this.seats.get(identity) ?? this.displaced.get(identity) ?? this.newSeat(identity);
    seat.users += 1;
    try {
      return await work(seat.actor);
    } finally {
      seat.users -= 1;
      if (this.displaced.size > 0) this.comeBack(identity, seat);
    }
  }

  private newSeat(identity: string): Seat {
    const seat = { actor: new ChargeBoxActor(identity, this.context), users: 0 };
    this.seats.set(identity, seat);
    return seat;
  }

  private comeBack(identity: string, seat: Seat): void {
    if (seat.users === 0 && this.displaced.delete(identity)) this.seats.set(identity, seat);
  }

  /** Boxes at rest are dropped, those at work read themselves anew: when this resolves, none remembers anything from before. Never rejects. */
  async forget(): Promise<void> {
    this.seats.clear();
    await Promise.all([...this.displaced.values()].map(({ actor }) => actor.forget()));
  }

  get cached(): number {
    return this.seats.size + this.displaced.size;
  }
}
