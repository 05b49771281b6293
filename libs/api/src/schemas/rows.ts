import type { AddressRow, ChargeBoxRow, ConnectorRow, IdTagRow, MeterValueRow, QuirkRow } from '@app/read-models';
import { z } from 'zod';
import { named } from '../schema-documents';
import { answers } from './answerers';
import { described } from './shapes';

// What the answers hold, for the documentation.

const at = z.iso.datetime();
const optionalText = z.string().optional();
const optionalTime = at.optional();

const chargeBoxFields = {
  identity: z.string(),
  registration: z.enum(['Accepted', 'Rejected', 'Unknown']).meta({ description: '`Unknown` until somebody decides.' }),
  chargePointVendor: optionalText,
  chargePointModel: optionalText,
  chargePointSerialNumber: optionalText,
  chargeBoxSerialNumber: optionalText,
  firmwareVersion: optionalText,
  iccid: optionalText,
  imsi: optionalText,
  meterType: optionalText,
  meterSerialNumber: optionalText,
  bootCount: z.int(),
  lastBootAt: optionalTime,
  firstSeenAt: optionalTime,
  lastSeenAt: optionalTime.meta({ description: 'Last sign of life: any message counts.' }),
  from: optionalText,
  replyTo: optionalText,
  remoteAddress: optionalText,
  addressOverride: optionalText,
  timeZone: optionalText,
  note: optionalText,
  firmwareStatus: optionalText,
  firmwareStatusAt: optionalTime,
  diagnosticsStatus: optionalText,
  diagnosticsStatusAt: optionalTime,
  answers: answers.optional(),
  heartbeatInterval: z.number().optional().meta({ description: 'Seconds, as told at its last boot.' }),
  silentSince: optionalTime.meta({ description: 'Last sign of life before it fell silent; absent while it is not.' }),
  notReachable: z
    .object({ reason: z.string(), detail: z.string(), at })
    .optional()
    .meta({ description: 'Why the last operation could not be brought to it; absent once one was.' }),
  localListVersion: z.number().optional().meta({ description: 'As it last confirmed; -1: it keeps no list.' }),
  localListVersionAt: optionalTime,
  localListWanted: z
    .object({
      listId: z.string(),
      entries: z.number(),
      at,
      confirmedVersion: z.number().optional(),
      confirmedAt: optionalTime,
      givenUp: z.string().optional(),
    })
    .optional()
    .meta({ description: 'The local list that it shall have, and whether it has.' }),
  localListSent: z.object({ listVersion: z.number(), updateType: z.string(), status: z.string(), at }).optional(),
};

const exampleBox = {
  identity: 'CB-0001',
  registration: 'Accepted',
  chargePointVendor: 'ACME',
  chargePointModel: 'Duo 22',
  firmwareVersion: '1.4.2',
  bootCount: 3,
  lastBootAt: '2026-03-01T08:00:00.000Z',
  lastSeenAt: '2026-03-01T09:30:00.000Z',
};

export const chargeBox = named(described<ChargeBoxRow>(chargeBoxFields), 'ChargeBox', {
  description: 'What is known of a charge box. Absent means never reported.',
  example: exampleBox,
});

export const connector = named(
  described<ConnectorRow>({
    identity: z.string(),
    connectorId: z.int(),
    status: z.string(),
    errorCode: z.string(),
    info: optionalText,
    vendorId: optionalText,
    vendorErrorCode: optionalText,
    since: at,
    transactionId: z.int().optional(),
    availability: z.object({ type: z.string(), status: z.string(), at }).optional(),
  }),
  'Connector',
  {
    description: 'State of a connector.',
    example: {
      identity: 'CB-0001',
      connectorId: 1,
      status: 'Occupied',
      errorCode: 'NoError',
      since: '2026-03-01T09:00:00.000Z',
      transactionId: 4711,
    },
  },
);

export const quirk = described<QuirkRow & { readonly meaning?: string }>({
  name: z.string(),
  count: z.int(),
  lastSeenAt: at,
  lastPath: optionalText,
  lastText: optionalText,
  meaning: optionalText,
});
const address = described<AddressRow>({ from: optionalText, replyTo: optionalText, remoteAddress: optionalText, at });
export const chargeBoxDetails = named(
  z.object({
    ...chargeBoxFields,
    connectors: z.array(connector),
    quirks: z.array(quirk).meta({ description: 'How the box deviates from the protocol, with what it means.' }),
    addresses: z.array(address).meta({ description: 'Where the box showed itself, newest first, at most 50.' }),
  }),
  'ChargeBoxDetails',
  {
    description: 'A charge box with its connectors, quirks and addresses.',
    example: {
      ...exampleBox,
      connectors: [],
      quirks: [
        {
          name: 'no-from',
          count: 12,
          lastSeenAt: '2026-03-01T09:30:00.000Z',
          meaning: 'The message has no wsa:From, so it does not tell where the box can be called.',
        },
      ],
      addresses: [{ from: 'http://10.0.0.7:8081/', at: '2026-03-01T08:00:00.000Z' }],
    },
  },
);

export const meterValue = named(
  described<MeterValueRow>({
    identity: z.string(),
    connectorId: z.int().optional(),
    transactionId: z.int().optional(),
    timestamp: at,
    receivedAt: at,
    value: z.string().meta({ description: 'Text as sent.' }),
    number: z.number().optional(),
    context: z.string(),
    format: z.string(),
    measurand: z.string(),
    location: z.string(),
    unit: optionalText,
    source: z.enum(['MeterValues', 'StopTransaction']),
  }),
  'MeterValue',
  {
    description: 'One reading of a meter.',
    example: {
      identity: 'CB-0001',
      connectorId: 1,
      transactionId: 4711,
      timestamp: '2026-03-01T09:15:00.000Z',
      receivedAt: '2026-03-01T09:15:00.300Z',
      value: '102750',
      number: 102_750,
      context: 'Sample.Periodic',
      format: 'Raw',
      measurand: 'Energy.Active.Import.Register',
      location: 'Outlet',
      unit: 'Wh',
      source: 'MeterValues',
    },
  },
);

export const idTagRow = named(
  described<IdTagRow>({
    idTag: z.string(),
    parentIdTag: optionalText,
    expiryDate: optionalTime,
    blocked: z.boolean(),
    concurrentTransactions: z.boolean(),
    note: optionalText,
    changedAt: at,
    openTransactions: z.int(),
  }),
  'IdTag',
  {
    description: 'What is known of an idTag.',
    example: {
      idTag: '04A2B3C4D5',
      expiryDate: '2027-01-01T00:00:00.000Z',
      blocked: false,
      concurrentTransactions: false,
      changedAt: '2026-03-01T08:00:00.000Z',
      openTransactions: 0,
    },
  },
);
