import { redacted } from '@app/event-store';
import type { Stats } from 'node:fs';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where a history is. */
export type Place =
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'eventstoredb'; readonly connectionString: string; readonly namespace?: string }
  | { readonly kind: 'ndjson'; readonly file: string };

/** The place that a text names, or why it names none. `namespace` counts for EventStoreDB alone. */
export function placeOf(text: string, namespace?: string): Place | { readonly fault: string } {
  if (/^(esdb|kurrentdb)(\+discover)?:\/\//.test(text))
    return { kind: 'eventstoredb', connectionString: text, ...(namespace === undefined ? {} : { namespace }) };
  const [, kind, path = ''] = /^(embedded|ndjson):(.+)$/s.exec(text) ?? [];
  if (kind === 'ndjson') return { kind, file: resolve(path) };
  if (kind === 'embedded') return { kind, file: eventsFile(resolve(path)) };
  return {
    fault:
      'A history is at `embedded:<folder or file>`, at `ndjson:<file>`, or at a connection string of EventStoreDB (`esdb://...`) or KurrentDB (`kurrentdb://...`).',
  };
}

/** What the environment of a service says of where its history is. */
export interface Surroundings {
  readonly DATA_DIR?: string | undefined;
  readonly EVENT_STORE?: string | undefined;
  readonly EVENT_STORE_NAMESPACE?: string | undefined;
  readonly CHAIN_KEY?: string | undefined;
  readonly VEIL_ID_TAGS?: string | undefined;
}

/** As the service reads its environment: what is empty is not set. */
export function surroundingsIn(environment: Readonly<Record<string, string | undefined>>): Surroundings {
  const read = (name: keyof Surroundings) => environment[name] || undefined;
  return {
    DATA_DIR: read('DATA_DIR'),
    EVENT_STORE: read('EVENT_STORE'),
    EVENT_STORE_NAMESPACE: read('EVENT_STORE_NAMESPACE'),
    CHAIN_KEY: read('CHAIN_KEY'),
    VEIL_ID_TAGS: read('VEIL_ID_TAGS'),
  };
}

/** As the settings of the service have it. */
export const usualFolder = './data';

/** Where a service in these surroundings keeps what is not in the history. */
export function dataDirIn({ DATA_DIR = usualFolder }: Surroundings): string {
  return DATA_DIR;
}

/** Whether it puts tokens in place of idTags. */
export function veilsIn({ VEIL_ID_TAGS = 'true' }: Surroundings): boolean {
  return !['false', '0'].includes(VEIL_ID_TAGS);
}

/** Where it keeps its history, or why there is none. */
export function placeOfService(surroundings: Surroundings): Place | { readonly fault: string } {
  const { EVENT_STORE: store = 'embedded', EVENT_STORE_NAMESPACE } = surroundings;
  if (store === 'memory')
    return { fault: 'EVENT_STORE is `memory`, which keeps no history that could be read. Name another by --store.' };
  return placeOf(store === 'embedded' ? `embedded:${dataDirIn(surroundings)}` : store, EVENT_STORE_NAMESPACE);
}

/** A folder stands for the file of events in it, as `DATA_DIR` does. */
function eventsFile(path: string): string {
  const isFile = existsSync(path) ? statSync(path).isFile() : path.endsWith('.db');
  return isFile ? path : join(path, 'events.db');
}

/** A place as people may see it: without passwords. */
export function shownPlace(place: Place): string {
  if (place.kind !== 'eventstoredb') return `${place.kind}:${place.file}`;
  const hidden = redacted(place.connectionString).split('?', 1).join();
  return place.namespace === undefined ? hidden : `${hidden} (${place.namespace})`;
}

/** True also where links lead to one file. */
export function isSamePlace(one: Place, other: Place): boolean {
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  const [here, there] = [fileOf(one), fileOf(other)];
  return here !== undefined && here.ino === there?.ino && here.dev === there.dev;
}

function fileOf(place: Place): Stats | undefined {
  return place.kind === 'eventstoredb' ? undefined : statSync(place.file, { throwIfNoEntry: false });
}
