import { setImmediate as others } from 'node:timers/promises';
import type { Alarm } from '../alarm';

interface Due {
  readonly at: number;
  readonly work: () => void;
}

const noon = Date.parse('2026-03-01T12:00:00.000Z');

/** Time that passes when a spec says so. It is the clock as well. */
export class FakeAlarm implements Alarm {
  private time = noon;
  private due: Due[] = [];

  now(): number {
    return this.time;
  }

  /** Seconds that have passed. */
  get seconds(): number {
    return (this.time - noon) / 1_000;
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.due.length;
  }

  after(milliseconds: number, work: () => void): () => void {
    const due = { at: this.time + milliseconds, work };
    this.due.push(due);
    return () => (this.due = this.due.filter((one) => one !== due));
  }

  /** Lets time pass, and everything happen that follows. */
  async pass(seconds: number): Promise<void> {
    await settled();
    const end = this.time + seconds * 1_000;
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.due = this.due.filter((one) => one !== next);
      this.time = Math.max(this.time, next.at);
      next.work();
      await settled();
    }
    this.time = end;
  }

  private next(end: number): Due | undefined {
    return this.due.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
  }
}

/** Everything that does not wait for time has happened: stores in memory and fakes answer within a turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 25; turn += 1) await others();
}
