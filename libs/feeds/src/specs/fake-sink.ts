import type { Sink } from '../follower';

export interface Message {
  readonly event: string;
  readonly id?: string;
  readonly data: {
    readonly key?: string;
    readonly row?: { readonly [field: string]: unknown };
    readonly type?: string;
  };
}

/** A connection in the format of lines; it takes what a reader with so much room would take. */
export class FakeSink implements Sink {
  readonly lines: string[] = [];
  ended = false;
  wasCut = false;
  characters = 0;
  private drained: (() => void)[] = [];

  constructor(public reads = true) {}

  write(text: string | Buffer): boolean {
    if (this.ended || this.wasCut) throw new Error('written to a connection that is over');
    this.characters += text.length;
    this.lines.push(...text.toString().trimEnd().split('\n'));
    return this.reads;
  }

  whenDrained(work: () => void): void {
    this.drained.push(work);
  }

  /** The reader has read everything. */
  drain(): void {
    for (const work of this.drained.splice(0)) work();
  }

  end(): void {
    this.ended = true;
  }

  cut(): void {
    this.wasCut = true;
  }

  get messages(): readonly Message[] {
    return this.lines.map((line) => JSON.parse(line) as Message).filter(({ event }) => event !== undefined);
  }

  get events(): readonly string[] {
    return this.messages.map(({ event }) => event);
  }
}

/** Resolves once a condition holds; the limit of the test is for what never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
