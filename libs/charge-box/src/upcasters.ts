import type { Upcaster } from '@app/kernel';
import type { StoredEvent } from './upcast';

const same: Upcaster = (data) => data;

/** The step that leads on from each former version of a type of event. */
export const upcasters: Readonly<Partial<Record<StoredEvent['type'], Readonly<Record<number, Upcaster>>>>> = {
  // `meterText` came in, which may be absent; then `time-old` among the suspicions, which was not looked for.
  TransactionStarted: { 1: same, 2: same },
  TransactionStopped: { 1: same, 2: same },
  OrphanStopReceived: { 1: same, 2: same },
  // `meterText` came in, which may be absent.
  RequestDelegated: { 1: same },
  // What is suspect was not looked for; then `time-old` came in.
  TransactionClosed: { 1: (data) => ({ ...data, suspicions: [] }), 2: same },
  // `time-old` came in.
  TransactionCorrected: { 1: same },
  MeterValuesReported: { 1: same },
  // `outcome` came in, which may be absent.
  OperationCancelled: { 1: same },
  // `start` came in, which may be absent.
  TransactionIdsClaimed: { 1: same },
};
