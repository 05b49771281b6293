import type { HistoryStats } from '@app/history';
import { shownPlace, statsOf } from '@app/history';
import { Command } from 'commander';
import { statSync } from 'node:fs';
import { plain, shortPosition } from './lines';
import { print, printJson } from './output';
import type { StoreOptions } from './places';
import { placeFrom, wholeFrom, withLog, withStore } from './places';

interface Options extends StoreOptions {
  readonly boxes: string;
}

export function statsCommand(): Command {
  return withStore(new Command('stats'))
    .description('Counts what a history is made of: by type, by charge box, by day.')
    .option('--boxes <count>', 'how many of the charge boxes with most events are told', '10')
    .action((options: Options, command: Command) => stats(options, command));
}

async function stats(options: Options, command: Command): Promise<void> {
  const boxes = wholeFrom(command, '--boxes', options.boxes);
  const place = placeFrom(options, command);
  const counted = await withLog(place, options, (log, progress) =>
    statsOf(log, { boxes, onProgress: (share, events) => progress.take({ phase: 'counting', share, events }) }),
  );
  const bytes = place.kind === 'eventstoredb' ? undefined : sizeOf(place.file);
  const whole = { place: shownPlace(place), ...(bytes === undefined ? {} : { bytes }), ...counted };
  if (options.json) await printJson(whole);
  else await print(told(whole));
}

/** With what SQLite has yet to bring into the file of a store. */
function sizeOf(file: string): number {
  return [file, `${file}-wal`].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function told(whole: HistoryStats & { readonly place: string; readonly bytes?: number }): string {
  const { place, bytes, events, streams, boxes, snapshots, first, last, types, largestBoxes, days } = whole;
  const size = bytes === undefined ? '' : `, ${(bytes / 1e6).toFixed(1)} MB`;
  return [
    `${place}${size}`,
    `${events} events in ${streams} streams, ${boxes} charge boxes, ${snapshots} snapshots`,
    ...(first === undefined ? [] : [`first  ${extreme(first)}`]),
    ...(last === undefined ? [] : [`last   ${extreme(last)}`]),
    ...table('by type', types, ({ type }) => type),
    ...table(`by charge box, the first ${largestBoxes.length} of ${boxes}`, largestBoxes, ({ identity }) => identity),
    ...table('by day', days, ({ day }) => day),
    '',
  ].join('\n');
}

function extreme({ receivedAt, type, stream, position }: NonNullable<HistoryStats['first']>): string {
  return [receivedAt, plain(type), plain(stream), shortPosition(position)].join('  ').trimEnd();
}

interface Amount {
  readonly events: number;
  readonly characters: number;
}

function table<Row extends Amount>(
  title: string,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): readonly string[] {
  if (rows.length === 0) return [];
  const lines = rows.map(
    (row) => `  ${String(row.events).padStart(10)}  ${kilobytes(row).padStart(10)} kB  ${plain(nameOf(row))}`,
  );
  return ['', title, ...lines];
}

const kilobytes = ({ characters }: Amount): string => (characters / 1_000).toFixed(1);
