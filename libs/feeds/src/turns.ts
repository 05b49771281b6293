/** Work that goes before that of turns: while it is done, none of them begins. */
export class Precedence {
  private busy = 0;
  private readonly waiting = new Set<() => void>();

  get isTaken(): boolean {
    return this.busy > 0;
  }

  async during(work: () => Promise<void>): Promise<void> {
    this.busy += 1;
    try {
      await work();
    } finally {
      this.busy -= 1;
      if (!this.isTaken) for (const goOn of [...this.waiting]) goOn();
    }
  }

  /** Calls back whenever the way is free again. */
  whenFree(goOn: () => void): void {
    this.waiting.add(goOn);
  }
}

/** Lets work take turns: so much at a time, in order, with room for everything else in between. */
export class Turns {
  private readonly waiting: (() => Promise<void> | void)[] = [];
  private running = 0;

  constructor(
    private readonly most: number,
    readonly precedence = new Precedence(),
  ) {
    precedence.whenFree(() => this.begin());
  }

  /** The work must not fail: nobody would hear of it. */
  take(work: () => Promise<void> | void): void {
    this.waiting.push(work);
    this.begin();
  }

  private begin(): void {
    while (this.waiting.length > 0 && this.running < this.most && !this.precedence.isTaken) {
      const work = this.waiting.shift();
      if (work === undefined) return;
      this.running += 1;
      setImmediate(() => void this.run(work));
    }
  }

  private async run(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } finally {
      this.running -= 1;
      this.begin();
    }
  }
}
