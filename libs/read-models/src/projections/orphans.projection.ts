import type { Projection } from '../projection';
import type { OrphanRow } from '../rows';

const keyOf = (identity: string, orphanId: string): string => `${orphanId}\u0000${identity}`;

/** Stops without a transaction, until an operator binds them. */
export const orphans: Projection<OrphanRow> = {
  name: 'orphans',
  version: 2,
  columns: {
    identity: (row) => row.identity,
    bound: (row) => (row.boundTo === undefined ? 0 : 1),
    received_at: (row) => row.receivedAt,
  },
  indexes: ['identity'],
  on: {
    OrphanStopReceived: {
      keys: ({ orphanId }, { identity }) => [keyOf(identity, orphanId)],
      apply: (row, { orphanId, transactionId, idTag, timestamp, at, meterStop }, { identity }) => ({
        orphanId,
        identity,
        transactionId,
        idTag,
        stoppedAt: timestamp.at,
        receivedAt: at,
        meterStop,
        // Sent again it is still what became of it; older programs recorded it again.
        ...(row?.boundTo === undefined ? {} : { boundTo: row.boundTo }),
      }),
    },
    TransactionClosed: {
      keys: ({ orphanId }, { identity }) => (orphanId === undefined ? [] : [keyOf(identity, orphanId)]),
      apply: (row, { transactionId }) => row && { ...row, boundTo: transactionId },
    },
  },
};
