import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { positionText } from '../position';
import type { LogQuery, StreamQuery } from './messages';
import { PageText } from './page-text';
import type { EventRow } from './page-text';
import { noStream } from './stream-table';
import { TypeTable } from './type-table';

/** Positions looked at for one page: bounds the time that a filter with few hits may take. */
const scanned = 4096;

const columns = 'e.position, s.name, e.revision, e.type_id, e.recorded_at, e.id, e.data, e.metadata';

/** True for events that retention keeps. Needs the parameter for the present time. */
const isKept = `(s.max_age IS NULL OR e.recorded_at > @now - s.max_age * 1000)
  AND (s.max_count IS NULL OR e.revision > (SELECT max(revision) FROM events WHERE stream_id = s.id) - s.max_count)`;

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Pages of events as JSON text, each page one consistent view of the file. */
export class LogReader {
  private readonly types: TypeTable;
  private readonly pageText: PageText;
  private readonly statements = new LRUCache<string, Database.Statement<[Record<string, unknown>], EventRow>>({
    max: 64,
  });
  private readonly streamEnd: Database.Statement<[string], number>;
  private readonly newest: Database.Statement<[], number>;
  private readonly nextAfter: Database.Statement<[number], number>;
  private readonly nextBefore: Database.Statement<[number], number>;
  private readonly inOneView: (read: () => string) => string;

  constructor(private readonly db: Database.Database) {
    this.types = new TypeTable(db);
    this.pageText = new PageText(this.types);
    this.streamEnd = db
      .prepare<[string], number>(
        'SELECT max(revision) FROM events WHERE stream_id = (SELECT id FROM streams WHERE name = ?)',
      )
      .pluck();
    this.newest = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck();
    this.nextAfter = db.prepare<[number], number>('SELECT min(position) FROM events WHERE position > ?').pluck();
    this.nextBefore = db.prepare<[number], number>('SELECT max(position) FROM events WHERE position < ?').pluck();
    this.inOneView = db.transaction((read: () => string) => read());
  }

  head(): number {
    return this.newest.get() ?? 0;
  }

  readStream(query: StreamQuery): string {
    return this.inOneView(() => this.streamPage(query));
  }

  readAll(query: LogQuery): string {
    return this.inOneView(() => (query.backward ? this.logPageBackward(query) : this.logPage(query)));
  }

  private streamPage({ stream, from, backward, limit, now }: StreamQuery): string {
    const last = this.streamEnd.get(stream) ?? noStream;
    const rows = this.rows(
      `SELECT ${columns} FROM streams s JOIN events e ON e.stream_id = s.id
       WHERE s.name = @stream AND e.revision ${backward ? '<=' : '>='} @from AND ${isKept}
       ORDER BY e.revision ${backward ? 'DESC' : 'ASC'} LIMIT @limit`,
      { stream, from: from ?? (backward ? last : 0), limit: limit + 1, now },
    );
    const events = this.pageText.list(rows.slice(0, limit));
    return `{"events":${events},"lastRevision":${last},"endOfStream":${rows.length <= limit}}`;
  }

  private logPage(query: LogQuery): string {
    const from = query.from ?? 0;
    const end = this.head();
    // Deleted events leave gaps; looking for the next one jumps over them.
    const low = (this.nextAfter.get(from) ?? from + 1) - 1;
    const high = Math.min(end, low + Math.max(scanned, query.limit));
    const rows = this.logRows(query, { low, high: high + 1 });
    const next = rows.length < query.limit ? Math.max(high, from) : (rows.at(-1)?.[0] ?? from);
    return this.logPageText(rows, next, next >= end);
  }

  private logPageBackward(query: LogQuery): string {
    const high = (this.nextBefore.get(query.from ?? Number.MAX_SAFE_INTEGER) ?? 0) + 1;
    const low = Math.max(0, high - 1 - Math.max(scanned, query.limit));
    const rows = this.logRows(query, { low, high });
    const next = rows.length < query.limit ? low + 1 : (rows.at(-1)?.[0] ?? low + 1);
    const isEnd = this.nextBefore.get(next) === null;
    return this.logPageText(rows, isEnd ? 0 : next, isEnd);
  }

  /** Both ends of the range are left out. */
  private logRows({ types, prefixes, backward, limit, now }: LogQuery, { low, high }: Range): EventRow[] {
    const typeIds = types && this.types.idsOf(types).join();
    const starts = Object.fromEntries((prefixes ?? []).map((prefix, i) => [`prefix${i}`, prefix]));
    const isStart = Object.keys(starts).map((name) => `substr(s.name, 1, length(@${name})) = @${name}`);
    return this.rows(
      `SELECT ${columns} FROM events e CROSS JOIN streams s ON s.id = e.stream_id
       WHERE e.position > @low AND e.position < @high
       ${typeIds === undefined ? '' : `AND e.type_id IN (${typeIds})`}
       ${prefixes === undefined ? '' : `AND (${isStart.join(' OR ') || 'FALSE'})`}
       AND ${isKept} ORDER BY e.position ${backward ? 'DESC' : 'ASC'} LIMIT @limit`,
      { low, high, limit, now, ...starts },
    );
  }

  private rows(sql: string, parameters: Record<string, unknown>): EventRow[] {
    const known = this.statements.get(sql);
    if (known) return known.all(parameters);
    const statement = this.db.prepare<[Record<string, unknown>], EventRow>(sql).raw();
    this.statements.set(sql, statement);
    return statement.all(parameters);
  }

  private logPageText(rows: readonly EventRow[], next: number, endOfLog: boolean): string {
    return `{"events":${this.pageText.list(rows)},"next":"${positionText(next)}","endOfLog":${endOfLog}}`;
  }
}
