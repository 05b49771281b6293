import type { Suspicion } from '@app/charge-box';
import { energySources, suspicionTable } from '@app/charge-box';
import type { OrphanRow, TransactionRow } from '@app/read-models';
import { z } from 'zod';
import { named } from '../schema-documents';
import { described } from './shapes';

// What the answers about transactions hold, for the documentation.

const at = z.iso.datetime();
const optionalText = z.string().optional();
const optionalTime = at.optional();

export const suspicionNames = Object.keys(suspicionTable) as [Suspicion, ...Suspicion[]];

const transactionFields = {
  transactionId: z.int(),
  identity: z.string(),
  connectorId: z.int(),
  idTag: z.string(),
  idTagStatus: z.string(),
  parentIdTag: optionalText,
  status: z.enum(['open', 'stopped', 'closed']).meta({ description: '`closed`: by an operator, not by the box.' }),
  startedAt: at,
  startReceivedAt: at,
  meterStart: z.number().optional(),
  reservationId: z.int().optional(),
  stoppedAt: optionalTime,
  stopReceivedAt: optionalTime,
  meterStop: z.number().optional(),
  stopIdTag: optionalText,
  closeReason: optionalText,
  orphanId: optionalText.meta({ description: 'The orphaned stop that an operator bound to it.' }),
  correctedAt: optionalTime.meta({ description: 'When an orphaned stop corrected it after its end.' }),
  correctionReason: optionalText,
  energy: z.number().optional().meta({ description: 'Wh since the start; negative where the meter went back.' }),
  energySource: z.enum(energySources).optional().meta({
    description:
      'Which figure the energy goes up to: that of the stop, else the last register among its readings, else that of the last meter values.',
  }),
  duration: z.number().optional().meta({ description: 'Seconds from start to stop.' }),
  suspicions: z.array(z.enum(suspicionNames)),
};

const exampleTransaction = {
  transactionId: 4711,
  identity: 'CB-0001',
  connectorId: 1,
  idTag: '04A2B3C4D5',
  idTagStatus: 'Accepted',
  status: 'stopped',
  startedAt: '2026-03-01T09:00:00.000Z',
  startReceivedAt: '2026-03-01T09:00:01.200Z',
  meterStart: 100_000,
  stoppedAt: '2026-03-01T10:00:00.000Z',
  stopReceivedAt: '2026-03-01T10:00:00.800Z',
  meterStop: 111_000,
  energy: 11_000,
  energySource: 'meterStop',
  duration: 3600,
  suspicions: [],
};

export const transaction = named(described<TransactionRow>(transactionFields), 'Transaction', {
  description: 'A transaction as it is known so far.',
  example: exampleTransaction,
});

export const transactionDetails = named(
  z.object({
    ...transactionFields,
    explanations: z.array(z.object({ suspicion: z.enum(suspicionNames), meaning: z.string() })),
  }),
  'TransactionDetails',
  {
    description: 'A transaction with what its suspicions mean.',
    example: {
      ...exampleTransaction,
      suspicions: ['meter-backwards'],
      explanations: [{ suspicion: 'meter-backwards', meaning: suspicionTable['meter-backwards'] }],
    },
  },
);

export const orphan = named(
  described<OrphanRow>({
    orphanId: z.string(),
    identity: z.string(),
    transactionId: z.int(),
    idTag: optionalText,
    stoppedAt: at,
    receivedAt: at,
    meterStop: z.number().optional(),
    boundTo: z.int().optional().meta({ description: 'The transaction that an operator bound it to.' }),
    dismissedAt: optionalTime,
    dismissReason: optionalText,
  }),
  'Orphan',
  {
    description: 'A stop that belongs to no known transaction.',
    example: {
      orphanId: '7d2c',
      identity: 'CB-0001',
      transactionId: 99,
      stoppedAt: '2026-03-01T10:00:00.000Z',
      receivedAt: '2026-03-01T10:00:00.800Z',
      meterStop: 111_000,
    },
  },
);
