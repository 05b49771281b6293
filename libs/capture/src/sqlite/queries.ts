import type { CapturedExchange, CapturedRow, CaptureFilter, KeptText } from '../captured';
import type { SqliteDatabase } from './file';

interface Stored {
  readonly id: number;
  readonly at: string;
  readonly milliseconds: number;
  readonly request_id: string;
  readonly identity: string | null;
  readonly operation: string | null;
  readonly remote_address: string | null;
  readonly status: number;
  readonly fault: string | null;
  readonly quirks: string | null;
  readonly masked: number;
}

interface StoredWhole extends Stored {
  readonly headers: string;
  readonly request: string;
  readonly response: string;
}

const oddities = { faults: 'fault IS NOT NULL', quirks: 'quirks IS NOT NULL' } as const;

/** A page of what was captured, newest first, below an id. */
export function listCaptured(
  db: SqliteDatabase,
  { identity, operation, from, to, only }: CaptureFilter,
  { limit, before }: { readonly limit: number; readonly before?: number },
): readonly CapturedRow[] {
  const conditions: readonly (readonly [string, string | number | undefined])[] = [
    ['identity = ?', identity],
    ['operation = ?', operation],
    ['at >= ?', from],
    ['at < ?', to],
    ['id < ?', before],
  ];
  const given = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  const where = [...given.map(({ sql }) => sql), only === undefined ? 'TRUE' : oddities[only]].join(' AND ');
  return db
    .prepare<(string | number)[], Stored>(`SELECT * FROM exchanges WHERE ${where} ORDER BY id DESC LIMIT ?`)
    .all(...given.map(({ value }) => value), limit)
    .map(rowOf);
}

const whole = 'SELECT * FROM exchanges JOIN texts USING (id)';

export function findCaptured(db: SqliteDatabase, id: number): CapturedExchange | undefined {
  const stored = db.prepare<[number], StoredWhole>(`${whole} WHERE id = ?`).get(id);
  return stored && wholeOf(stored);
}

const pageSize = 200;

/** Everything that was captured, in the order of receipt. */
export function* allCaptured(db: SqliteDatabase): Generator<CapturedExchange> {
  const read = db.prepare<[string, number, number], StoredWhole>(
    `${whole} WHERE (at, id) > (?, ?) ORDER BY at, id LIMIT ?`,
  );
  for (let last = { at: '', id: 0 }; ;) {
    const page = read.all(last.at, last.id, pageSize);
    for (const stored of page) yield wholeOf(stored);
    const end = page.at(-1);
    if (end === undefined) return;
    last = end;
  }
}

export function countCaptured(db: SqliteDatabase): number {
  return db.prepare<[], number>('SELECT count(*) FROM exchanges').pluck().get() ?? 0;
}

function rowOf(stored: Stored): CapturedRow {
  const { id, at, milliseconds, request_id: requestId, status, quirks, masked } = stored;
  const { identity, operation, remote_address: remoteAddress, fault } = stored;
  return {
    id,
    at,
    milliseconds,
    requestId,
    ...(identity === null ? {} : { identity }),
    ...(operation === null ? {} : { operation }),
    ...(remoteAddress === null ? {} : { remoteAddress }),
    status,
    ...(fault === null ? {} : { fault }),
    quirks: quirks === null ? [] : (JSON.parse(quirks) as string[]),
    masked: masked === 1,
  };
}

function wholeOf(stored: StoredWhole): CapturedExchange {
  return {
    ...rowOf(stored),
    headers: JSON.parse(stored.headers) as CapturedExchange['headers'],
    request: JSON.parse(stored.request) as KeptText,
    response: JSON.parse(stored.response) as KeptText,
  };
}
