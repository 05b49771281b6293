import type { Projection } from '../projection';
import type { ConnectorRow } from '../rows';

const keyOf = (identity: string, connectorId: number): string => `${connectorId}\u0000${identity}`;

const unreported = (identity: string, connectorId: number, since: string): ConnectorRow => ({
  identity,
  connectorId,
  status: 'Unknown',
  errorCode: 'NoError',
  since,
});

/** Which connector of which charge box is doing what. */
export const connectors: Projection<ConnectorRow> = {
  name: 'connectors',
  version: 2,
  columns: { identity: (row) => row.identity, connector_id: (row) => row.connectorId },
  indexes: ['identity, connector_id'],
  on: {
    ConnectorStatusReported: {
      keys: ({ connectorId }, { identity }) => [keyOf(identity, connectorId)],
      apply: (row, { connectorId, status, errorCode, info, vendorId, vendorErrorCode, timestamp }, { identity }) => ({
        identity,
        connectorId,
        status,
        errorCode,
        info,
        vendorId,
        vendorErrorCode,
        since: timestamp.at,
        transactionId: row?.transactionId,
        availability: shown(row?.availability, status),
      }),
    },
    AvailabilityChangeAnswered: {
      keys: ({ connectorId }, { identity }) => [keyOf(identity, connectorId)],
      apply: (row, { connectorId, type, status, at }, { identity }) => ({
        ...(row ?? unreported(identity, connectorId, at)),
        availability: { type, status, at },
      }),
    },
    TransactionStarted: {
      keys: ({ connectorId }, { identity }) => [keyOf(identity, connectorId)],
      apply: (row, { connectorId, transactionId, at }, { identity }) => ({
        ...(row ?? unreported(identity, connectorId, at)),
        transactionId,
      }),
    },
    TransactionStopped: {
      keys: ({ connectorId }, { identity }) => (connectorId === undefined ? [] : [keyOf(identity, connectorId)]),
      apply: (row, { transactionId }) => freed(row, transactionId),
    },
    TransactionClosed: {
      keys: ({ connectorId }, { identity }) => [keyOf(identity, connectorId)],
      apply: (row, { transactionId }) => freed(row, transactionId),
    },
  },
};

/** A change that was put off is done once the connector shows it. */
function shown(availability: ConnectorRow['availability'], status: string): ConnectorRow['availability'] {
  if (availability?.status !== 'Scheduled') return availability;
  const isDone = (status === 'Unavailable') === (availability.type === 'Inoperative');
  return isDone ? { ...availability, status: 'Accepted' } : availability;
}

function freed(row: ConnectorRow | undefined, transactionId: number): ConnectorRow | undefined {
  return row?.transactionId === transactionId ? { ...row, transactionId: undefined } : row;
}
