import { endpoint } from './endpoint';
import { captureOwner, capturedExchange, capturePage, capturePath, captureQuery, forgotten } from './schemas/captures';

const tag = 'Captures';

export const listCaptures = endpoint({
  tag,
  summary: 'Lists messages of charge boxes that were kept, newest first.',
  description: 'Which are kept and for how long is said by the settings CAPTURE, CAPTURE_FOR and CAPTURE_LIMIT.',
  query: captureQuery,
  answers: { 200: { description: 'A page of messages, without their texts.', schema: capturePage } },
  problems: ['invalid-request'],
});

export const showCapture = endpoint({
  tag,
  summary: 'Shows a message that was kept, with its answer.',
  path: capturePath,
  answers: { 200: { description: 'The whole exchange.', schema: capturedExchange } },
  problems: ['invalid-request', 'not-found'],
});

export const forgetCaptures = endpoint({
  tag,
  summary: 'Removes every message of a charge box that was kept.',
  description: 'They are overwritten on the disk. Messages whose identity could not be read belong to no box.',
  query: captureOwner,
  answers: { 200: { description: 'How many were removed.', schema: forgotten } },
  problems: ['invalid-request'],
});
