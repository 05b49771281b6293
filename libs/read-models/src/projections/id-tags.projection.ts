import type { Projection } from '../projection';
import type { IdTagRow } from '../rows';

export type StoredIdTag = Omit<IdTagRow, 'openTransactions'>;

/** The idTags as operators saved them. Letter case does not count (OCPP 1.5, 7.20). */
export const idTags: Projection<StoredIdTag> = {
  name: 'id_tags',
  version: 1,
  columns: {
    blocked: (row) => (row.blocked ? 1 : 0),
    parent: (row) => row.parentIdTag?.toLowerCase() ?? null,
    search: (row) => `${row.idTag} ${row.note ?? ''}`.toLowerCase(),
  },
  indexes: ['parent'],
  on: {
    IdTagSaved: {
      keys: ({ idTag }) => [idTag.toLowerCase()],
      apply: (_row, { at, ...details }) => ({ ...details, changedAt: at }),
    },
    IdTagRemoved: { keys: ({ idTag }) => [idTag.toLowerCase()], apply: () => undefined },
  },
};
