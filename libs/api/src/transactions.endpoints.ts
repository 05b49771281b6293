import type { MeterValueRow, TransactionRow } from '@app/read-models';
import { csvTable } from './csv';
import { endpoint } from './endpoint';
import { meterValuePage, orphanPage, pending, transactionPage } from './schemas/answers';
import {
  closeBody,
  dismissBody,
  meterValueQuery,
  orphanPath,
  orphanQuery,
  transactionMeterValueQuery,
  transactionPath,
  transactionQuery,
} from './schemas/requests';
import { orphan, transactionDetails } from './schemas/transaction-rows';

export const transactionTable = csvTable<TransactionRow>('transactions', [
  'transactionId',
  'identity',
  'connectorId',
  'idTag',
  'idTagStatus',
  'parentIdTag',
  'status',
  'startedAt',
  'startReceivedAt',
  'meterStart',
  'reservationId',
  'stoppedAt',
  'stopReceivedAt',
  'meterStop',
  'stopIdTag',
  'closeReason',
  'energy',
  'duration',
  'suspicions',
  'energySource',
  'orphanId',
  'correctedAt',
  'correctionReason',
]);

export const meterValueTable = csvTable<MeterValueRow>('meter-values', [
  'identity',
  'connectorId',
  'transactionId',
  'timestamp',
  'receivedAt',
  'value',
  'number',
  'context',
  'format',
  'measurand',
  'location',
  'unit',
  'source',
]);

const tag = 'Transactions';
const details = { description: 'The transaction.', schema: transactionDetails };

export const listTransactions = endpoint({
  tag,
  summary: 'Lists transactions, newest first.',
  description: 'As CSV, all that match.',
  query: transactionQuery,
  answers: {
    200: { description: 'A page of transactions.', schema: transactionPage, csv: transactionTable.columns },
  },
  problems: ['invalid-request'],
});

export const showTransaction = endpoint({
  tag,
  summary: 'Shows a transaction, with what its suspicions mean.',
  path: transactionPath,
  answers: { 200: details },
  problems: ['invalid-request', 'not-found'],
});

export const closeTransaction = endpoint({
  tag,
  summary: 'Ends a transaction by hand, with an orphaned stop or with own figures.',
  description: 'With an orphaned stop it also corrects a transaction that has ended.',
  path: transactionPath,
  body: closeBody,
  answers: {
    200: { ...details, position: true },
    202: { description: 'Recorded; the read models do not show it yet.', schema: pending, position: true },
  },
  problems: ['invalid-request', 'malformed-body', 'not-found', 'refused', 'body-too-large', 'unsupported-media-type'],
});

export const listOrphans = endpoint({
  tag,
  summary: 'Lists stops that belong to no known transaction.',
  query: orphanQuery,
  answers: { 200: { description: 'A page of orphaned stops.', schema: orphanPage } },
  problems: ['invalid-request'],
});

export const dismissOrphan = endpoint({
  tag,
  summary: 'Settles an orphaned stop that belongs to no transaction.',
  description: 'Should its transaction turn up, the stop can still be bound to it.',
  path: orphanPath,
  body: dismissBody,
  answers: {
    200: { description: 'The orphaned stop.', schema: orphan, position: true },
    202: { description: 'Recorded; the read models do not show it yet.', schema: pending, position: true },
  },
  problems: ['invalid-request', 'malformed-body', 'refused', 'body-too-large', 'unsupported-media-type'],
});

const meterValues = { description: 'A page of readings.', schema: meterValuePage, csv: meterValueTable.columns };

export const listMeterValues = endpoint({
  tag: 'Meter values',
  summary: 'Lists readings of meters, oldest first.',
  description: 'As CSV, all that match.',
  query: meterValueQuery,
  answers: { 200: meterValues },
  problems: ['invalid-request'],
});

export const listTransactionMeterValues = endpoint({
  tag: 'Meter values',
  summary: 'Lists the readings of a transaction, oldest first.',
  description: 'As CSV, all that match.',
  path: transactionPath,
  query: transactionMeterValueQuery,
  answers: { 200: meterValues },
  problems: ['invalid-request', 'not-found'],
});
