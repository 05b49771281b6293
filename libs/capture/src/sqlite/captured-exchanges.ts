import type { CapturedExchange, CaptureSettings, KeptText } from '../captured';
import type { PseudonymKey } from '../key';
import { mentionOf } from '../mention';
import type { Forgettable } from '../messages';
import type { SqliteDatabase } from './file';

/** An exchange that is not kept yet. */
export type NewExchange = Omit<CapturedExchange, 'id'>;

/** What the file may come to. */
export type CaptureBounds = Pick<CaptureSettings, 'milliseconds' | 'bytes'> & { readonly exchanges: number };

/** The captured exchanges in their file: within their bounds after each change, whatever is added. */
export class CapturedExchanges {
  private count: number;

  constructor(
    private readonly db: SqliteDatabase,
    private readonly bounds: CaptureBounds,
    private readonly key: PseudonymKey,
  ) {
    // Without the key that they were made with, the pseudonyms of before and of now would not go together.
    const { key_mark: mark } = db.prepare<[], { key_mark: string | null }>('SELECT key_mark FROM about').get() ?? {};
    if (mark !== null && mark !== this.key.mark) db.exec('DELETE FROM exchanges');
    this.count = db.prepare<[], number>('SELECT count(*) FROM exchanges').pluck().get() ?? 0;
    if (this.count === 0) this.dropKey();
  }

  /** Adds what is made by each `make`, all or nothing. */
  keep(exchanges: Iterable<NewExchange>, now: number): void {
    this.db.transaction(() => {
      for (const exchange of exchanges) {
        this.insert(exchange);
        this.makeRoom();
      }
      this.db.prepare('UPDATE about SET key_mark = ?').run(this.key.mark ?? null);
    })();
    this.sweep(now);
  }

  /** Removes what is too old. */
  sweep(now: number): void {
    const oldest = new Date(now - this.bounds.milliseconds).toISOString();
    if (this.remove('at < ?', oldest) > 0) this.db.pragma('incremental_vacuum');
  }

  /** Removes what came from a box, or has an idTag in clear, from the disk as well. */
  forget(what: Forgettable): number {
    const removed = 'identity' in what ? this.remove('identity = ?', what.identity) : this.removeWith(what.idTag);
    this.db.pragma('incremental_vacuum');
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    return removed;
  }

  private insert({ headers, request, response, ...row }: NewExchange): void {
    const { lastInsertRowid } = this.db
      .prepare('INSERT INTO exchanges VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        row.at,
        row.milliseconds,
        row.requestId,
        row.identity ?? null,
        row.operation ?? null,
        row.remoteAddress ?? null,
        row.status,
        row.fault ?? null,
        row.quirks.length === 0 ? null : JSON.stringify(row.quirks),
        row.masked ? 1 : 0,
      );
    this.db
      .prepare('INSERT INTO texts VALUES (?, ?, ?, ?)')
      .run(lastInsertRowid, JSON.stringify(headers), JSON.stringify(request), JSON.stringify(response));
    this.count += 1;
  }

  /** The oldest go, a twentieth at a time. */
  private makeRoom(): void {
    while (this.count > 0 && (this.count > this.bounds.exchanges || this.bytes > this.bounds.bytes)) {
      const share = Math.ceil(this.count / 20);
      this.remove('id <= (SELECT id FROM exchanges ORDER BY id LIMIT 1 OFFSET ?)', share - 1);
    }
  }

  private get bytes(): number {
    const number = (name: string) => Number(this.db.pragma(name, { simple: true }));
    return (number('page_count') - number('freelist_count')) * number('page_size');
  }

  private remove(condition: string, value: string | number): number {
    const { changes } = this.db.prepare(`DELETE FROM exchanges WHERE ${condition}`).run(value);
    this.count -= changes;
    if (this.count === 0 && changes > 0 && !this.db.inTransaction) this.dropKey();
    return changes;
  }

  private removeWith(idTag: string): number {
    const mentions = mentionOf(idTag);
    const texts = this.db.prepare<[], { id: number; request: string; response: string }>(
      'SELECT id, request, response FROM texts JOIN exchanges USING (id) WHERE masked = 0',
    );
    const found: number[] = [];
    for (const { id, request, response } of texts.iterate())
      if ([request, response].some((kept) => mentions(JSON.parse(kept) as KeptText))) found.push(id);
    return this.db.transaction(() => found.reduce((sum, id) => sum + this.remove('id = ?', id), 0))();
  }

  /** Nothing is left that was made with it. */
  private dropKey(): void {
    this.db.prepare('UPDATE about SET key_mark = NULL').run();
    this.key.remove();
  }
}
