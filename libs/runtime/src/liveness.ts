import type { Clock, Log } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { ChargeBoxes } from './charge-boxes';
import { metadataOfOperator } from './metadata';
import type { RuntimeSettings } from './settings';
import { CLOCK, LOG, RUNTIME_SETTINGS } from './tokens';

/** When a box was last seen. */
export interface LastSeen {
  readonly identity: string;
  readonly lastSeenAt: string;
  /** Seconds; that of the settings when absent. */
  readonly heartbeatInterval?: number;
}

interface Seen {
  /** From when on silence counts, milliseconds since 1970. */
  since: number;
  /** The last message. */
  at: number;
  /** Seconds. */
  interval: number;
}

const sweepEvery = 1_000;
/** Boxes looked at in one go, so that a large fleet holds nobody up. */
const slice = 5_000;

/**
 * Which boxes have fallen silent: no message for more than twice their heartbeat interval. Any message counts, also those that leave no event.
 * That a box is back it says itself.
 */
@Injectable()
export class Liveness {
  private readonly seen = new Map<string, Seen>();
  private sweeping: NodeJS.Timeout | undefined;
  private rest: Iterator<[string, Seen]> | undefined;

  constructor(
    private readonly boxes: ChargeBoxes,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
    @Inject(RUNTIME_SETTINGS) private readonly settings: RuntimeSettings,
  ) {}

  /** `lastSeen` of the boxes that are not known to be silent. While the service was down nobody could show himself, so waiting starts anew. */
  start(lastSeen: Iterable<LastSeen>): void {
    const now = this.clock.now();
    for (const { identity, lastSeenAt, heartbeatInterval } of lastSeen) {
      const interval = heartbeatInterval ?? this.settings.policy.heartbeatInterval;
      this.seen.set(identity, { since: now, at: Date.parse(lastSeenAt), interval });
    }
    this.sweeping = setInterval(() => this.sweep(), sweepEvery);
    this.sweeping.unref();
  }

  stop(): void {
    clearInterval(this.sweeping);
  }

  /** A message of an accepted box came. */
  note(identity: string, at: number, heartbeatInterval?: number): void {
    const known = this.seen.get(identity);
    if (known === undefined) {
      const interval = heartbeatInterval ?? this.settings.policy.heartbeatInterval;
      this.seen.set(identity, { since: at, at, interval });
      return;
    }
    // What other instances heard comes a moment later.
    known.since = Math.max(known.since, at);
    known.at = Math.max(known.at, at);
    if (heartbeatInterval !== undefined) known.interval = heartbeatInterval;
  }

  /** Somebody else has found the box silent. */
  forget(identity: string): void {
    this.seen.delete(identity);
  }

  /** Looks at the next boxes. Called by a timer; specs call it themselves. */
  sweep(): void {
    this.rest ??= this.seen.entries();
    const now = this.clock.now();
    for (let count = 0; count < slice; count += 1) {
      const next = this.rest.next();
      if (next.done === true) {
        this.rest = undefined;
        return;
      }
      const [identity, { since, at, interval }] = next.value;
      if (now - since <= 2_000 * interval) continue;
      this.seen.delete(identity);
      void this.tell(identity, new Date(at).toISOString());
    }
  }

  private async tell(identity: string, lastSeenAt: string): Promise<void> {
    const at = new Date(this.clock.now()).toISOString();
    const metadata = metadataOfOperator({ requestId: `silence:${identity}`.slice(0, 200), actor: 'saga:liveness' }, at);
    try {
      await this.boxes.with(identity, async (box) => {
        // It may have spoken since.
        if (this.seen.has(identity)) return;
        await box.tell({ kind: 'note-silence', lastSeenAt, at }, metadata);
      });
    } catch (error) {
      this.log.error({ identity, err: error }, 'That a charge box is silent could not be recorded; it is tried again');
      this.note(identity, Date.parse(lastSeenAt));
    }
  }
}
