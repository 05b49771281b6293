import type { ReadinessCheck, ReadinessReport } from '@app/api';
import type { Position } from '@app/kernel';
import type { History } from './stores';
import { checkStore } from './stores';

/** Seconds since the read models last showed everything that was stored. */
export function lagOf(readModels: History['readModels']): number {
  const { caughtUp, caughtUpAt } = readModels.status();
  return caughtUp ? 0 : Math.max(0, (Date.now() - caughtUpAt) / 1_000);
}

/** Milliseconds for which the history may seem to end before what the read models show. */
const patience = 5_000;
const replaced =
  'The history ends before what the read models show: the event store was restored or replaced. Start this instance again.';

/** Ready means: the doors are open, the store answers, and its history is still the same. How far behind everything else is, is told besides. */
export class Readiness {
  open = false;
  private beyondSince: number | undefined;
  sagas = (): { readonly tasks: number; readonly skipped: number } => ({ tasks: 0, skipped: 0 });

  webhooks = (): { readonly faults: readonly string[] } => ({ faults: [] });

  constructor(private readonly history: History) {}

  async report(): Promise<ReadinessReport> {
    const { check: store, head } = await checkStore(this.history);
    const { skipped } = this.sagas();
    const checks: Record<string, ReadinessCheck> = {
      store,
      readModels: this.readModels(head),
      sagas: { status: 'up', ...(skipped > 0 ? { detail: `${skipped} events left out` } : {}) },
      ingress: { status: this.open ? 'up' : 'down' },
      ...this.ofWebhooks(),
    };
    return { ready: this.open && Object.values(checks).every(({ status }) => status === 'up'), checks };
  }

  /** A node that lags a little may say so too; a history that was replaced goes on saying it. */
  private isReplaced(head: Position | undefined): boolean {
    // The checkpoint may be beyond the head without harm: it covers events of others too.
    if (head === undefined || this.history.readModels.anchor() <= head) {
      this.beyondSince = undefined;
      return false;
    }
    this.beyondSince ??= performance.now();
    return performance.now() - this.beyondSince > patience;
  }

  /** Charge boxes are served all the same. */
  private ofWebhooks(): Record<string, ReadinessCheck> {
    const { faults } = this.webhooks();
    return faults.length === 0 ? {} : { webhooks: { status: 'up', detail: faults.slice(0, 10).join(' ') } };
  }

  private readModels(head: Position | undefined): ReadinessCheck {
    const { checkpoint, skipped, interruption } = this.history.readModels.status();
    if (this.isReplaced(head)) return { status: 'down', detail: replaced };
    const isBehind = head === undefined || checkpoint < head;
    const place = isBehind && head !== undefined ? `at ${checkpoint || 'the beginning'} of ${head}` : undefined;
    const leftOut = skipped > 0 ? `${skipped} events left out` : undefined;
    const detail = [place, leftOut, interruption].filter(Boolean).join('; ');
    const lag = isBehind ? Math.round(lagOf(this.history.readModels)) : 0;
    return { status: 'up', lag, ...(detail === '' ? {} : { detail }) };
  }
}
