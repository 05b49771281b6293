import type { Projection } from '../projection';
import type { PresetRow } from '../rows';

/** Named defaults of what is sent to charge boxes. */
export const presets: Projection<PresetRow> = {
  name: 'presets',
  version: 1,
  columns: {},
  indexes: [],
  on: {
    PresetSaved: {
      keys: ({ name }) => [name],
      apply: (_row, { at, ...preset }) => ({ ...preset, changedAt: at }),
    },
    PresetRemoved: { keys: ({ name }) => [name], apply: () => undefined },
  },
};
