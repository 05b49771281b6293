import type * as queries from '../queries';
import type { ConfigurationRow, OperationRow, PresetRow, RequestRow, ReservationRow } from '../rows';
import type { SqliteDatabase } from './database';
import type { Listing } from './pages';
import { conditionsOf, containing, readPage } from './pages';

type Page<Row> = queries.Page<Row>;
type Paging = queries.Paging;

interface KeptRow {
  readonly key: string;
  readonly row: string;
}

const parsed = <Row>({ row }: KeptRow): Row => JSON.parse(row) as Row;

/** Newest first. */
function byTime<Row>(
  name: string,
  column: string,
  single: readonly string[],
): Listing<KeptRow & { readonly time: string }, Row> {
  return {
    name,
    select: `SELECT key, row, ${column} AS time FROM ${name}`,
    order: [column, 'key'],
    leading: ['identity'],
    single,
    descending: true,
    place: ({ time, key }) => [time, key],
    row: parsed<Row>,
  };
}

function byKey<Row>(name: string): Listing<KeptRow, Row> {
  return { name, select: `SELECT key, row FROM ${name}`, order: ['key'], place: ({ key }) => [key], row: parsed<Row> };
}

function find<Row>(database: SqliteDatabase, table: string, key: string): Row | undefined {
  const kept = database.prepare<[string], KeptRow>(`SELECT key, row FROM ${table} WHERE key = ?`).get(key);
  return kept && parsed<Row>(kept);
}

export function findOperations(
  database: SqliteDatabase,
  filter: queries.OperationFilter,
  paging: Paging,
): Page<OperationRow> {
  const conditions = conditionsOf([
    ['identity = ?', filter.identity],
    ['operation = ?', filter.command],
    ['status = ?', filter.status],
    ['batch = ?', filter.batchId],
    ['caller_key = ?', filter.idempotencyKey],
    ['unknown = ?', filter.outcomeUnknown === undefined ? undefined : Number(filter.outcomeUnknown)],
    ['scheduled_at >= ?', filter.from],
    ['scheduled_at < ?', filter.to],
  ]);
  const single = ['caller_key', 'batch', 'status'];
  return readPage(database, byTime<OperationRow>('operations', 'scheduled_at', single), {
    filter,
    conditions,
    paging,
  });
}

export const findOperation = (database: SqliteDatabase, callId: string) =>
  find<OperationRow>(database, 'operations', callId);

export function findRequests(
  database: SqliteDatabase,
  filter: queries.RequestFilter,
  paging: Paging,
): Page<RequestRow> {
  const conditions = conditionsOf([
    ['identity = ?', filter.identity],
    ['operation = ?', filter.command],
    ['status = ?', filter.status],
  ]);
  return readPage(database, byTime<RequestRow>('requests', 'received_at', ['status']), {
    filter,
    conditions,
    paging,
  });
}

export const findRequest = (database: SqliteDatabase, msgId: string) => find<RequestRow>(database, 'requests', msgId);

export function findReservations(
  database: SqliteDatabase,
  filter: queries.ReservationFilter,
  paging: Paging,
): Page<ReservationRow> {
  const conditions = conditionsOf([
    ['identity = ?', filter.identity],
    ['status = ?', filter.status],
  ]);
  return readPage(database, byKey<ReservationRow>('reservations'), { filter, conditions, paging });
}

export function findConfiguration(
  database: SqliteDatabase,
  filter: queries.ConfigurationFilter,
  paging: Paging,
): Page<ConfigurationRow> {
  const conditions = conditionsOf([
    ['identity = ?', filter.identity],
    [`lower(name) LIKE ? ESCAPE '\\'`, containing(filter.search)],
  ]);
  return readPage(database, byKey<ConfigurationRow>('configuration'), { filter, conditions, paging });
}

export const findPresets = (database: SqliteDatabase, paging: Paging): Page<PresetRow> =>
  readPage(database, byKey<PresetRow>('presets'), { filter: {}, conditions: [], paging });

export const findPreset = (database: SqliteDatabase, name: string) => find<PresetRow>(database, 'presets', name);
