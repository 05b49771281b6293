import { endpoint } from './endpoint';
import {
  answersPatch,
  candidateQuery,
  chargeBoxPatch,
  chargeBoxQuery,
  eventQuery,
  identityPath,
  registrationBody,
} from './schemas/requests';
import { chargeBoxPage, connectorList, eventPage, pending } from './schemas/answers';
import { identity } from './schemas/fields';
import { chargeBoxDetails } from './schemas/rows';
import { z } from 'zod';

const tag = 'Charge boxes';
const details = { description: 'The charge box.', schema: chargeBoxDetails };
const written = {
  200: { ...details, position: true },
  202: { description: 'Recorded; the read models do not show it yet.', schema: pending, position: true },
} as const;

export const listChargeBoxes = endpoint({
  tag,
  summary: 'Lists charge boxes.',
  query: chargeBoxQuery,
  answers: { 200: { description: 'A page of charge boxes.', schema: chargeBoxPage } },
  problems: ['invalid-request'],
});

export const listCandidates = endpoint({
  tag,
  summary: 'Lists charge boxes that wait for somebody to accept or reject them.',
  query: candidateQuery,
  answers: { 200: { description: 'A page of charge boxes.', schema: chargeBoxPage } },
  problems: ['invalid-request'],
});

export const showChargeBox = endpoint({
  tag,
  summary: 'Shows a charge box with connectors, quirks and addresses.',
  path: identityPath,
  answers: { 200: details },
  problems: ['invalid-request', 'not-found'],
});

export const changeChargeBox = endpoint({
  tag,
  summary: 'Changes what only the operator knows of a charge box.',
  description:
    'An addressOverride with an IP address that may not be called is refused with the reason (address-refused); what a name leads to is judged when it is called.',
  path: z.strictObject({ identity }),
  body: chargeBoxPatch,
  answers: written,
  problems: ['invalid-request', 'malformed-body', 'not-found', 'refused', 'body-too-large', 'unsupported-media-type'],
});

export const changeAnswers = endpoint({
  tag,
  summary: 'Changes who answers some operations of a charge box.',
  description: 'What is not named stays as it is, so that several responders each care for their own operations.',
  path: z.strictObject({ identity }),
  body: answersPatch,
  answers: written,
  problems: ['invalid-request', 'malformed-body', 'not-found', 'refused', 'body-too-large', 'unsupported-media-type'],
});

export const decideRegistration = endpoint({
  tag,
  summary: 'Accepts or rejects a charge box.',
  description: 'The charge box need not have been seen before.',
  path: z.strictObject({ identity }),
  body: registrationBody,
  answers: written,
  problems: ['invalid-request', 'malformed-body', 'refused', 'body-too-large', 'unsupported-media-type'],
});

export const listConnectors = endpoint({
  tag,
  summary: 'Lists the connectors of a charge box.',
  path: identityPath,
  answers: { 200: { description: 'All connectors.', schema: connectorList } },
  problems: ['invalid-request', 'not-found'],
});

export const listEvents = endpoint({
  tag,
  summary: 'Lists what happened to a charge box, newest first.',
  path: identityPath,
  query: eventQuery,
  answers: { 200: { description: 'A page of events.', schema: eventPage } },
  problems: ['invalid-request', 'not-found'],
});
