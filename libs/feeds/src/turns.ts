/** Lets work take turns: so much at a time, in order, with room for everything else in between. */
export class Turns {
  private readonly waiting: (() => Promise<void> | void)[] = [];
  private running = 0;

  constructor(private readonly most: number) {}

  /** The work must not fail: nobody would hear of it. */
  take(work: () => Promise<void> | void): void {
    this.waiting.push(work);
    this.next();
  }

  private next(): void {
    if (this.running >= this.most) return;
    const work = this.waiting.shift();
    if (work === undefined) return;
    this.running += 1;
    setImmediate(() => void this.run(work));
  }

  private async run(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } finally {
      this.running -= 1;
      this.next();
    }
  }
}
