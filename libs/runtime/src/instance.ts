import { randomUUID } from 'node:crypto';

/** This process among those that share an event store: a name that outlives restarts, and one for this run. */
export class Instance {
  /** Unique for ever; begins with the name. */
  readonly run: string;

  constructor(readonly name: string) {
    this.run = `${name}/${randomUUID()}`;
  }

  /** Whether something was held by an earlier run of this instance, which can hold it no more. */
  heldBefore(run: string): boolean {
    return run !== this.run && run.startsWith(`${this.name}/`);
  }
}
