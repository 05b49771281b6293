import type { Position } from '@app/kernel';

/** The newest position of a store that somebody may wait for. */
export class Head {
  ended = false;
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

  /** Says that no news will come any more. */
  end(): void {
    this.ended = true;
    this.rouse();
  }

  /** Calls every listener, news or not. */
  rouse(): void {
    for (const listener of this.listeners) listener(this.position);
  }
}
