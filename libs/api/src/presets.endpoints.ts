import { endpoint } from './endpoint';
import { pending } from './schemas/answers';
import { preset, presetBody, presetPage, presetPath, presetQuery } from './schemas/commands';

const tag = 'Presets';
const changed = {
  200: { description: 'The preset.', schema: preset, position: true },
  202: { description: 'Recorded; the read models do not show it yet.', schema: pending, position: true },
} as const;

export const listPresets = endpoint({
  tag,
  summary: 'Lists presets.',
  query: presetQuery,
  answers: { 200: { description: 'A page of presets.', schema: presetPage } },
  problems: ['invalid-request'],
});

export const showPreset = endpoint({
  tag,
  summary: 'Shows a preset.',
  path: presetPath,
  answers: { 200: { description: 'The preset.', schema: preset } },
  problems: ['invalid-request', 'not-found'],
});

export const savePreset = endpoint({
  tag,
  summary: 'Creates a preset, or puts another in its place.',
  path: presetPath,
  body: presetBody,
  answers: changed,
  problems: ['invalid-request', 'malformed-body', 'body-too-large', 'unsupported-media-type', 'refused'],
});

export const removePreset = endpoint({
  tag,
  summary: 'Removes a preset.',
  path: presetPath,
  answers: { 204: { description: 'Removed.', position: true } },
  problems: ['invalid-request', 'not-found'],
});
