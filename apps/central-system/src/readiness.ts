import type { ReadinessCheck, ReadinessReport } from '@app/api';
import type { Position } from '@app/kernel';
import type { History } from './stores';
import { checkStore } from './stores';

const replaced =
  'The history ends before what the read models show: the event store was restored or replaced. Start this instance again.';

/** Ready means: the doors are open, the store answers, and its history is still the same. How far behind everything else is, is told besides. */
export class Readiness {
  open = false;
  sagas = (): { readonly tasks: number; readonly skipped: number } => ({ tasks: 0, skipped: 0 });

  constructor(private readonly history: History) {}

  async report(): Promise<ReadinessReport> {
    const { check: store, head } = await checkStore(this.history);
    const { skipped } = this.sagas();
    const checks: Record<string, ReadinessCheck> = {
      store,
      readModels: this.readModels(head),
      sagas: { status: 'up', ...(skipped > 0 ? { detail: `${skipped} events left out` } : {}) },
      ingress: { status: this.open ? 'up' : 'down' },
    };
    return { ready: this.open && Object.values(checks).every(({ status }) => status === 'up'), checks };
  }

  private readModels(head: Position | undefined): ReadinessCheck {
    const { checkpoint, skipped, caughtUpAt } = this.history.readModels.status();
    if (head !== undefined && checkpoint > head) return { status: 'down', detail: replaced };
    const isBehind = head === undefined || checkpoint < head;
    const place = isBehind && head !== undefined ? `at ${checkpoint || 'the beginning'} of ${head}` : undefined;
    const detail = [place, skipped > 0 ? `${skipped} events left out` : undefined].filter(Boolean).join('; ');
    const lag = isBehind ? Math.max(0, Math.round((Date.now() - caughtUpAt) / 1_000)) : 0;
    return { status: 'up', lag, ...(detail === '' ? {} : { detail }) };
  }
}
