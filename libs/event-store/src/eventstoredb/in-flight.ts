/** Work that was taken and is not done. */
export class InFlight {
  private readonly work = new Set<Promise<unknown>>();

  constructor(
    /** Milliseconds that the rest may take at the end. */
    private readonly longest: number,
  ) {}

  async add<Result>(work: Promise<Result>): Promise<Result> {
    this.work.add(work);
    try {
      return await work;
    } finally {
      this.work.delete(work);
    }
  }

  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, this.longest);
    });
    await Promise.race([Promise.allSettled(this.work), late]);
    clearTimeout(timer);
  }
}
