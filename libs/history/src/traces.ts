import { encodeIdentity, idTagVeiling } from '@app/charge-box';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { textKeyPrefix } from '@app/kernel';
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { withMaskedStream } from './personal';
import { scan } from './scan';

/** A place that still has an idTag. */
export interface Trace {
  readonly stream?: string;
  readonly revision?: number;
  readonly position?: string;
  readonly type?: string;
  readonly file?: string;
  /** What it is, and what to do about it. */
  readonly todo: string;
}

export interface Traces {
  readonly events: number;
  readonly files: readonly string[];
  readonly bytes: number;
  /** How many places have it; `traces` are the first of them. */
  readonly found: number;
  readonly traces: readonly Trace[];
}

export interface TracesWanted {
  readonly idTag: string;
  /** The history as it is stored. */
  readonly raw: Pick<EventStore, 'readAll' | 'head'>;
  /** Everything in it is searched byte by byte. */
  readonly folder?: string | undefined;
  readonly onProgress?: (share: number, events: number) => void;
}

const most = 100;
/** An idTag of so many characters is looked for anywhere; a shorter one, which stands by chance in many places, only as a text of its own. */
export const longEnough = 6;
const chunk = 4 * 1024 * 1024;

const todos = {
  notErased: 'It can be erased: POST /api/id-tags/{idTag}/erasure.',
  clear: 'It is in clear, from before idTags were veiled or with VEIL_ID_TAGS=false; an erasure does not reach it.',
  text: 'It stands in a text that may say anything; an erasure does not reach it.',
  file: 'The bytes of the file have it. Where the history has it too, that is why; else stop the service, remove read-models.db, read-models.next.db, captures.db and projections, which are built anew, and look again.',
} as const;

/** Looks for an idTag in every event as it is stored, and in every byte of the files beside. */
export async function tracesOf({ idTag, raw, folder, onProgress }: TracesWanted): Promise<Traces> {
  const traces: Trace[] = [];
  let found = 0;
  let events = 0;
  const tell = (trace: Trace) => {
    found += 1;
    if (traces.length < most) traces.push(trace);
  };
  const isIn = mentions(idTag);
  for await (const page of scan(raw)) {
    for (const event of page.events) {
      const todo = todoOf(event, isIn);
      if (todo !== undefined) tell({ ...placeOf(event), todo });
    }
    events += page.events.length;
    onProgress?.(page.share, events);
  }
  const files = folder === undefined ? [] : filesIn(folder);
  let bytes = 0;
  for (const file of files) {
    const read = search(file, formsOf(idTag));
    bytes += read.bytes;
    if (read.found) tell({ file, todo: todos.file });
  }
  return { events, files, bytes, found, traces };
}

const placeOf = ({ stream, revision, position, type }: RecordedEvent) => ({
  stream: withMaskedStream(stream),
  revision,
  position,
  type,
});

type IsIn = (text: string) => boolean;

function mentions(idTag: string): IsIn {
  const owner = idTagVeiling.ownerOf(idTag);
  const escaped = owner.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  const word = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'iu');
  return (text) => {
    const folded = idTagVeiling.ownerOf(text);
    if (folded === owner || folded.endsWith(`|${owner}`)) return true;
    return owner.length >= longEnough && word.test(text);
  };
}

function todoOf(event: RecordedEvent, isIn: IsIn): string | undefined {
  const { stream, type, data, metadata } = event;
  if (stream.startsWith(textKeyPrefix)) return textsIn(data).some(isIn) ? todos.notErased : undefined;
  const inName = idTagVeiling.inStream(stream);
  if (inName !== undefined && isIn(inName)) return todos.clear;
  if (![...textsIn(data), ...textsIn(metadata)].some(isIn)) return undefined;
  let isMember = false;
  const notice = (text: string): string => {
    isMember ||= isIn(text);
    return text;
  };
  idTagVeiling.inEvent({ type, data, metadata }, { text: notice, ending: notice });
  return isMember ? todos.clear : todos.text;
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** How an idTag stands in files, in small letters: in JSON, in JSON within JSON, at the end of a key, in XML, in the name of a stream. */
function formsOf(idTag: string): readonly string[] {
  const folded = idTag.trim().toLowerCase();
  const inJson = JSON.stringify(folded).slice(1, -1);
  const twice = JSON.stringify(inJson).slice(1, -1);
  const own = [
    `"${inJson}"`,
    `"${twice}\\"`,
    `|${inJson}"`,
    `|${twice}\\"`,
    `>${folded}<`,
    `idtag-${encodeIdentity(folded)}`,
  ];
  const anywhere = folded.length >= longEnough ? [folded, inJson, twice] : [];
  return [...new Set([...own, ...anywhere])].map((form) => smallLetters(Buffer.from(form)));
}

const smallLetters = (bytes: Buffer): string => bytes.toString('latin1').toLowerCase();

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function search(file: string, forms: readonly string[]): { readonly bytes: number; readonly found: boolean } {
  const handle = openSync(file, 'r');
  try {
    const overlap = Math.max(...forms.map(({ length }) => length));
    const buffer = Buffer.alloc(chunk);
    let end = '';
    let bytes = 0;
    for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer)) {
      bytes += read;
      const text = end + smallLetters(buffer.subarray(0, read));
      if (forms.some((form) => text.includes(form))) return { bytes, found: true };
      end = text.slice(-overlap);
    }
    return { bytes, found: false };
  } finally {
    closeSync(handle);
  }
}
