import { endpoint } from './endpoint';
import { ownPath, ownProjectionList, ownRow, ownRowPage, ownRowPath, ownRowsQuery } from './schemas/projections';

const tag = 'Projections';

export const listOwnProjections = endpoint({
  tag,
  summary: 'Lists the projections that live outside of the service.',
  answers: { 200: { description: 'How each is doing.', schema: ownProjectionList } },
  problems: [],
});

export const listOwnRows = endpoint({
  tag,
  summary: 'Lists the rows of a projection that lives outside of the service, by their keys.',
  description: 'Every column that the projection declares is a parameter too: only rows with this value in it.',
  path: ownPath,
  query: ownRowsQuery,
  answers: { 200: { description: 'A page of rows.', schema: ownRowPage } },
  problems: ['invalid-request', 'not-found'],
});

export const showOwnRow = endpoint({
  tag,
  summary: 'Shows a row of a projection that lives outside of the service.',
  path: ownRowPath,
  answers: { 200: { description: 'The row.', schema: ownRow } },
  problems: ['invalid-request', 'not-found'],
});
