import { orphanKey } from '../projections/orphans.projection';
import type { StoredIdTag } from '../projections/id-tags.projection';
import type * as queries from '../queries';
import type {
  AddressRow,
  ChargeBoxRow,
  ConnectorRow,
  IdTagRow,
  MeterValueRow,
  OrphanRow,
  QuirkRow,
  TransactionRow,
} from '../rows';
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

function keyed<Row>(name: string, leading: readonly string[]): Listing<KeptRow, Row> {
  const select = `SELECT key, row FROM ${name}`;
  return { name, select, order: ['key'], leading, place: ({ key }) => [key], row: parsed<Row> };
}

export function findChargeBoxes(
  database: SqliteDatabase,
  filter: queries.ChargeBoxFilter,
  paging: Paging,
): Page<ChargeBoxRow> {
  const conditions = conditionsOf([
    ['registration = ?', filter.registration],
    ['vendor = ?', filter.vendor?.toLowerCase()],
    ['model = ?', filter.model?.toLowerCase()],
    [`search LIKE ? ESCAPE '\\'`, containing(filter.search)],
    ['last_seen < ?', filter.silentSince],
    [
      "(json_extract(row, '$.silentSince') IS NOT NULL) = ?",
      filter.silent === undefined ? undefined : Number(filter.silent),
    ],
  ]);
  return readPage(database, keyed<ChargeBoxRow>('charge_boxes', ['registration']), { filter, conditions, paging });
}

export function findChargeBox(database: SqliteDatabase, identity: string): queries.ChargeBoxDetails | undefined {
  const kept = database.prepare<[string], KeptRow>('SELECT key, row FROM charge_boxes WHERE key = ?').get(identity);
  if (kept === undefined) return undefined;
  return {
    ...parsed<ChargeBoxRow>(kept),
    connectors: findConnectors(database, identity),
    quirks: quirksOf(database, identity),
    addresses: addressesOf(database, identity),
  };
}

export function findNotAccepted(database: SqliteDatabase, identities: readonly string[]): readonly string[] {
  const accepted = database.prepare<[string], { key: string }>(
    "SELECT key FROM charge_boxes WHERE key = ? AND registration = 'Accepted'",
  );
  return identities.filter((identity) => accepted.get(identity) === undefined);
}

export function findConnectors(database: SqliteDatabase, identity: string): readonly ConnectorRow[] {
  const sql = 'SELECT key, row FROM connectors WHERE identity = ? ORDER BY connector_id';
  return database
    .prepare<[string], KeptRow>(sql)
    .all(identity)
    .map((kept) => parsed<ConnectorRow>(kept));
}

export interface KeptQuirk {
  readonly identity: string;
  readonly name: string;
  readonly count: number;
  readonly last_seen_at: string;
  readonly last_path: string | null;
  readonly last_text: string | null;
}

function quirksOf(database: SqliteDatabase, identity: string): readonly QuirkRow[] {
  return database
    .prepare<[string], KeptQuirk>('SELECT * FROM quirks WHERE identity = ? ORDER BY count DESC, name')
    .all(identity)
    .map(quirkOf);
}

/** A quirk as its row has it. */
export function quirkOf({ name, count, last_seen_at, last_path, last_text }: KeptQuirk): QuirkRow {
  return {
    name,
    count,
    lastSeenAt: last_seen_at,
    lastPath: last_path ?? undefined,
    lastText: last_text ?? undefined,
  };
}

function addressesOf(database: SqliteDatabase, identity: string): readonly AddressRow[] {
  const rows = database
    .prepare<
      [string],
      { from_address: string | null; reply_to: string | null; remote_address: string | null; at: string }
    >('SELECT * FROM addresses WHERE identity = ? ORDER BY position DESC LIMIT 50')
    .all(identity);
  return rows.map(({ from_address, reply_to, remote_address, at }) => ({
    from: from_address ?? undefined,
    replyTo: reply_to ?? undefined,
    remoteAddress: remote_address ?? undefined,
    at,
  }));
}

const transactionListing: Listing<KeptRow & { readonly id: number }, TransactionRow> = {
  name: 'transactions',
  select: 'SELECT key, row, id FROM transactions',
  order: ['id'],
  leading: ['identity'],
  single: ['id_tag', 'status', 'started_at'],
  descending: true,
  place: ({ id }) => [id],
  row: parsed<TransactionRow>,
};

export function findTransactions(
  database: SqliteDatabase,
  filter: queries.TransactionFilter,
  paging: Paging,
): Page<TransactionRow> {
  const { suspicion } = filter;
  const conditions = conditionsOf([
    ['identity = ?', filter.identity],
    ['connector_id = ?', filter.connectorId],
    ['id_tag = ?', filter.idTag?.toLowerCase()],
    ['status = ?', filter.status],
    ['started_at >= ?', filter.from],
    ['started_at < ?', filter.to],
    [
      `suspicions LIKE ? ESCAPE '\\'`,
      suspicion === undefined || suspicion === 'any' ? undefined : containing(`,${suspicion},`),
    ],
  ]);
  const any = suspicion === 'any' ? [{ sql: 'suspicions IS NOT NULL', values: [] }] : [];
  return readPage(database, transactionListing, { filter, conditions: [...conditions, ...any], paging });
}

export function findTransaction(database: SqliteDatabase, transactionId: number): TransactionRow | undefined {
  const kept = database
    .prepare<[string], KeptRow>('SELECT key, row FROM transactions WHERE key = ?')
    .get(String(transactionId));
  return kept && parsed<TransactionRow>(kept);
}

export function findOrphans(
  database: SqliteDatabase,
  filter: queries.FindOrphans['filter'],
  paging: Paging,
): Page<OrphanRow> {
  const conditions = conditionsOf([
    ['identity = ?', filter.identity],
    ['bound = ?', filter.bound === undefined ? undefined : Number(filter.bound)],
    ['settled = ?', filter.settled === undefined ? undefined : Number(filter.settled)],
  ]);
  return readPage(database, keyed<OrphanRow>('orphans', ['identity']), { filter, conditions, paging });
}

export function findOrphan(database: SqliteDatabase, identity: string, orphanId: string): OrphanRow | undefined {
  const key = orphanKey(identity, orphanId);
  const kept = database.prepare<[string], KeptRow>('SELECT key, row FROM orphans WHERE key = ?').get(key);
  return kept && parsed<OrphanRow>(kept);
}

export interface KeptReading {
  readonly id: number;
  readonly identity: string;
  readonly connector_id: number | null;
  readonly transaction_id: number | null;
  readonly timestamp: string;
  readonly received_at: string;
  readonly value: string;
  readonly number: number | null;
  readonly context: string;
  readonly format: string;
  readonly measurand: string;
  readonly location: string;
  readonly unit: string | null;
  readonly source: MeterValueRow['source'];
}

const readingListing: Listing<KeptReading, MeterValueRow> = {
  name: 'meter_values',
  select: 'SELECT * FROM meter_values',
  order: ['timestamp', 'id'],
  leading: ['transaction_id', 'identity'],
  place: ({ timestamp, id }) => [timestamp, id],
  row: readingOf,
};

/** A reading as its row has it. */
export function readingOf({
  id: _id,
  connector_id,
  transaction_id,
  received_at,
  number,
  unit,
  ...rest
}: KeptReading): MeterValueRow {
  return {
    ...rest,
    connectorId: connector_id ?? undefined,
    transactionId: transaction_id ?? undefined,
    receivedAt: received_at,
    number: number ?? undefined,
    unit: unit ?? undefined,
  };
}

export function findMeterValues(
  database: SqliteDatabase,
  filter: queries.MeterValueFilter,
  paging: Paging,
): Page<MeterValueRow> {
  const conditions = conditionsOf([
    ['identity = ?', filter.identity],
    ['connector_id = ?', filter.connectorId],
    ['transaction_id = ?', filter.transactionId],
    ['measurand = ?', filter.measurand],
    ['timestamp >= ?', filter.from],
    ['timestamp < ?', filter.to],
  ]);
  return readPage(database, readingListing, { filter, conditions, paging });
}

const withOpen = `SELECT key, row, (SELECT count(*) FROM transactions WHERE id_tag = id_tags.key AND status = 'open') AS open FROM id_tags`;

const idTagListing: Listing<KeptRow & { readonly open: number }, IdTagRow> = {
  name: 'id_tags',
  select: withOpen,
  order: ['key'],
  leading: ['parent'],
  place: ({ key }) => [key],
  row: (kept) => ({ ...parsed<StoredIdTag>(kept), openTransactions: kept.open }),
};

export function findIdTags(
  database: SqliteDatabase,
  filter: { readonly search?: string; readonly blocked?: boolean; readonly parentIdTag?: string },
  paging: Paging,
): Page<IdTagRow> {
  const conditions = conditionsOf([
    [`search LIKE ? ESCAPE '\\'`, containing(filter.search)],
    ['blocked = ?', filter.blocked === undefined ? undefined : Number(filter.blocked)],
    ['parent = ?', filter.parentIdTag?.toLowerCase()],
  ]);
  return readPage(database, idTagListing, { filter, conditions, paging });
}

export function findIdTag(database: SqliteDatabase, idTag: string): IdTagRow | undefined {
  const kept = database
    .prepare<[string], KeptRow & { open: number }>(`${withOpen} WHERE key = ?`)
    .get(idTag.toLowerCase());
  return kept && idTagListing.row(kept);
}
