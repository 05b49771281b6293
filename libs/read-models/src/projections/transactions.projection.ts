import type { Suspicion } from '@app/charge-box';
import { energyAfter } from '@app/charge-box';
import type { Projection } from '../projection';
import type { TransactionRow } from '../rows';

/** Every transaction from start to stop, with what is odd about it. */
export const transactions: Projection<TransactionRow> = {
  name: 'transactions',
  version: 4,
  columns: {
    id: (row) => row.transactionId,
    identity: (row) => row.identity,
    connector_id: (row) => row.connectorId,
    id_tag: (row) => row.idTag.toLowerCase(),
    status: (row) => row.status,
    started_at: (row) => row.startedAt,
    suspicions: (row) => (row.suspicions.length === 0 ? null : `,${row.suspicions.join(',')},`),
  },
  indexes: ['id', 'identity, id', 'id_tag, status', 'status', 'started_at'],
  on: {
    TransactionStarted: {
      keys: ({ transactionId, supersedes = [] }) => [transactionId, ...supersedes],
      apply: (row, start, { identity, key }) => {
        if (key !== String(start.transactionId)) return row && suspected(row, ['superseded']);
        const { transactionId, connectorId, idTag, idTagInfo, timestamp, at, meterStart, reservationId, suspicions } =
          start;
        return {
          transactionId,
          identity,
          connectorId,
          idTag,
          idTagStatus: idTagInfo.status,
          parentIdTag: idTagInfo.parentIdTag,
          status: 'open',
          startedAt: timestamp.at,
          startReceivedAt: at,
          meterStart,
          reservationId,
          suspicions,
        };
      },
    },
    MeterValuesReported: {
      keys: ({ transactionId }) => (transactionId === undefined ? [] : [transactionId]),
      apply: (row, data, { identity }) => {
        if (row === undefined || row.identity !== identity) return row;
        return suspected(energyAfter(row, { type: 'MeterValuesReported', data }), data.suspicions);
      },
    },
    TransactionStopped: {
      keys: ({ transactionId }) => [transactionId],
      apply: (row, data, { identity }) => {
        if (row === undefined || row.identity !== identity) return row;
        const { timestamp, at, idTag, suspicions } = data;
        const end = { status: 'stopped' as const, stoppedAt: timestamp.at, stopReceivedAt: at, stopIdTag: idTag };
        return suspected(energyAfter(timed({ ...row, ...end }), { type: 'TransactionStopped', data }), suspicions);
      },
    },
    TransactionClosed: {
      keys: ({ transactionId }) => [transactionId],
      apply: (row, data, { identity }) => {
        if (row === undefined || row.identity !== identity) return row;
        const { stoppedAt, at, reason, suspicions, orphanId } = data;
        const end = { status: 'closed' as const, stoppedAt, stopReceivedAt: at, closeReason: reason, orphanId };
        return suspected(energyAfter(timed({ ...row, ...end }), { type: 'TransactionClosed', data }), suspicions);
      },
    },
    TransactionCorrected: {
      keys: ({ transactionId }) => [transactionId],
      apply: (row, data, { identity }) => {
        if (row === undefined || row.identity !== identity) return row;
        const { stoppedAt, at, reason, suspicions, orphanId } = data;
        const correction = { stoppedAt, correctedAt: at, correctionReason: reason, orphanId };
        return suspected(
          energyAfter(timed({ ...row, ...correction }), { type: 'TransactionCorrected', data }),
          suspicions,
        );
      },
    },
  },
};

function suspected(row: TransactionRow, found: readonly Suspicion[]): TransactionRow {
  if (found.length === 0) return row;
  const suspicions = [...new Set([...row.suspicions, ...found])];
  return suspicions.length === row.suspicions.length ? row : { ...row, suspicions };
}

function timed(row: TransactionRow): TransactionRow {
  const { startedAt, stoppedAt } = row;
  if (stoppedAt === undefined) return row;
  return { ...row, duration: Math.round((Date.parse(stoppedAt) - Date.parse(startedAt)) / 1_000) };
}
