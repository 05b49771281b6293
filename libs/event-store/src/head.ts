import type { Position } from '@app/kernel';

/** The newest position of a store that somebody may wait for. */
export class Head {
  private announcing = false;
  private readonly listeners = new Set<(position: Position) => void>();

  constructor(public position: Position) {}

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  /** Returns the way to stop listening. */
  onAdvance(listener: (position: Position) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  advance(position: Position): void {
    if (position <= this.position) return;
    this.position = position;
    if (this.announcing) return;
    // The appends of one group are acknowledged in one go: one call for all of them.
    this.announcing = true;
    queueMicrotask(() => {
      this.announcing = false;
      this.rouse();
    });
  }

  /** Calls every listener without news, so that those who wait look whether the store is still open. */
  rouse(): void {
    for (const listener of this.listeners) listener(this.position);
  }
}
