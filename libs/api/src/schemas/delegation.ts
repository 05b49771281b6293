import type { RequestRow } from '@app/read-models';
import type { Answering, AnsweringChange } from '@app/charge-box';
import { z } from 'zod';
import { named } from '../schema-documents';
import { answers, answersChange, centralSystemOperations } from './answerers';
import { anyObject, at, ofBox, paging, text } from './fields';
import { described, page } from './shapes';

// What is answered for the service by somebody outside.

const requestFields = {
  msgId: z.string(),
  identity: z.string(),
  operation: z.enum(centralSystemOperations),
  request: anyObject,
  from: z.string().optional(),
  replyTo: z.string().optional(),
  remoteAddress: z.string().optional(),
  messageId: z.string().optional(),
  unregistered: z.literal(true).optional(),
  heldBy: z.string().meta({ description: 'Run of the service that holds the connection of the box.' }),
  position: z.string(),
  status: z.enum(['Pending', 'Answered', 'Expired', 'Interrupted']),
  receivedAt: at,
  respondBy: at,
  claim: z.object({ responder: z.string(), leaseUntil: at }).optional(),
  hungUp: z.boolean().optional(),
  repetitions: z.number().optional(),
  response: anyObject.optional(),
  fault: z.string().optional(),
  responder: z.string().optional(),
  delivered: z.boolean().optional(),
  settledAt: at.optional(),
  lateAnswers: z.number().optional(),
};
/** The request without the message of a flow. */
export const requestRow = described<RequestRow>(requestFields);

export const request = named(
  z.object({
    ...requestFields,
    message: z.record(z.string(), z.unknown()).meta({ description: 'The request as a flow takes it.' }),
  }),
  'DelegatedRequest',
  {
    description: 'A request of a charge box that somebody outside answers.',
    example: {
      msgId: '1b0f6a7c-9d3e-4a55-8f0e-5d2c1a7b3e44',
      identity: 'CB-0001',
      operation: 'Authorize',
      request: { idTag: '04A2B3C4D5' },
      heldBy: 'instance-1/5b1d1f0e-6a59-4b6f-9a5c-3b1f6f2f8a01',
      position: '0000000000001234',
      status: 'Pending',
      receivedAt: '2026-03-01T09:30:00.000Z',
      respondBy: '2026-03-01T09:32:00.000Z',
      message: {
        msgId: '1b0f6a7c-9d3e-4a55-8f0e-5d2c1a7b3e44',
        ocpp: { command: 'Authorize', chargeBoxIdentity: 'CB-0001' },
        payload: { command: 'Authorize', data: { idTag: '04A2B3C4D5' } },
      },
    },
  },
);
export const requestPage = page(request, 'DelegatedRequestPage');
export const requestQuery = z.strictObject({
  identity: ofBox,
  command: z.enum(centralSystemOperations).optional().meta({ description: 'Only this operation.' }),
  status: z
    .enum(['Pending', 'Answered', 'Expired', 'Interrupted'])
    .optional()
    .meta({ description: 'Only in this state.' }),
  ...paging,
});
const offer = z.enum(['competing', 'broadcast']);

export const feedQuery = z.strictObject({
  responder: text(100).optional().meta({ description: 'Name of the responder, for the log and the history.' }),
  command: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',') : value),
      z.array(z.enum(centralSystemOperations)),
    )
    .optional()
    .meta({ description: 'Only these operations; with commas or repeated.' }),
  identity: z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string().min(1).max(1000)).max(100))
    .optional()
    .meta({ description: 'Only of these charge boxes; repeated, at most 100.' }),
  offer: offer.optional().meta({
    description:
      'How this responder takes part, whatever the rules say for others: `competing` for requests of its own, or `broadcast` to see them all.',
  }),
});
export const responderQuery = z.strictObject({
  responder: text(100).optional().meta({ description: 'Name of the responder, for the history.' }),
});
export const messagePath = z.strictObject({
  msgId: z.string().min(1).max(200).meta({ description: 'msgId of the request.' }),
});

export const answerBody = named(
  z.looseObject({
    msgId: z.string().optional(),
    msgID: z.string().optional(),
    payload: z.unknown().meta({ description: 'The fields of the response.' }),
  }),
  'FlowAnswer',
  {
    description:
      'The message of the request with `payload` replaced by the fields of the response. Everything else is let pass.',
    example: {
      payload: { status: 'Accepted', currentTime: '2026-03-01T09:30:00Z', heartbeatInterval: 300 },
    },
  },
);
export const claimBody = named(z.strictObject({ responder: text(100) }), 'Claim', {
  description: 'Who takes the request for itself.',
  example: { responder: 'flow-1' },
});
export const settled = named(z.object({ msgId: z.string(), outcome: z.enum(['answered', 'claimed']) }), 'Settled', {
  description: 'What was done about the request.',
  example: { msgId: '1b0f6a7c-9d3e-4a55-8f0e-5d2c1a7b3e44', outcome: 'answered' },
});

const seconds = z.int().min(1).max(3_600);
const respondWithin = z.partialRecord(z.enum(centralSystemOperations), seconds).meta({
  description: 'Seconds for an answer from outside, by operation; RESPONSE_DEADLINE where none is named.',
});
const offerRule = offer.meta({
  description:
    '`competing`: one responder at a time has a request. `broadcast`: all see it, the first valid answer wins.',
});
const lease = seconds.meta({
  description: 'Seconds that one responder has a request for itself.',
});

export const answeringBody = named(
  z.strictObject({
    answers: answers.default({}),
    respondWithin: respondWithin.default({}),
    offer: offerRule.default('competing'),
    lease: lease.default(30),
  }),
  'Answering',
  {
    description: 'Who answers the requests of charge boxes that have no rule of their own.',
    example: { answers: { Authorize: 'delegated' }, respondWithin: { Authorize: 20 }, offer: 'competing', lease: 30 },
  },
) satisfies z.ZodType<Answering>;

export const answeringPatch = named(
  z.strictObject({
    answers: answersChange.optional(),
    respondWithin: z.partialRecord(z.enum(centralSystemOperations), seconds.nullable()).optional().meta({
      description: 'Seconds for an answer from outside, by operation: absent leaves, null: RESPONSE_DEADLINE.',
    }),
    offer: offerRule.optional(),
    lease: lease.optional(),
  }),
  'AnsweringPatch',
  {
    description: 'What changes of the rules; operations that are not named stay as they are, null takes a rule away.',
    example: { answers: { Authorize: 'delegated', StartTransaction: null } },
  },
) satisfies z.ZodType<AnsweringChange>;
