import type { Upcaster } from '@app/kernel';
import type { StoredEvent } from './upcast';

const withMeterText = ['TransactionStarted', 'TransactionStopped', 'OrphanStopReceived', 'RequestDelegated'] as const;

/** The step that leads on from each former version of a type of event. */
export const upcasters: Readonly<Partial<Record<StoredEvent['type'], Readonly<Record<number, Upcaster>>>>> = {
  // `meterText` came in, which may be absent.
  ...Object.fromEntries(withMeterText.map((type) => [type, { 1: (data: object) => data }])),
  // What is suspect was not looked for.
  TransactionClosed: { 1: (data) => ({ ...data, suspicions: [] }) },
  // `outcome` came in, which may be absent.
  OperationCancelled: { 1: (data) => data },
  // `start` came in, which may be absent.
  TransactionIdsClaimed: { 1: (data) => data },
};
