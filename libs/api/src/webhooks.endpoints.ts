import { endpoint } from './endpoint';
import { pending } from './schemas/answers';
import {
  deadLetterPage,
  deadLetterPath,
  deadLetterQuery,
  replayBody,
  shownWebhook,
  webhook,
  webhookBody,
  webhookList,
  webhookPatch,
  webhookPath,
} from './schemas/webhooks';

const tag = 'Webhooks';
const written = ['invalid-request', 'malformed-body', 'body-too-large', 'unsupported-media-type', 'refused'] as const;
const wanted = {
  202: { description: 'Recorded; it is done as soon as it can be.', schema: pending, position: true },
} as const;

export const listWebhooks = endpoint({
  tag,
  summary: 'Lists webhooks.',
  answers: { 200: { description: 'All webhooks.', schema: webhookList } },
  problems: [],
});

export const showWebhook = endpoint({
  tag,
  summary: 'Shows a webhook, and how far it is told.',
  path: webhookPath,
  answers: { 200: { description: 'The webhook.', schema: webhook } },
  problems: ['invalid-request', 'not-found'],
});

export const createWebhook = endpoint({
  tag,
  summary: 'Makes a webhook: a receiver that is told what happens.',
  description:
    'Each event is a POST of its own, signed with the secret, repeated until it is taken; the events of a box keep their order.',
  body: webhookBody,
  answers: {
    201: { description: 'The webhook, and its secret if it was made.', schema: shownWebhook, position: true },
  },
  problems: written,
});

export const changeWebhook = endpoint({
  tag,
  summary: 'Changes a webhook.',
  path: webhookPath,
  body: webhookPatch,
  answers: {
    200: { description: 'The webhook, and its secret if it was made.', schema: shownWebhook, position: true },
  },
  problems: [...written, 'not-found'],
});

export const removeWebhook = endpoint({
  tag,
  summary: 'Removes a webhook.',
  path: webhookPath,
  answers: { 204: { description: 'Removed.', position: true } },
  problems: ['invalid-request', 'not-found'],
});

export const replayWebhook = endpoint({
  tag,
  summary: 'Tells a webhook again what happened after a position.',
  description: 'Deliveries keep their ids, so that a receiver knows those that it has got.',
  path: webhookPath,
  body: replayBody,
  answers: wanted,
  problems: [...written, 'not-found'],
});

export const listDeadLetters = endpoint({
  tag,
  summary: 'Lists deliveries of a webhook that were given up, newest first.',
  path: webhookPath,
  query: deadLetterQuery,
  answers: { 200: { description: 'A page of dead letters.', schema: deadLetterPage } },
  problems: ['invalid-request', 'not-found'],
});

export const retryDeadLetter = endpoint({
  tag,
  summary: 'Tries a dead letter once more.',
  path: deadLetterPath,
  answers: wanted,
  problems: ['invalid-request', 'not-found', 'refused'],
});

export const retryDeadLetters = endpoint({
  tag,
  summary: 'Tries all dead letters of a webhook once more.',
  path: webhookPath,
  answers: wanted,
  problems: ['invalid-request', 'not-found', 'refused'],
});
