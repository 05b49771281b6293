/** Characters of what waits in memory, over all webhooks. */
export class Memory {
  private characters = 0;

  constructor(private readonly most: number) {}

  get taken(): number {
    return this.characters;
  }

  /** Fewer where the number is negative. */
  count(characters: number): void {
    this.characters += characters;
  }

  /** How much more may be kept by who keeps `own`: all together no more than is free besides, so that nobody takes the room of the others. */
  roomBeside(own: number): number {
    return this.most - this.characters - own;
  }
}
