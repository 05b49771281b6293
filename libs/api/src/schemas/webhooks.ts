import { isKnownType } from '@app/charge-box';
import type { DeadLetter, WebhookRow } from '@app/webhooks';
import { z } from 'zod';
import { named } from '../schema-documents';
import { at, clearable, paging, text } from './fields';
import { described, page } from './shapes';

// Receivers that are told what happens.

const id = z.string().min(1).max(100);
const isTold = (type: string) => isKnownType(type) && !type.startsWith('Webhook');

const filter = z
  .strictObject({
    identity: text(255).optional().meta({ description: 'Only of this charge box.' }),
    connectorId: z.int().min(0).max(2_147_483_647).optional().meta({ description: 'Only of this connector.' }),
    transactionId: z.int().min(1).max(2_147_483_647).optional().meta({ description: 'Only of this transaction.' }),
    type: z
      .array(
        z
          .string()
          .max(100)
          .refine(isTold, {
            error: 'No event of this type is ever told. docs/events.md has all types.',
            params: { code: 'unknown-type' },
          }),
      )
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Only these types of events.' }),
  })
  .meta({ description: 'Which events are told; all where nothing is said.' });

const position = z
  .string()
  .regex(/^(now|beginning|\d{1,64})$/, 'This is `now`, `beginning`, or the position of an event.');

const url = z.string().min(1).max(2_000).meta({
  description: 'http or https. Which addresses may be called is said by the setting WEBHOOK_ALLOW.',
  example: 'https://example.com/hook',
});
const idTags = z.enum(['masked', 'clear']).meta({ description: 'How idTags stand in what is told.' });
const active = z.boolean().meta({ description: 'Nothing is told while it is not; then it goes on where it was.' });
const secret = z
  .string()
  .min(16, 'A secret has at least 16 characters.')
  .max(512, 'A secret has at most 512 characters.')
  .meta({ description: 'Key of the signatures; it is never shown again.' });

export const webhookBody = named(
  z.strictObject({
    url,
    filter: filter.default({}),
    idTags: idTags.default('masked'),
    active: active.default(true),
    note: text(1_000).optional(),
    secret: secret.optional().meta({ description: 'Key of the signatures; one is made and shown once without it.' }),
    from: position.default('now').meta({
      description: 'After which position of the log to begin: `now`, `beginning`, or that of an event.',
    }),
  }),
  'NewWebhook',
  {
    description: 'A receiver that is to be told what happens.',
    example: { url: 'https://example.com/hook', filter: { type: ['TransactionStarted', 'TransactionStopped'] } },
  },
);

export const webhookPatch = named(
  z.strictObject({
    url: url.optional(),
    filter: filter.optional(),
    idTags: idTags.optional(),
    active: active.optional(),
    note: clearable(text(1_000)),
    secret: clearable(secret).meta({ description: 'Another secret; null for one that is made and shown once.' }),
  }),
  'WebhookPatch',
  { description: 'What is to be changed of a webhook; the rest stays.', example: { active: false } },
);

export const replayBody = named(
  z.strictObject({ from: position.meta({ description: 'Everything after this position is told again.' }) }),
  'WebhookReplay',
  { description: 'From where a webhook is told again.', example: { from: 'beginning' } },
);

export const webhookPath = z.strictObject({ id: id.meta({ description: 'Id of the webhook.' }) });
export const deadLetterPath = z.strictObject({
  ...webhookPath.shape,
  deliveryId: id.meta({ description: 'Id of the delivery, which is that of its event.' }),
});
export const deadLetterQuery = z.strictObject(paging);

const failureFields = {
  reason: z.string().meta({ description: 'Stable word for what went wrong.' }),
  detail: z.string(),
  status: z.int().optional().meta({ description: 'HTTP status, where there was an answer.' }),
};

const rowFields = {
  id: z.string(),
  url: z.string(),
  filter: z.object({
    identity: z.string().optional(),
    connectorId: z.int().optional(),
    transactionId: z.int().optional(),
    type: z.array(z.string()).readonly().optional(),
  }) as z.ZodType<WebhookRow['filter']>,
  idTags,
  active,
  note: z.string().optional(),
  createdAt: at,
  changedAt: at,
  switchedOff: z.string().optional().meta({ description: 'Why it is not active, where nobody decided that.' }),
  fault: z.string().optional().meta({ description: 'Why it is not told, where the service is at fault.' }),
  position: z.string().optional().meta({ description: 'Up to where it is told, but for those that are behind.' }),
  behind: z
    .array(
      z.object({
        identity: z.string().optional().meta({ description: 'Absent for events of no charge box.' }),
        after: z.string().meta({ description: 'Everything up to here is settled.' }),
        upTo: z.string().meta({ description: 'There is more up to here.' }),
        attempts: z.int().meta({ description: 'Attempts at the first event that waits.' }),
      }),
    )
    .readonly()
    .meta({ description: 'Charge boxes whose events wait.' }) as z.ZodType<WebhookRow['behind']>,
  failure: z
    .object({ ...failureFields, at })
    .optional()
    .meta({
      description: 'How the last attempt failed; absent when it did not.',
    }) as z.ZodType<WebhookRow['failure']>,
};

const exampleRow = {
  id: '7b0f6a51-9a42-4a77-8f11-0d6c5ad1f2b4',
  url: 'https://example.com/hook',
  filter: { type: ['TransactionStarted', 'TransactionStopped'] },
  idTags: 'masked',
  active: true,
  createdAt: '2026-03-01T09:30:00.000Z',
  changedAt: '2026-03-01T09:30:00.000Z',
  position: '0000000000001234',
  behind: [],
};

export const webhook = named(described<WebhookRow>(rowFields), 'Webhook', {
  description: 'A receiver that is told what happens. Its secret is not shown.',
  example: exampleRow,
});
export const webhookList = named(z.object({ rows: z.array(webhook) }), 'WebhookList', {
  description: 'All webhooks.',
});
export const shownWebhook = named(
  z.object({
    webhook,
    secret: z.string().optional().meta({ description: 'Where it was made just now. It is not shown again.' }),
  }),
  'ShownWebhook',
  {
    description: 'A webhook, with its secret where that was made just now.',
    example: { webhook: exampleRow, secret: 'IYp2c0Yk8mJ2vB7bq0w6e9cXoY8zS5n1LrQm3tUvWxA' },
  },
);

const deadLetter = named(
  described<DeadLetter>({
    deliveryId: z.string(),
    type: z.string(),
    identity: z.string().optional(),
    position: z.string(),
    after: z.string().meta({ description: 'A position before it.' }),
    attempts: z.int(),
    ...failureFields,
    firstAt: at.meta({ description: 'Time of the first attempt.' }),
    at: at.meta({ description: 'When it was given up.' }),
    retrying: z.boolean().meta({ description: 'It is about to be tried again.' }),
  }),
  'DeadLetter',
  {
    description: 'A delivery that was given up.',
    example: {
      deliveryId: '0b6c2a3e-58d1-4e0c-8a2f-3f3b1f0a9c11',
      type: 'TransactionStopped',
      identity: 'CB-0001',
      position: '0000000000001234',
      after: '0000000000001230',
      attempts: 1,
      reason: 'http-status',
      detail: 'HTTP 400: the receiver refuses it.',
      status: 400,
      firstAt: '2026-03-01T09:30:00.000Z',
      at: '2026-03-01T09:30:00.000Z',
      retrying: false,
    },
  },
);
export const deadLetterPage = page(deadLetter, 'DeadLetterPage');
