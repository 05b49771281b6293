import type { CompleteMeterValue } from '@app/charge-box';
import type { ProjectedEvent } from '../projection';

/** What the readings of one event have in common. */
export interface ReadingsOfEvent {
  readonly connectorId: number | null;
  readonly transactionId: number | null;
  readonly source: 'MeterValues' | 'StopTransaction';
  readonly values: readonly CompleteMeterValue[];
}

/** The readings that an event brings. */
export function readingsOf(event: ProjectedEvent): ReadingsOfEvent | undefined {
  if (event.type === 'MeterValuesReported') {
    const { connectorId, transactionId = null, values } = event.data;
    return { connectorId, transactionId, source: 'MeterValues', values };
  }
  if (event.type === 'TransactionStopped' || event.type === 'OrphanStopReceived') {
    const { transactionId, transactionData } = event.data;
    return { connectorId: null, transactionId, source: 'StopTransaction', values: transactionData };
  }
  return undefined;
}
