import type { CompleteMeterValue } from '@app/charge-box';
import { numberOf } from '@app/charge-box';
import type { MeterValueRow } from '../rows';
import type { Occasion, ProjectedEvent } from '../projection';

/** The readings that an event brings, one row each. */
export function meterValuesOf(
  event: ProjectedEvent,
  { identity, receivedAt }: Pick<Occasion, 'identity' | 'receivedAt'>,
): readonly MeterValueRow[] {
  if (event.type === 'MeterValuesReported') {
    const { connectorId, transactionId, values } = event.data;
    return rowsOf(values, { identity, connectorId, transactionId, receivedAt, source: 'MeterValues' });
  }
  if (event.type === 'TransactionStopped' || event.type === 'OrphanStopReceived') {
    const { transactionId, transactionData } = event.data;
    return rowsOf(transactionData, { identity, transactionId, receivedAt, source: 'StopTransaction' });
  }
  return [];
}

type Source = Pick<MeterValueRow, 'identity' | 'connectorId' | 'transactionId' | 'receivedAt' | 'source'>;

function rowsOf(values: readonly CompleteMeterValue[], source: Source): readonly MeterValueRow[] {
  return values.flatMap(({ timestamp, value }) =>
    value.map((reading) => ({ ...source, timestamp: timestamp.at, ...reading, number: numberOf(reading) })),
  );
}
