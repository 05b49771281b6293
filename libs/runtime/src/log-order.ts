import type { Position } from '@app/kernel';
import { BEGINNING } from '@app/kernel';

/**
 * The order of the log, for who hears of some events before the log tells them: of each matter only what is newer than the newest heard
 * is news.
 */
export class LogOrder {
  /** What was heard and not told yet: as much as the log is behind, no more. */
  private readonly newest = new Map<string, Position>();
  private toldUpTo: Position = BEGINNING;

  /** Whether an event about a matter is to be taken. Without a position, where nobody else writes, it always is. */
  isNews(matter: string, position: Position | undefined): boolean {
    if (position === undefined || position === BEGINNING) return true;
    if (position <= this.toldUpTo) return false;
    const known = this.newest.get(matter);
    if (known !== undefined && known > position) return false;
    this.newest.set(matter, position);
    return true;
  }

  /** The log has told everything up to a position: nothing older comes any more. */
  told(position: Position): void {
    if (position <= this.toldUpTo) return;
    this.toldUpTo = position;
    for (const [matter, known] of this.newest) if (known <= position) this.newest.delete(matter);
  }
}
