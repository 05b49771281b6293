import type { Projection } from '../projection';
import type { OrphanRow } from '../rows';

export const orphanKey = (identity: string, orphanId: string): string => `${orphanId}\u0000${identity}`;

/** Stops without a transaction, until an operator binds or dismisses them. */
export const orphans: Projection<OrphanRow> = {
  name: 'orphans',
  version: 2,
  columns: {
    identity: (row) => row.identity,
    bound: (row) => (row.boundTo === undefined ? 0 : 1),
    settled: (row) => (row.boundTo === undefined && row.dismissedAt === undefined ? 0 : 1),
    received_at: (row) => row.receivedAt,
  },
  indexes: ['identity'],
  on: {
    OrphanStopReceived: {
      keys: ({ orphanId }, { identity }) => [orphanKey(identity, orphanId)],
      // Sent again it is still what became of it; older programs recorded it again.
      apply: (row, { orphanId, transactionId, idTag, timestamp, at, meterStop }, { identity }) =>
        row ?? { orphanId, identity, transactionId, idTag, stoppedAt: timestamp.at, receivedAt: at, meterStop },
    },
    TransactionClosed: {
      keys: ({ orphanId }, { identity }) => (orphanId === undefined ? [] : [orphanKey(identity, orphanId)]),
      apply: (row, { transactionId }) => row && bound(row, transactionId),
    },
    TransactionCorrected: {
      keys: ({ orphanId }, { identity }) => [orphanKey(identity, orphanId)],
      apply: (row, { transactionId }) => row && bound(row, transactionId),
    },
    OrphanDismissed: {
      keys: ({ orphanId }, { identity }) => [orphanKey(identity, orphanId)],
      apply: (row, { reason, at }) => row && { ...row, dismissedAt: at, dismissReason: reason },
    },
  },
};

function bound({ dismissedAt: _at, dismissReason: _reason, ...row }: OrphanRow, boundTo: number): OrphanRow {
  return { ...row, boundTo };
}
