import type { Projection } from '../projection';
import type { ConfigurationRow } from '../rows';

const keyOf = (identity: string, key: string): string => `${identity}\u0000${key}`;

/** What charge boxes said of their configuration, and what was asked of them. A value changed by us counts until it is read again. */
export const configuration: Projection<ConfigurationRow> = {
  name: 'configuration',
  version: 1,
  columns: { identity: (row) => row.identity, name: (row) => row.key },
  indexes: ['identity, name', 'name'],
  on: {
    ConfigurationRead: {
      keys: ({ configurationKey, unknownKey }, { identity }) =>
        [...configurationKey.map(({ key }) => key), ...unknownKey].map((key) => keyOf(identity, key)),
      apply: (row, { configurationKey, unknownKey, at }, { identity, key: place }) => {
        const read = configurationKey.findLast(({ key }) => keyOf(identity, key) === place);
        if (read !== undefined) {
          const { key, readonly, value } = read;
          const changed =
            row?.value !== undefined && row.value !== value ? { formerValue: row.value, changedAt: at } : {};
          return { ...row, ...changed, identity, key, readonly, value, known: true, readAt: at };
        }
        const key = unknownKey.find((name) => keyOf(identity, name) === place) ?? '';
        return { identity, key, known: false, readAt: at };
      },
    },
    ConfigurationChangeAnswered: {
      keys: ({ key }, { identity }) => [keyOf(identity, key)],
      apply: (row, { key, value, status, at }, { identity }) => {
        const asked = { askedValue: value, askedStatus: status, askedAt: at };
        if (status === 'NotSupported') return { ...row, identity, key, known: false, ...asked };
        const base = { ...row, identity, key, known: true, ...asked };
        if (status !== 'Accepted' || row?.value === value) return base;
        return { ...base, value, formerValue: row?.value, changedAt: at };
      },
    },
  },
};
