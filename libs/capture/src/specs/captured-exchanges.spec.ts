import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PseudonymKey } from '../key';
import type { CaptureBounds, NewExchange } from '../sqlite/captured-exchanges';
import { CapturedExchanges } from '../sqlite/captured-exchanges';
import type { SqliteDatabase } from '../sqlite/file';
import { openForWriting } from '../sqlite/file';
import { allCaptured, countCaptured, findCaptured, listCaptured } from '../sqlite/queries';

const now = Date.parse('2026-03-01T12:00:00Z');
const hour = 3_600_000;
const bounds: CaptureBounds = { milliseconds: 72 * hour, bytes: 1024 * 1024, exchanges: 100 };

let folder: string;
let file: string;
const open: SqliteDatabase[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ocpp-captures-'));
  file = join(folder, 'captures.db');
});
afterEach(() => {
  for (const db of open.splice(0)) if (db.open) db.close();
  rmSync(folder, { recursive: true, force: true });
});

function opened(changed: Partial<CaptureBounds> = {}) {
  const db = openForWriting(file);
  open.push(db);
  const key = new PseudonymKey(file);
  return { db, key, captured: new CapturedExchanges(db, { ...bounds, ...changed }, key) };
}

const exchange = (number: number, changed: Partial<NewExchange> = {}): NewExchange => ({
  at: new Date(now + number * 1_000).toISOString(),
  milliseconds: 1.5,
  requestId: `r-${number}`,
  identity: `BOX-${number % 2}`,
  operation: 'Authorize',
  remoteAddress: '10.0.0.5',
  status: 200,
  quirks: ['field-case'],
  masked: true,
  headers: { 'content-type': 'text/xml' },
  request: { text: `<request${number}/>` },
  response: { text: `<response${number}/>` },
  ...changed,
});
const many = (count: number, changed: Partial<NewExchange> = {}) =>
  Array.from({ length: count }, (_, number) => exchange(number, changed));

describe('the captured exchanges', () => {
  it('are found as they were kept, newest first, also by what they are', () => {
    const { db, captured } = opened();
    const fault = exchange(2, {
      fault: 'ProtocolError',
      status: 400,
      quirks: [],
      identity: undefined,
      operation: undefined,
    });
    captured.keep([...many(2), fault], now);
    const list = (filter: object, page: object = {}) =>
      listCaptured(db, filter, { limit: 10, ...page }).map(({ id }) => id);
    expect(list({})).toEqual([3, 2, 1]);
    expect(list({}, { limit: 2, before: 3 })).toEqual([2, 1]);
    expect(list({ identity: 'BOX-1' })).toEqual([2]);
    expect(list({ operation: 'Heartbeat' })).toEqual([]);
    expect(list({ from: exchange(1).at, to: exchange(2).at })).toEqual([2]);
    expect(list({ only: 'faults' })).toEqual([3]);
    expect(list({ only: 'quirks' })).toEqual([2, 1]);
    expect(findCaptured(db, 1)).toEqual({ id: 1, ...exchange(0) });
    const { identity: _identity, operation: _operation, ...unknown } = fault;
    expect(findCaptured(db, 3)).toEqual({ id: 3, ...unknown });
    expect(findCaptured(db, 4)).toBeUndefined();
  });

  it('are read in the order of receipt, not in that of the answers', () => {
    const { db, captured } = opened({ exchanges: 1_000 });
    captured.keep(many(450).reverse(), now);
    const times = [...allCaptured(db)].map(({ at }) => at);
    expect(times).toHaveLength(450);
    expect(times).toEqual(times.toSorted());
  });

  it('are no more than they may be; the oldest go first', () => {
    const { db, captured } = opened();
    captured.keep(many(250), now);
    const [newest, oldest] = [listCaptured(db, {}, { limit: 1 })[0], [...allCaptured(db)][0]];
    expect(countCaptured(db)).toBeLessThanOrEqual(100);
    expect(countCaptured(db)).toBeGreaterThan(90);
    expect(newest?.id).toBe(250);
    expect(oldest?.id).toBeGreaterThan(150);
  });

  it('take no more of the disk than they may', () => {
    const { db, captured } = opened({ exchanges: 1_000_000 });
    for (let round = 0; round < 20; round += 1) captured.keep(many(40, { request: { text: 'x'.repeat(5_000) } }), now);
    db.pragma('wal_checkpoint(TRUNCATE)');
    expect(statSync(file).size).toBeLessThan(1.05 * bounds.bytes);
    expect(countCaptured(db)).toBeGreaterThan(100);
    expect(captured.forget({ identity: 'BOX-0' })).toBeGreaterThan(50);
    expect(statSync(file).size).toBeLessThan(0.8 * bounds.bytes);
  });

  it('go when they are too old, also when nothing more comes', () => {
    const { db, captured } = opened();
    captured.keep(many(10), now);
    captured.sweep(now + 72 * hour + 5_000);
    expect([...allCaptured(db)].map(({ id }) => id)).toEqual([6, 7, 8, 9, 10]);
  });

  it('of one box can be removed, and leave no trace on the disk', () => {
    const { db, captured } = opened();
    captured.keep(many(50, { request: { text: 'REMEMBER-ME' } }), now);
    captured.keep(many(50, { identity: 'OTHER' }), now);
    expect(captured.forget({ identity: 'BOX-0' }) + captured.forget({ identity: 'BOX-1' })).toBe(50);
    expect(captured.forget({ identity: 'BOX-1' })).toBe(0);
    expect(countCaptured(db)).toBe(50);
    for (const end of ['', '-wal']) expect(readFileSync(file + end).includes('REMEMBER-ME')).toBe(false);
  });

  it('never share an id, not even with one that is gone', () => {
    const { db, captured } = opened();
    captured.keep(many(3), now);
    captured.sweep(now + 100 * hour);
    captured.keep(many(1), now);
    expect([...allCaptured(db)].map(({ id }) => id)).toEqual([4]);
  });
});

describe('the key of the pseudonyms', () => {
  const keyFile = () => `${file}.key`;

  it('is for its owner alone, stays as long as what was made with it, and goes with the last of it', () => {
    const first = opened();
    const key = first.key.get();
    first.captured.keep(many(2), now);
    first.db.close();
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    const second = opened();
    expect(second.key.get()).toEqual(key);
    expect(countCaptured(second.db)).toBe(2);
    second.captured.sweep(now + 100 * hour);
    expect(existsSync(keyFile())).toBe(false);
    expect(second.key.get()).not.toEqual(key);
  });

  it('that is not the one of the file ends what the file holds', () => {
    const first = opened();
    first.key.get();
    first.captured.keep(many(2), now);
    first.db.close();
    rmSync(keyFile());
    expect(countCaptured(opened().db)).toBe(0);
  });

  it('does not outlive its file', () => {
    const first = opened();
    const key = first.key.get();
    first.captured.keep(many(2), now);
    first.db.close();
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    expect(opened().key.get()).not.toEqual(key);
  });

  it('is not needed for what stands in clear', () => {
    const first = opened();
    first.captured.keep(many(2, { masked: false }), now);
    first.db.close();
    expect(existsSync(keyFile())).toBe(false);
    expect(countCaptured(opened().db)).toBe(2);
  });
});

it('a file that holds something else is refused', () => {
  const db = openForWriting(file);
  db.pragma('application_id = 1');
  db.close();
  expect(() => openForWriting(file)).toThrow('holds no captured messages');
});
