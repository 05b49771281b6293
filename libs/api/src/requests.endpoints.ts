import { endpoint } from './endpoint';
import {
  answerBody,
  answeringBody,
  answeringPatch,
  claimBody,
  feedQuery,
  messagePath,
  request,
  requestPage,
  requestQuery,
  responderQuery,
  settled,
} from './schemas/delegation';

const tag = 'Delegated requests';
const bodyProblems = ['invalid-request', 'malformed-body', 'body-too-large', 'unsupported-media-type'] as const;

export const listRequests = endpoint({
  tag,
  summary: 'Lists requests that somebody outside answers, newest first.',
  query: requestQuery,
  answers: { 200: { description: 'A page of requests.', schema: requestPage } },
  problems: ['invalid-request'],
});

export const followRequests = endpoint({
  tag,
  summary: 'Offers requests as they come, as Server-Sent Events.',
  description:
    'Each event `request` has the message of the flow as its data and a place in the log as its id; `Last-Event-ID` leaves out what was offered up to there. An event `settled` tells that a request is over. With `competing` each request is claimed for one responder; it goes to another when its lease or its connection ends.',
  query: feedQuery,
  answers: { 200: { description: 'The feed; it does not end.', text: 'text/event-stream' } },
  problems: ['invalid-request'],
});

export const showRequest = endpoint({
  tag,
  summary: 'Shows a request and who answered it.',
  path: messagePath,
  answers: { 200: { description: 'The request.', schema: request } },
  problems: ['invalid-request', 'not-found'],
});

export const answerRequest = endpoint({
  tag,
  summary: 'Answers a request in place of the built-in rules.',
  description:
    'Takes the message of the request with `payload` replaced by the fields of the response. The first valid answer wins. `currentTime`, `heartbeatInterval` and `transactionId` may be left out.',
  path: messagePath,
  query: responderQuery,
  body: answerBody,
  answers: { 200: { description: 'The charge box is answered.', schema: settled, position: true } },
  problems: [...bodyProblems, 'not-found', 'refused'],
});

export const claimRequest = endpoint({
  tag,
  summary: 'Takes a request for one responder, for the length of the lease.',
  path: messagePath,
  body: claimBody,
  answers: { 200: { description: 'The request is claimed.', schema: settled, position: true } },
  problems: [...bodyProblems, 'not-found', 'refused'],
});

export const showAnswering = endpoint({
  tag,
  summary: 'Shows who answers which operations.',
  answers: { 200: { description: 'The rules in force.', schema: answeringBody } },
  problems: [],
});

export const changeAnswering = endpoint({
  tag,
  summary: 'Says who answers which operations.',
  description: 'Charge boxes may have rules of their own: the field `answers` of a charge box stands above these.',
  body: answeringBody,
  answers: { 200: { description: 'The rules in force.', schema: answeringBody, position: true } },
  problems: [...bodyProblems],
});

export const patchAnswering = endpoint({
  tag,
  summary: 'Changes who answers some operations.',
  description: 'What is not named stays as it is, so that several responders each care for their own operations.',
  body: answeringPatch,
  answers: { 200: { description: 'The rules in force.', schema: answeringBody, position: true } },
  problems: [...bodyProblems],
});
