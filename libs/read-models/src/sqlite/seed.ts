import type { IdTagDetails } from '@app/charge-box';
import type { AuthorizationSeed, DueTask, LastSeen, OfferedRequest, TaskSeed } from '@app/runtime';
import type { StoredIdTag } from '../projections/id-tags.projection';
import type { ChargeBoxRow, RequestRow, TransactionRow } from '../rows';
import type { SqliteDatabase } from './database';
import { checkpointOf } from './database';

/** Everything about idTags, open transactions and candidates that the tables hold, with the position that they show. */
export function seedFrom(database: SqliteDatabase): AuthorizationSeed {
  return database.transaction(() => ({
    position: checkpointOf(database),
    idTags: rowsOf<StoredIdTag>(database, 'SELECT row FROM id_tags').map(
      ({ changedAt: _changedAt, ...details }): IdTagDetails => details,
    ),
    openTransactions: rowsOf<TransactionRow>(database, `SELECT row FROM transactions WHERE status = 'open'`).filter(
      ({ suspicions }) => !suspicions.includes('superseded'),
    ),
    candidates: database
      .prepare<[], { key: string }>(`SELECT key FROM charge_boxes WHERE registration = 'Unknown'`)
      .all()
      .map(({ key }) => key),
  }))();
}

/** The to-do lists as the tables hold them, with the position that they show. */
export function tasksFrom(database: SqliteDatabase): TaskSeed {
  return database.transaction(() => ({
    position: checkpointOf(database),
    tasks: rowsOf<DueTask>(database, 'SELECT row FROM tasks'),
  }))();
}

/** Requests that wait for somebody outside, as of the checkpoint. */
export function pendingFrom(database: SqliteDatabase): readonly OfferedRequest[] {
  return rowsOf<RequestRow>(database, `SELECT row FROM requests WHERE status = 'Pending'`).map(
    ({ receivedAt: at, ...request }) => ({ ...request, at }),
  );
}

/** When accepted boxes that are not known to be silent were last seen, and how often they are to show themselves. */
export function lastSeenFrom(database: SqliteDatabase): readonly LastSeen[] {
  return rowsOf<ChargeBoxRow>(database, `SELECT row FROM charge_boxes WHERE registration = 'Accepted'`).flatMap(
    ({ identity, lastSeenAt, heartbeatInterval, silentSince }) =>
      lastSeenAt === undefined || silentSince !== undefined ? [] : [{ identity, lastSeenAt, heartbeatInterval }],
  );
}

function rowsOf<Row>(database: SqliteDatabase, sql: string): readonly Row[] {
  return database
    .prepare<[], { row: string }>(sql)
    .all()
    .map(({ row }) => JSON.parse(row) as Row);
}
