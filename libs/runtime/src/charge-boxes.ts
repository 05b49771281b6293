import { LRUCache } from 'lru-cache';
import { ChargeBoxActor } from './charge-box-actor';
import type { RuntimeContext } from './runtime-context';

/** The charge boxes at work. Idle ones are forgotten, least recently used first; busy ones never, so that none exists twice. */
export class ChargeBoxes {
  private readonly busy = new Map<string, { readonly actor: ChargeBoxActor; users: number }>();
  private readonly resting: LRUCache<string, ChargeBoxActor>;

  constructor(private readonly context: RuntimeContext) {
    this.resting = new LRUCache({ max: context.settings.cachedChargeBoxes });
  }

  /** Runs `work` with the actor of an identity; there is one at a time. */
  async with<Result>(identity: string, work: (actor: ChargeBoxActor) => Promise<Result>): Promise<Result> {
    const seat = this.busy.get(identity) ?? {
      actor: this.resting.get(identity) ?? new ChargeBoxActor(identity, this.context),
      users: 0,
    };
    seat.users += 1;
    this.busy.set(identity, seat);
    try {
      return await work(seat.actor);
    } finally {
      seat.users -= 1;
      if (seat.users === 0) {
        this.busy.delete(identity);
        this.resting.set(identity, seat.actor);
      }
    }
  }

  /** Boxes at rest are dropped, those at work read themselves anew: when this resolves, none remembers anything from before. Never rejects. */
  async forget(): Promise<void> {
    this.resting.clear();
    await Promise.all([...this.busy.values()].map(({ actor }) => actor.forget()));
  }

  get cached(): number {
    return this.resting.size + this.busy.size;
  }
}
