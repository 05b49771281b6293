import type { IdTagRow } from '@app/read-models';
import { z } from 'zod';
import { csvTable } from './csv';
import { endpoint } from './endpoint';
import { erasure, idTagPage, importCounts, pending } from './schemas/answers';
import { askedIdTag, idTag, truthText } from './schemas/fields';
import { idTagBody, idTagPatch, idTagQuery, newIdTagBody } from './schemas/requests';
import { idTagRow } from './schemas/rows';

/** The columns of an import; an export has the same. */
export const idTagColumns = [
  'idTag',
  'parentIdTag',
  'expiryDate',
  'blocked',
  'concurrentTransactions',
  'note',
] as const satisfies readonly (keyof IdTagRow)[];

export type IdTagColumn = (typeof idTagColumns)[number];

export const idTagTable = csvTable<IdTagRow>('id-tags', idTagColumns);

const tag = 'IdTags';
const askedPath = z.strictObject({ idTag: askedIdTag });
const details = { description: 'The idTag.', schema: idTagRow };
const changed = { ...details, position: true } as const;
const created = { description: 'The idTag that is new.', schema: idTagRow, position: true } as const;
const late = { description: 'Recorded; the read models do not show it yet.', schema: pending, position: true } as const;
const bodyProblems = [
  'invalid-request',
  'malformed-body',
  'refused',
  'body-too-large',
  'unsupported-media-type',
] as const;

export const listIdTags = endpoint({
  tag,
  summary: 'Lists idTags.',
  description: 'As CSV, all that match, in the columns that an import reads.',
  query: idTagQuery,
  answers: { 200: { description: 'A page of idTags.', schema: idTagPage, csv: idTagColumns } },
  problems: ['invalid-request'],
});

export const showIdTag = endpoint({
  tag,
  summary: 'Shows an idTag.',
  path: askedPath,
  answers: { 200: details },
  problems: ['invalid-request', 'not-found'],
});

export const createIdTag = endpoint({
  tag,
  summary: 'Creates an idTag.',
  body: newIdTagBody,
  answers: { 201: created, 202: late },
  problems: bodyProblems,
});

export const replaceIdTag = endpoint({
  tag,
  summary: 'Creates or replaces an idTag.',
  path: z.strictObject({ idTag }),
  body: idTagBody,
  answers: { 200: changed, 201: created, 202: late },
  problems: bodyProblems,
});

export const changeIdTag = endpoint({
  tag,
  summary: 'Changes parts of an idTag.',
  path: askedPath,
  body: idTagPatch,
  answers: { 200: changed, 202: late },
  problems: [...bodyProblems, 'not-found'],
});

export const removeIdTag = endpoint({
  tag,
  summary: 'Removes an idTag.',
  path: askedPath,
  answers: { 204: { description: 'The idTag is no more.', position: true } },
  problems: ['invalid-request', 'not-found', 'refused'],
});

export const eraseIdTag = endpoint({
  tag,
  summary: 'Erases an idTag from everything that happened.',
  description: [
    'Removes the idTag, and takes it out of the history: events stay, with one pseudonym in its place everywhere; read models and messages captured in',
    'clear follow. It cannot be undone. `tokens` is 0 when the history does not have it, or has it in clear from before. What else may have it, such',
    'as backups and free text, `history erasure` tells.',
  ].join(' '),
  path: askedPath,
  query: z.strictObject({
    force: truthText.default(false).meta({ description: 'Also when it has transactions open.' }),
  }),
  answers: {
    200: { description: 'What was erased.', schema: erasure, position: true },
    202: { description: 'What was erased; the read models do not show it yet.', schema: erasure, position: true },
  },
  problems: ['invalid-request', 'refused', 'unavailable'],
});

export const importIdTags = endpoint({
  tag,
  summary: 'Creates and changes idTags by CSV.',
  description: [
    'The first line names the columns, in any order; idTag is needed. A column that is absent leaves what it stands for',
    'as it is, an empty cell clears it. At most 100 000 lines and 16 MiB; comma or semicolon. Nothing is changed unless',
    'every line is right: all violations are told by line and column. Repeating an import that was cut short completes it.',
  ].join(' '),
  body: 'csv',
  answers: {
    200: { description: 'What was done.', schema: importCounts, position: true },
    202: {
      description: 'What was done; the read models do not show all of it yet.',
      schema: importCounts,
      position: true,
    },
  },
  problems: ['invalid-request', 'malformed-body', 'refused', 'body-too-large', 'unsupported-media-type'],
});
