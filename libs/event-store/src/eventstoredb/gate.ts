import { TookTooLong } from './failures';

type Leave = () => void;

/** Lets so many through at once; the others wait for their turn, though not for ever. */
export class Gate {
  private inside = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly most: number,
    /** Milliseconds that anybody waits. */
    private readonly longest: number,
  ) {}

  async enter(): Promise<Leave> {
    if (this.inside >= this.most) await this.turn();
    else this.inside += 1;
    return () => this.leave();
  }

  private turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(go);
        reject(new TookTooLong(this.longest));
      }, this.longest);
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiting.add(go);
    });
  }

  /** The place goes to who has waited longest. */
  private leave(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.inside -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
