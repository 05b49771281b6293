import { forgetsItsPast } from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import type { Check, CheckRun, Finding, Report } from './check';
import { placeOf } from './check';

const restore =
  'Events are missing or in each other’s place. Restore the store from a backup, or export what is there and keep both.';

/** Every stream is numbered from 0 without gaps, and positions rise. */
export const orderCheck: Check = {
  name: 'order',
  doc: 'revisions of each stream without gaps, positions rising',
  begin: (_evidence, report) => new OrderRun(report),
};

class OrderRun implements CheckRun {
  private readonly next = new Map<string, number>();
  private newest = BEGINNING;

  constructor(private readonly report: Report) {}

  take(event: RecordedEvent): void {
    const { stream, revision, position } = event;
    if (position <= this.newest) this.found(event, 'out-of-order', `Position ${position} comes after ${this.newest}.`);
    else this.newest = position;
    const expected = this.next.get(stream) ?? 0;
    this.next.set(stream, revision + 1);
    if (revision === expected || (revision > expected && forgetsItsPast(stream))) return;
    const stands = `Revision ${revision} stands where ${expected} is due`;
    if (revision > expected)
      this.found(event, 'missing', `${stands}: ${revision - expected} events are missing before it.`);
    else this.found(event, 'repeated', `${stands}: it comes again or late.`);
  }

  private found(event: RecordedEvent, code: Finding['code'], what: string): void {
    this.report({ code, what, place: placeOf(event), todo: restore });
  }
}
