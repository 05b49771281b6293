import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { positionText } from '../position';
import type { LogQuery, PageText, StreamQuery } from './messages';
import { noStream } from './stream-table';
import { TypeTable } from './type-table';

/** Positions looked at for one page: bounds the time that a filter with few hits may take. */
const scanned = 4096;

/**
 * The JSON text of one event. SQLite writes it, three times as fast as JavaScript could; what was appended as JSON goes in as it is.
 * The positions are those of `positionText`.
 */
const eventText = `format(
  '{"id":%s,"type":%s,"stream":%s,"revision":%d,"position":"%016d","recordedAt":"%s","data":%s,"metadata":%s}',
  json_quote(e.id), (SELECT json_quote(name) FROM types WHERE id = e.type_id), json_quote(s.name), e.revision, e.position,
  strftime('%Y-%m-%dT%H:%M:%fZ', e.recorded_at / 1000.0, 'unixepoch'), e.data, e.metadata)`;

/** True for events that retention keeps. */
const isKept = `(s.max_age IS NULL OR e.recorded_at > @now - s.max_age * 1000)
  AND (s.max_count IS NULL OR e.revision > (SELECT max(revision) FROM events WHERE stream_id = s.id) - s.max_count)`;

/** Events as one text, with the number of them and the lowest and highest place. */
type Rows = [events: string, count: number, lowest: number | null, highest: number | null];
type Parameters = Record<string, string | number>;

/** The same in parts, each the JSON text of a list. */
interface Found {
  readonly parts: string[];
  count: number;
  lowest: number | undefined;
  highest: number | undefined;
}

// Above 128 kB memory is mapped anew for each text, which can cost more than all of the reading (docs/adr/0014).
const charactersOfPart = 60_000;
const mostOfPart = 256;

/** A page of the log as JSON text, with what the reading of the next one needs. */
export interface LogPageText extends PageText {
  readonly next: number;
  readonly endOfLog: boolean;
}

/** Pages of events as JSON text, each page one consistent view of the file. */
export class LogReader {
  private readonly types: TypeTable;
  private readonly statements = new LRUCache<string, Database.Statement<[Parameters], Rows>>({ max: 64 });
  private readonly lastRevision: Database.Statement<[string], number>;
  private readonly newest: Database.Statement<[], number>;
  private readonly nextAfter: Database.Statement<[number], number>;
  private readonly nextBefore: Database.Statement<[number], number>;
  private readonly streamInOneView: (query: StreamQuery) => PageText;
  private ofPart = mostOfPart;
  private readonly logInOneView: (query: LogQuery) => LogPageText;

  constructor(private readonly db: Database.Database) {
    this.types = new TypeTable(db);
    const number = (sql: string) => db.prepare<never[], number>(sql).pluck();
    this.lastRevision = number(
      'SELECT max(revision) FROM events WHERE stream_id = (SELECT id FROM streams WHERE name = ?)',
    );
    this.newest = number('SELECT coalesce(max(position), 0) FROM events');
    this.nextAfter = number('SELECT min(position) FROM events WHERE position > ?');
    this.nextBefore = number('SELECT max(position) FROM events WHERE position < ?');
    this.streamInOneView = db.transaction((query: StreamQuery) => this.streamPage(query));
    this.logInOneView = db.transaction((query: LogQuery) =>
      query.backward ? this.logPageBackward(query) : this.logPage(query),
    );
  }

  head(): number {
    return this.newest.get() ?? 0;
  }

  readStream(query: StreamQuery): PageText {
    return this.streamInOneView(query);
  }

  readAll(query: LogQuery): LogPageText {
    return this.logInOneView(query);
  }

  private streamPage(query: StreamQuery): PageText {
    const lastRevision = this.lastRevision.get(query.stream) ?? noStream;
    const { limit, backward } = query;
    const from = query.from ?? (backward ? lastRevision : 0);
    const step = backward ? -1 : 1;
    const { parts, count, lowest, highest } = this.inParts(query, (most, former) =>
      this.streamRows({ ...query, from: former === undefined ? from : former + step, limit: most }),
    );
    const beyond = backward ? (lowest ?? 0) - 1 : (highest ?? lastRevision) + 1;
    const endOfStream = count < limit || this.streamRows({ ...query, from: beyond, limit: 1 })[1] === 0;
    return { parts, rest: JSON.stringify({ lastRevision, endOfStream }) };
  }

  private streamRows({ stream, from = 0, backward, limit, now }: StreamQuery): Rows {
    return this.rows(
      `SELECT e.revision AS place, ${eventText} AS text FROM streams s CROSS JOIN events e ON e.stream_id = s.id
       WHERE s.name = @stream AND e.revision ${backward ? '<=' : '>='} @from AND ${isKept}
       ORDER BY e.revision ${backward ? 'DESC' : 'ASC'} LIMIT @limit`,
      { stream, from, limit, now },
    );
  }

  private logPage(query: LogQuery): LogPageText {
    const from = query.from ?? 0;
    const end = this.head();
    // Deleted events leave gaps; looking for the next one jumps over them.
    const low = (this.nextAfter.get(from) ?? from + 1) - 1;
    const high = Math.max(from, Math.min(end, low + Math.max(scanned, query.limit)));
    const { parts, count, highest } = this.inParts(query, (most, former) =>
      this.logRows({ ...query, limit: most }, former ?? low, high),
    );
    const next = count < query.limit ? high : (highest ?? high);
    return logPageText(parts, next, next >= end);
  }

  private logPageBackward(query: LogQuery): LogPageText {
    const high = this.nextBefore.get(query.from ?? Number.MAX_SAFE_INTEGER) ?? 0;
    const low = Math.max(0, high - Math.max(scanned, query.limit));
    const { parts, count, lowest } = this.inParts(query, (most, former) =>
      this.logRows({ ...query, limit: most }, low, former === undefined ? high : former - 1),
    );
    const next = count < query.limit ? low + 1 : (lowest ?? low + 1);
    const isEnd = this.nextBefore.get(next) === null;
    return logPageText(parts, isEnd ? 0 : next, isEnd);
  }

  /** From after `low` to `high`. */
  private logRows({ types, prefixes, backward, limit, now }: LogQuery, low: number, high: number): Rows {
    const starts = Object.fromEntries((prefixes ?? []).map((prefix, i) => [`prefix${i}`, prefix]));
    const isStart = Object.keys(starts).map((name) => `substr(s.name, 1, length(@${name})) = @${name}`);
    return this.rows(
      `SELECT e.position AS place, ${eventText} AS text FROM events e CROSS JOIN streams s ON s.id = e.stream_id
       WHERE e.position > @low AND e.position <= @high
       ${types ? `AND e.type_id IN (${this.types.idsOf(types).join()})` : ''}
       ${prefixes ? `AND (${isStart.join(' OR ') || 'FALSE'})` : ''}
       AND ${isKept} ORDER BY e.position ${backward ? 'DESC' : 'ASC'} LIMIT @limit`,
      { low, high, limit, now, ...starts },
    );
  }

  /** `read` is given how many rows are wanted, and the place of the last one before them. */
  private inParts(
    { limit, backward }: { readonly limit: number; readonly backward: boolean },
    read: (most: number, former?: number) => Rows,
  ): Found {
    const found: Found = { parts: [], count: 0, lowest: undefined, highest: undefined };
    for (let more = true; more && found.count < limit;) {
      const most = Math.min(limit - found.count, this.ofPart);
      const [text, count, lowest, highest] = read(most, backward ? found.lowest : found.highest);
      more = count === most;
      if (count === 0 || lowest === null || highest === null) break;
      found.parts.push(`[${text}]`);
      found.count += count;
      found.lowest = Math.min(found.lowest ?? lowest, lowest);
      found.highest = Math.max(found.highest ?? highest, highest);
      this.ofPart = Math.max(1, Math.min(mostOfPart, Math.floor((charactersOfPart * count) / text.length)));
    }
    return found;
  }

  private rows(sql: string, parameters: Parameters): Rows {
    const rows = this.statement(sql).get(parameters);
    return rows ?? ['', 0, null, null];
  }

  private statement(sql: string): Database.Statement<[Parameters], Rows> {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = this.db
      .prepare<[Parameters], Rows>(
        `SELECT coalesce(group_concat(text), ''), count(*), min(place), max(place) FROM (${sql})`,
      )
      .raw();
    this.statements.set(sql, statement);
    return statement;
  }
}

function logPageText(parts: readonly string[], next: number, endOfLog: boolean): LogPageText {
  return { parts, rest: JSON.stringify({ next: positionText(next), endOfLog }), next, endOfLog };
}
