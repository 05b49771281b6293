import type { ConfigurationRow, ReservationRow } from '@app/read-models';
import { z } from 'zod';
import { named } from '../schema-documents';
import { at, ofBox, paging } from './fields';
import { described, page } from './shapes';

// What follows from operations sent to charge boxes.

export const reservation = named(
  described<ReservationRow>({
    reservationId: z.int(),
    identity: z.string(),
    connectorId: z.int(),
    idTag: z.string(),
    parentIdTag: z.string().optional(),
    expiryDate: z.string(),
    callId: z.string(),
    status: z.enum([
      'active',
      'used',
      'expired',
      'cancelled',
      'replaced',
      'connector-unavailable',
      'unknown-to-charge-box',
    ]),
    madeAt: at,
    endedAt: at.optional(),
    transactionId: z.int().optional(),
  }),
  'Reservation',
  { description: 'A reservation, and how it ended.' },
);
export const reservationPage = page(reservation, 'ReservationPage');
export const reservationQuery = z.strictObject({
  identity: ofBox,
  status: z
    .enum(['active', 'used', 'expired', 'cancelled', 'replaced', 'connector-unavailable', 'unknown-to-charge-box'])
    .optional()
    .meta({ description: 'Only in this state.' }),
  ...paging,
});

export const configurationEntry = named(
  described<ConfigurationRow>({
    identity: z.string(),
    key: z.string(),
    known: z.boolean(),
    readonly: z.boolean().optional(),
    value: z.string().optional(),
    readAt: at.optional(),
    formerValue: z.string().optional(),
    changedAt: at.optional(),
    askedValue: z.string().optional(),
    askedStatus: z.string().optional(),
    askedAt: at.optional(),
  }),
  'ConfigurationEntry',
  { description: 'One key of the configuration of a charge box, as it was last read or changed.' },
);
export const configurationPage = page(configurationEntry, 'ConfigurationPage');
export const configurationQuery = z.strictObject({
  search: z.string().min(1).max(100).optional().meta({ description: 'Part of the key; letter case does not count.' }),
  ...paging,
});
