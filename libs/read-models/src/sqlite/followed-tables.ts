import type { Position } from '@app/kernel';
import { projections } from '../projections';
import { readCause } from './anchor';
import { tablesVersion } from './database';
import type { KeptQuirk, KeptReading } from './lists';
import { quirkOf, readingOf } from './lists';
import type { RowChange, RowPlace } from './row-changes';

/** A row as the statement of its table gives it. */
export type KeptChange = {
  readonly key: string;
  readonly row: string | null;
  readonly changed: string;
  readonly changed_by: string;
} & Partial<KeptReading & KeptQuirk>;

/** A table whose changes can be followed. */
export interface FollowedTable {
  readonly name: string;
  /** Another text when its rows come out differently. */
  readonly version: string;
  /** Columns by which few rows are found fast, by the field that they hold. */
  readonly narrow: Readonly<Record<string, string>>;
  readonly leavesTombstones: boolean;
  /** Its places are numbers of rows, not positions of the log. */
  readonly numbersRows?: true;
  /** Values: that of the column that it is narrowed by, then position and key of a place, once more for tombstones, then a limit. */
  select(narrow: string): string;
  /** The key of a place as the statement compares it. */
  keyOf(key: string): string;
  changeOf(kept: KeptChange): RowChange;
  /** The place behind everything that there is at a checkpoint, the last row being at `last`. */
  endOf(last: RowPlace, checkpoint: Position): RowPlace;
}

const later = (one: Position, other: Position): Position => (one > other ? one : other);

/** `+` keeps SQLite from walking the changes of all rows where the rows that are wanted are few. */
const ordered = (narrow: string) => (narrow === '' ? '' : '+');

function keyed(name: string, narrow: FollowedTable['narrow']): FollowedTable {
  const version = projections.find((projection) => projection.name === name)?.version ?? 0;
  return rowsWithKeys(name, `${name}:${version}`, narrow);
}

/** A table of a projection. */
export function rowsWithKeys(name: string, version: string, narrow: FollowedTable['narrow']): FollowedTable {
  return {
    name,
    version,
    narrow,
    leavesTombstones: true,
    select: (column) => {
      const plus = ordered(column);
      const only = column === '' ? '' : `${column} = ? AND `;
      return `SELECT key, row, changed, changed_by FROM ${name} WHERE ${only}(${plus}changed, ${plus}key) > (?, ?)
        UNION ALL SELECT key, NULL, position, changed_by FROM removed WHERE projection = '${name}' AND (position, key) > (?, ?)
        ORDER BY 3, 1 LIMIT ?`;
    },
    keyOf: (key) => key,
    changeOf: ({ key, row, changed, changed_by: by }) => ({
      place: { position: changed, key },
      key,
      cause: readCause(by),
      ...(row === null ? {} : { row }),
    }),
    endOf: ({ position }, checkpoint) => ({ position: later(position, checkpoint) }),
  };
}

/** Readings only ever grow: the number of a row is its place. */
const meterValues: FollowedTable = {
  name: 'meter_values',
  numbersRows: true,
  version: `tables:${tablesVersion}`,
  narrow: { identity: 'identity', transactionId: 'transaction_id' },
  leavesTombstones: false,
  select: (column) => {
    const only = column === '' ? '' : `${column} = ? AND `;
    const id = `${ordered(column)}id`;
    // Positions are text and there are no keys here. The first reading of an event says what it comes from.
    return `SELECT *, coalesce(changed_by, (SELECT opening.changed_by FROM meter_values opening INDEXED BY meter_values_changed_by
        WHERE opening.changed_by IS NOT NULL AND opening.id <= meter_values.id ORDER BY opening.id DESC LIMIT 1)) AS changed_by
      FROM meter_values WHERE ${only}${id} > CAST(? AS INTEGER) AND ? IS NOT NULL ORDER BY ${id} LIMIT ?`;
  },
  keyOf: (key) => key,
  changeOf: (kept) => {
    const key = String(kept.id).padStart(16, '0');
    const row = JSON.stringify(readingOf(kept as KeptReading));
    return { place: { position: key }, key, row, cause: readCause(kept.changed_by) };
  },
  endOf: (last) => last,
};

/** All quirks of one event are of one box. */
const quirks: FollowedTable = {
  name: 'quirks',
  version: `tables:${tablesVersion}`,
  narrow: { identity: 'identity' },
  leavesTombstones: false,
  select: (column) => {
    const plus = ordered(column);
    const only = column === '' ? '' : `${column} = ? AND `;
    return `SELECT * FROM quirks WHERE ${only}(${plus}changed, ${plus}name) > (?, ?) ORDER BY ${plus}changed, ${plus}name LIMIT ?`;
  },
  keyOf: (key) => key.split('\u0000', 1)[0] ?? '',
  changeOf: ({ changed, changed_by: by, ...kept }) => {
    const { identity, name } = kept as KeptQuirk;
    const key = `${name}\u0000${identity}`;
    const row = JSON.stringify({ identity, ...quirkOf(kept as KeptQuirk) });
    return { place: { position: changed, key }, key, row, cause: readCause(by) };
  },
  endOf: ({ position }, checkpoint) => ({ position: later(position, checkpoint) }),
};

/** Everything that can be followed, by its name outside. */
export const followedTables = {
  'charge-boxes': keyed('charge_boxes', { identity: 'key' }),
  connectors: keyed('connectors', { identity: 'identity' }),
  transactions: keyed('transactions', { transactionId: 'key', identity: 'identity' }),
  'meter-values': meterValues,
  'id-tags': keyed('id_tags', { id: 'key' }),
  commands: keyed('operations', { id: 'key', identity: 'identity' }),
  requests: keyed('requests', { id: 'key', identity: 'identity' }),
  reservations: keyed('reservations', { identity: 'identity' }),
  configuration: keyed('configuration', { identity: 'identity' }),
  presets: keyed('presets', { id: 'key' }),
  quirks,
  orphans: keyed('orphans', { identity: 'identity' }),
} satisfies Readonly<Record<string, FollowedTable>>;

export type FollowedName = keyof typeof followedTables;
