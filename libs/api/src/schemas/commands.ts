import type { OperationRow, PresetRow } from '@app/read-models';
import type { ChargePointOperation } from '@app/ocpp';
import { ocpp15 } from '@app/ocpp';
import { z } from 'zod';
import { named } from '../schema-documents';
import { anyObject, at, idTag, identity, moment, momentText, ofBox, paging, text, truthText } from './fields';
import { described, page } from './shapes';

// What is said to charge boxes.

export const chargePointOperations = Object.keys(ocpp15.chargePoint.operations) as [
  ChargePointOperation,
  ...ChargePointOperation[],
];
const command = z.string().min(1).max(100).meta({ description: 'Name of the operation.', example: 'Reset' });
const data = z
  .record(z.string(), z.unknown())
  .meta({ description: 'Fields of the request; letter case of literals does not count.', example: { type: 'Soft' } });

const callOptions = {
  preset: text(100)
    .optional()
    .meta({ description: 'Name of a preset; `command` and `data` each replace its own whole.' }),
  timeToLive: z.int().min(1).max(2_592_000).optional().meta({
    description: 'Seconds after which it is not sent any more; an hour when absent.',
    example: 3600,
  }),
  notBefore: moment.optional().meta({ description: 'Not sent before this time.' }),
  idempotencyKey: text(200)
    .optional()
    .meta({ description: 'The same key again for a charge box schedules nothing new.' }),
};

const targetFilter = z
  .strictObject({
    vendor: text(200).optional(),
    model: text(200).optional(),
    search: text(200).optional(),
    silent: z.boolean().optional().meta({ description: 'Only boxes that are silent, or only others.' }),
  })
  .meta({ description: 'Accepted charge boxes that match; all of them when empty.' });

export const commandBody = named(
  z.strictObject({
    command: command.optional(),
    data: data.optional(),
    payload: z
      .strictObject({ command: command.optional(), data: data.optional() })
      .optional()
      .meta({ description: 'The message of a flow: `command` and `data` may stand here too.' }),
    ...callOptions,
    wait: z.int().min(0).max(300).optional().meta({ description: 'Seconds to wait for the result.', example: 30 }),
  }),
  'CommandForBox',
  { description: 'An operation for one charge box.', example: { command: 'Reset', data: { type: 'Soft' }, wait: 30 } },
);

export const commandsBody = named(
  z
    .strictObject({
      command: command.optional(),
      data: data.optional(),
      ...callOptions,
      identities: z.array(identity).min(1).max(10_000).optional(),
      filter: targetFilter.optional(),
    })
    .refine(({ identities, filter }) => (identities === undefined) !== (filter === undefined), {
      error: 'Name charge boxes by `identities` or by `filter`, one of them.',
      params: { code: 'target' },
    }),
  'Commands',
  {
    description: 'An operation for many charge boxes.',
    example: { command: 'GetConfiguration', data: {}, filter: { model: 'Duo 22' } },
  },
);

export const cancelQuery = z.strictObject({
  reason: text(500).optional().meta({ description: 'Why it is not wanted any more.', example: 'The wrong box.' }),
});

const operationFields = {
  callId: z.string(),
  identity: z.string(),
  operation: z.enum(chargePointOperations),
  data: anyObject,
  status: z.enum(['Scheduled', 'Sent', 'Answered', 'Faulted', 'Expired', 'Cancelled']),
  scheduledAt: at,
  expiresAt: at,
  notBefore: at.optional(),
  by: z.string(),
  batchId: z.string().optional(),
  idempotencyKey: z.string().optional(),
  attempts: z.int(),
  url: z.string().optional(),
  messageId: z.string().optional(),
  sentAt: at.optional(),
  respondBy: at.optional(),
  waitsBecause: z.object({ reason: z.string(), detail: z.string() }).optional(),
  retryAt: at.optional(),
  response: anyObject.optional(),
  failure: z
    .object({
      reason: z.string(),
      detail: z.string(),
      fault: z.string().optional(),
      httpStatus: z.number().optional(),
    })
    .optional(),
  settledAt: at.optional(),
  cancelledBy: z.string().optional(),
  outcomeUnknown: z.boolean().optional(),
  evidence: z
    .array(
      z.object({
        evidence: z.string(),
        at,
        status: z.string().optional(),
        transactionId: z.number().optional(),
        connectorId: z.number().optional(),
        failed: z.literal(true).optional(),
        interim: z.literal(true).optional(),
      }),
    )
    .optional(),
};

const flowMessage = {
  ocpp: z.object({
    command: z.string(),
    chargeBoxIdentity: z.string(),
    url: z.string().optional(),
    data: anyObject,
  }),
  payload: anyObject.optional().meta({ description: 'The fields of the response, once there is one.' }),
};

const exampleOperation = {
  callId: '6f1c1f5a-1f53-4a3e-9a57-3a0d6c1b2f10',
  identity: 'CB-0001',
  operation: 'Reset',
  data: { type: 'Soft' },
  status: 'Answered',
  scheduledAt: '2026-03-01T09:30:00.000Z',
  expiresAt: '2026-03-01T10:30:00.000Z',
  by: 'operator',
  attempts: 1,
  url: 'http://10.0.0.5:8080/',
  response: { status: 'Accepted' },
};

/** The operation without the message of a flow. */
export const operationRow = described<OperationRow>(operationFields);
export const operation = named(z.object({ ...operationFields, ...flowMessage }), 'Operation', {
  description: 'An operation sent, or to be sent, to a charge box, and what became of it.',
  example: {
    ...exampleOperation,
    ocpp: { command: 'Reset', chargeBoxIdentity: 'CB-0001', url: 'http://10.0.0.5:8080/', data: { type: 'Soft' } },
    payload: { status: 'Accepted' },
  },
});
export const operationPage = page(operation, 'OperationPage');

export const batch = named(
  z.object({
    batchId: z.string(),
    scheduled: z.int(),
    refused: z.array(z.object({ identity: z.string(), reason: z.string() })),
  }),
  'Batch',
  {
    description: 'Operations scheduled together; follow them with `GET /api/commands?batchId=`.',
    example: { batchId: '2d0b7a0e-7c57-4b0a-8f29-0c8e3b0f6a11', scheduled: 120, refused: [] },
  },
);

const span = {
  from: momentText.optional().meta({ description: 'At or after this time.' }),
  to: momentText.optional().meta({ description: 'Before this time.' }),
};

export const operationQuery = z.strictObject({
  identity: ofBox,
  command: z.enum(chargePointOperations).optional().meta({ description: 'Only this operation.' }),
  status: z
    .enum(['Scheduled', 'Sent', 'Answered', 'Faulted', 'Expired', 'Cancelled'])
    .optional()
    .meta({ description: 'Only in this state.' }),
  batchId: z.string().min(1).max(100).optional().meta({ description: 'Only those scheduled together.' }),
  outcomeUnknown: truthText.optional().meta({ description: 'Only those of which nobody knows what became of them.' }),
  ...span,
  ...paging,
});
export const operationOfBoxQuery = operationQuery.omit({ identity: true });
export const callPath = z.strictObject({
  id: z.string().min(1).max(200).meta({ description: 'callId of the operation.', example: exampleOperation.callId }),
});

/** Most entries of a local list. */
export const longestLocalList = 50_000;

export const localListBody = named(
  z
    .strictObject({
      entries: z
        .array(
          z.strictObject({
            idTag,
            status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx']).default('Accepted'),
            expiryDate: moment.optional(),
            parentIdTag: idTag.optional(),
          }),
        )
        .max(longestLocalList)
        .optional(),
      from: z.literal('id-tags').optional().meta({ description: 'All idTags known now, in place of entries.' }),
      chunk: z.int().min(1).max(1_000).default(100).meta({ description: 'Most entries of one message.' }),
    })
    .refine(({ entries, from }) => (entries === undefined) !== (from === undefined), {
      error: 'Give `entries`, or say `from`, one of them.',
      params: { code: 'source' },
    })
    .refine(({ entries = [] }) => new Set(entries.map((entry) => entry.idTag.toLowerCase())).size === entries.length, {
      error: 'An idTag stands in the list more than once; letter case does not count.',
      path: ['entries'],
      params: { code: 'repeated' },
    }),
  'LocalList',
  {
    description: 'The local list that a charge box shall have.',
    example: { entries: [{ idTag: '04A2B3C4D5', status: 'Accepted', parentIdTag: 'FAMILY-1' }], chunk: 100 },
  },
);

export const presetBody = named(
  z.strictObject({ command: command.optional(), data: data.optional(), note: text(500).optional() }),
  'PresetDetails',
  { description: 'A default of what is sent.', example: { command: 'Reset', data: { type: 'Soft' } } },
);
export const presetPath = z.strictObject({
  name: text(100).meta({ description: 'Name of the preset.', example: 'soft-reset' }),
});
export const preset = named(
  described<PresetRow>({
    name: z.string(),
    command: z.string().optional(),
    data: anyObject.optional(),
    note: z.string().optional(),
    changedAt: at,
  }),
  'Preset',
  {
    description: 'A named default of what is sent to charge boxes.',
    example: { name: 'soft-reset', command: 'Reset', data: { type: 'Soft' }, changedAt: '2026-03-01T08:00:00.000Z' },
  },
);
export const presetPage = page(preset, 'PresetPage');
export const presetQuery = z.strictObject(paging);
