import type { Moment, OpenedLog, Place } from '@app/history';
import {
  dataDirIn,
  isSamePlace,
  knownSchemas,
  momentOf,
  openLog,
  placeOf,
  placeOfService,
  snapshotType,
  surroundingsIn,
  veilsIn,
} from '@app/history';
import type { ChainKey } from '@app/event-store';
import { chainKey } from '@app/event-store';
import type { Command } from 'commander';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { showProgress } from './progress';
import { temporaryFrom, temporaryIn } from './temporary';

export const placesText = 'embedded:<folder>, ndjson:<file>, esdb://... or kurrentdb://...';

export interface StoreOptions {
  readonly store?: string;
  readonly namespace?: string;
  readonly json?: boolean;
  readonly temp?: string;
}

/** Those of this process. */
const surroundings = surroundingsIn(process.env);

/** Whether the service with this environment puts tokens in place of idTags. */
export const veils = (): boolean => veilsIn(surroundings);

/** The options of everything that looks into a history. */
export function withStore(command: Command): Command {
  return command
    .option('--store <place>', `${placesText}; that of the service with this environment by default`)
    .option('--namespace <name>', 'namespace in EventStoreDB')
    .option('--json', 'prints JSON')
    .option('--temp <folder>', 'where temporary files go; beside the history, or DATA_DIR by default', temporaryFrom)
    .exitOverride();
}

export function placeFrom({ store, namespace }: StoreOptions, command: Command): Place {
  const place = store === undefined ? placeOfService(surroundings) : placeOf(store, namespace);
  return 'fault' in place ? command.error(`--store: ${place.fault}`) : place;
}

/** Read models that follow the log at a place, if there are any here. */
export function readModelsOf(place: Place): string | undefined {
  const file = readModelsPlaceOf(place);
  return file !== undefined && existsSync(file) ? file : undefined;
}

/** Where the read models of a place are, or would be. */
export function readModelsPlaceOf(place: Place): string | undefined {
  const folder = dataDirOf(place);
  return folder === undefined ? undefined : join(folder, 'read-models.db');
}

/** The folder of the service that has its history at a place. */
function dataDirOf(place: Place): string | undefined {
  if (place.kind === 'ndjson') return undefined;
  if (place.kind === 'embedded') return dirname(place.file);
  const own = placeOfService(surroundings);
  const isOwn = !('fault' in own) && isSamePlace(own, place);
  return isOwn ? dataDirIn(surroundings) : surroundings.DATA_DIR;
}

/** Where temporary files go that a look at a place makes. */
export function temporaryOf(place: Place, { temp }: Pick<StoreOptions, 'temp'>): string {
  return temporaryIn(temp === undefined ? [dataDirOf(place), dataDirIn(surroundings)] : [temp]);
}

/** Keys with which the service of this environment, or of the folder at a place, links events. */
export function chainKeysOf(place: Place): readonly ChainKey[] {
  const folder = dataDirOf(place);
  const file = folder === undefined ? undefined : join(folder, 'chain-key');
  const kept = file !== undefined && existsSync(file) ? [readFileSync(file, 'utf8').trim()] : [];
  const { CHAIN_KEY: given } = surroundings;
  return [...(given === undefined ? [] : [given]), ...kept].map(chainKey);
}

/** Does something with the history at a place, and closes it. */
export async function withLog<Result>(
  place: Place,
  options: Pick<StoreOptions, 'temp'>,
  work: (log: OpenedLog, progress: ReturnType<typeof showProgress>) => Promise<Result>,
): Promise<Result> {
  const progress = showProgress(process.stderr);
  const log = await openLog(place, {
    temporary: temporaryOf(place, options),
    onProgress: (each) => progress.take({ ...each, phase: 'laying out the file' }),
  });
  try {
    return await work(log, progress);
  } finally {
    progress.end();
    await log.close();
  }
}

/** What an option of the command line says, or the end of the command with what is wrong with it. */
export function momentFrom(command: Command, name: string, text: string | undefined): Moment | undefined {
  if (text === undefined) return undefined;
  const moment = momentOf(text, Date.now());
  return 'fault' in moment ? command.error(`${name}: ${moment.fault}`) : moment;
}

export function wholeFrom(command: Command, name: string, text: string): number {
  const value = Number(text);
  // A transaction id that somebody made up may be negative.
  return /^-?\d{1,10}$/.test(text)
    ? value
    : command.error(`${name}: ${JSON.stringify(text.slice(0, 60))} is no whole number.`);
}

export function typesFrom(command: Command, names: readonly string[] | undefined): readonly string[] | undefined {
  const known = [...Object.keys(knownSchemas), snapshotType];
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length === 0) return names;
  return command.error(`--type: there is no ${unknown.join(', ')}. There are:\n${known.sort().join(', ')}`);
}

/** For options that may be given again. */
export const again = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];
