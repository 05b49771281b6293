import { z } from 'zod';
import { endpoint } from './endpoint';
import { pending } from './schemas/answers';
import {
  batch,
  callPath,
  cancelQuery,
  commandBody,
  commandsBody,
  localListBody,
  operation,
  operationOfBoxQuery,
  operationPage,
  operationQuery,
} from './schemas/commands';
import { configurationPage, configurationQuery, reservationPage, reservationQuery } from './schemas/consequences';
import { identity } from './schemas/fields';
import { identityPath } from './schemas/requests';
import { chargeBoxDetails } from './schemas/rows';

const tag = 'Commands';
const bodyProblems = ['invalid-request', 'malformed-body', 'body-too-large', 'unsupported-media-type'] as const;

export const sendCommand = endpoint({
  tag,
  summary: 'Schedules an operation for a charge box, and waits for its result as long as asked.',
  description:
    'Operations of one charge box are sent one at a time, in order. A box that cannot be reached gets it when it shows itself, until the time to live is over.',
  path: identityPath,
  body: commandBody,
  answers: {
    200: {
      description: 'The operation is over: answered, faulted, expired or cancelled.',
      schema: operation,
      position: true,
    },
    202: {
      description: 'Scheduled; ask at the header Location, or follow the feed in the header Link.',
      schema: operation,
      position: true,
    },
  },
  problems: [...bodyProblems, 'not-found', 'refused'],
});

export const sendCommands = endpoint({
  tag,
  summary: 'Schedules an operation for many charge boxes.',
  body: commandsBody,
  answers: { 202: { description: 'Scheduled; follow the header Location.', schema: batch, position: true } },
  problems: [...bodyProblems],
});

export const listCommands = endpoint({
  tag,
  summary: 'Lists operations sent to charge boxes, newest first.',
  query: operationQuery,
  answers: { 200: { description: 'A page of operations.', schema: operationPage } },
  problems: ['invalid-request'],
});

export const listCommandsOfBox = endpoint({
  tag,
  summary: 'Lists operations sent to a charge box, newest first.',
  path: identityPath,
  query: operationOfBoxQuery,
  answers: { 200: { description: 'A page of operations.', schema: operationPage } },
  problems: ['invalid-request', 'not-found'],
});

export const showCommand = endpoint({
  tag,
  summary: 'Shows an operation and what became of it.',
  path: callPath,
  answers: { 200: { description: 'The operation.', schema: operation } },
  problems: ['invalid-request', 'not-found'],
});

export const cancelCommand = endpoint({
  tag,
  summary: 'Cancels an operation that was not sent yet.',
  path: z.strictObject(callPath.shape),
  query: cancelQuery,
  answers: {
    200: {
      description:
        'The operation, cancelled. `outcomeUnknown` when it had left once without an answer: the box may do it.',
      schema: operation,
      position: true,
    },
    202: { description: 'Recorded; the read models do not show it yet.', schema: pending, position: true },
  },
  problems: ['invalid-request', 'not-found', 'refused'],
});

export const listReservations = endpoint({
  tag,
  summary: 'Lists reservations and how they ended.',
  query: reservationQuery,
  answers: { 200: { description: 'A page of reservations.', schema: reservationPage } },
  problems: ['invalid-request'],
});

export const wantLocalList = endpoint({
  tag,
  summary: 'Says which local list a charge box shall have.',
  description:
    'It is sent in parts, the first with all that fits as a full update; whenever the box says that a version does not fit, the whole is sent again. `localListWanted` of the charge box shows how far it is. At most 50 000 entries and 16 MiB.',
  path: z.strictObject({ identity }),
  body: localListBody,
  answers: {
    200: { description: 'The charge box.', schema: chargeBoxDetails, position: true },
    202: { description: 'Recorded; the read models do not show it yet.', schema: pending, position: true },
  },
  problems: [...bodyProblems, 'not-found', 'refused'],
});

export const listConfiguration = endpoint({
  tag,
  summary: 'Lists the configuration of a charge box as it was last read or changed.',
  path: identityPath,
  query: configurationQuery,
  answers: { 200: { description: 'A page of keys.', schema: configurationPage } },
  problems: ['invalid-request', 'not-found'],
});
