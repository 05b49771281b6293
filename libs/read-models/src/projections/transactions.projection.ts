import type { CompleteMeterValue, Suspicion } from '@app/charge-box';
import { lastRegisterIn } from '@app/charge-box';
import type { Projection } from '../projection';
import type { TransactionRow } from '../rows';

/** Every transaction from start to stop, with what is odd about it. */
export const transactions: Projection<TransactionRow> = {
  name: 'transactions',
  version: 3,
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
      apply: (row, { values, suspicions }, { identity }) => {
        if (row === undefined || row.identity !== identity) return row;
        const metered = row.status === 'open' ? { ...row, energy: energySince(row, values) ?? row.energy } : row;
        return suspected(metered, suspicions);
      },
    },
    TransactionStopped: {
      keys: ({ transactionId }) => [transactionId],
      apply: (row, { timestamp, at, meterStop, idTag, suspicions }, { identity }) => {
        if (row === undefined || row.identity !== identity) return row;
        const ended = {
          ...row,
          status: 'stopped' as const,
          stoppedAt: timestamp.at,
          stopReceivedAt: at,
          meterStop,
          stopIdTag: idTag,
        };
        return suspected(withTotals(ended), suspicions);
      },
    },
    TransactionClosed: {
      keys: ({ transactionId }) => [transactionId],
      apply: (row, { stoppedAt, at, meterStop, reason }, { identity }) => {
        if (row === undefined || row.identity !== identity) return row;
        return withTotals({ ...row, status: 'closed', stoppedAt, stopReceivedAt: at, meterStop, closeReason: reason });
      },
    },
  },
};

function suspected(row: TransactionRow, found: readonly Suspicion[]): TransactionRow {
  const suspicions = [...new Set([...row.suspicions, ...found])];
  return suspicions.length === row.suspicions.length ? row : { ...row, suspicions };
}

function withTotals(row: TransactionRow): TransactionRow {
  const { meterStart, meterStop, startedAt, stoppedAt } = row;
  return {
    ...row,
    energy: meterStart === undefined || meterStop === undefined ? undefined : meterStop - meterStart,
    duration: stoppedAt === undefined ? undefined : Math.round((Date.parse(stoppedAt) - Date.parse(startedAt)) / 1_000),
  };
}

function energySince({ meterStart }: TransactionRow, values: readonly CompleteMeterValue[]): number | undefined {
  const register = lastRegisterIn(values);
  return register === undefined || meterStart === undefined ? undefined : register.wattHours - meterStart;
}
