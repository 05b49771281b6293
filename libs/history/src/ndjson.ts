import { constants, createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { codedError, tokenOfStream } from '@app/kernel';
import type { Side, Stretch } from './side';
import type { MovedEvent, Summary } from './summary';
import { Digest } from './summary';
import { linesOf } from './lines';

// One event a line, between a first line that says what the file is and a last one that says what the whole came to.

const header = { format: 'ocpp-central-system-history', version: 1 } as const;
const plainHeader = headerLine({});

/** What the first line of a file says of a history that is not the whole, or not as it was. */
export interface PartNote {
  readonly part?: Readonly<Record<string, unknown>>;
  /** Events were left out of streams: those that are there are numbered from 0 without gaps. */
  readonly renumbered?: true;
  readonly pseudonyms?: true;
}

/** The first line of a history; `note` says what it is a part of. */
export function headerLine(note: PartNote): string {
  return `${JSON.stringify({ ...header, ...note })}\n`;
}

export function lineOf({ stream, revision, id, type, data, metadata }: MovedEvent): string {
  return `${JSON.stringify({ stream, revision, id, type, data, metadata })}\n`;
}

export function endLine(whole: Summary): string {
  return `${JSON.stringify({ end: whole })}\n`;
}

const stretch = 1_000;
/** Violations that are told; a file of another kind would have one a line. */
const most = 20;

/** A history in a file of lines. */
export class NdjsonSide implements Side {
  private isCut = false;
  isAsStored = true;

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle | undefined,
    /** Bytes that hold whole lines. */
    private size: number,
    readonly isEmpty: boolean,
  ) {}

  /** Checks the whole file before anything is read. Rejects with `history-unreadable` and every violation, by line. */
  static async openForReading(file: string): Promise<NdjsonSide> {
    const size = await sizeOf(file);
    if (size === undefined) throw codedError('history-unreadable', `there is no file ${file}`);
    const { violations, isAsStored } = await checked(file, size);
    if (violations.length > 0) throw codedError('history-unreadable', `${file}: ${violations.join('; ')}`);
    return Object.assign(new NdjsonSide(file, undefined, size, false), { isAsStored });
  }

  /**
   * Rejects with `history-unreadable` when the file is something else, `history-unwritable` when it cannot be written. A file that is there stays
   * as it is until something is written: a line that a killed copy left unfinished, and the last one, are cut off only then.
   */
  static async openForWriting(file: string): Promise<NdjsonSide> {
    const size = await ownSizeOf(file);
    const whole = size === 0 ? 0 : await endOfEvents(file);
    const handle = await opened(file);
    return new NdjsonSide(file, handle, whole, whole <= plainHeader.length);
  }

  async *read(): AsyncIterable<Stretch> {
    let events: MovedEvent[] = [];
    let bytes = 0;
    let isFirst = true;
    for await (const line of linesOf(this.file, this.size)) {
      bytes += Buffer.byteLength(line) + 1;
      if (!isFirst && !isEnd(line)) events.push(JSON.parse(line) as MovedEvent);
      isFirst = false;
      if (events.length < stretch) continue;
      yield { events, share: Math.min(1, bytes / this.size) };
      events = [];
    }
    yield { events, share: 1 };
  }

  async write(events: readonly MovedEvent[]): Promise<void> {
    await this.append(events.map(lineOf).join(''));
  }

  async flush(): Promise<void> {
    await this.handle?.datasync();
  }

  async seal(whole: Summary): Promise<void> {
    await this.append(endLine(whole));
    await this.handle?.datasync();
  }

  async hasForgotten(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }

  private async append(text: string): Promise<void> {
    if (!this.isCut) await this.handle?.truncate(this.size);
    this.isCut = true;
    const bytes = Buffer.from(this.size === 0 ? plainHeader + text : text);
    // A disk that fills up takes a part, and says so only to the next write.
    for (let done = 0; done < bytes.length;) {
      const written = await this.handle?.write(bytes, done, bytes.length - done, this.size + done);
      done += written?.bytesWritten ?? bytes.length;
    }
    this.size += bytes.length;
  }
}

/** `undefined` if there is nothing; rejects when there is something else than a file. */
async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) throw codedError('history-unreadable', `${file} is no file`);
  return found?.size;
}

/** The size of a history, 0 if it is not begun. Rejects when the file is no history at all: nothing of it may be overwritten. */
async function ownSizeOf(file: string): Promise<number> {
  const size = (await sizeOf(file)) ?? 0;
  const start = size === 0 ? '' : await startOf(file);
  // A copy that was killed at once leaves a part of its first line.
  if (plainHeader.startsWith(start)) return start.length < plainHeader.length ? 0 : size;
  const fault = faultOfHeader(start.split('\n', 1)[0] ?? '') ?? 'is not the first line of a history';
  throw codedError('history-unreadable', `${file}: line 1: ${fault}`);
}

/** What the first line of a file says of the history in it. */
export async function noteIn(file: string): Promise<PartNote> {
  for await (const line of linesOf(file)) {
    const { part, renumbered, pseudonyms } = (parsed(line) ?? {}) as PartNote;
    return { ...(part && { part }), ...(renumbered && { renumbered }), ...(pseudonyms && { pseudonyms }) };
  }
  return {};
}

async function startOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(plainHeader.length), 0, plainHeader.length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Without a change to what is there. */
async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    throw codedError('history-unwritable', (error as Error).message, error);
  }
}

/** Where whole lines end that are not the last: more events can be written there. */
async function endOfEvents(file: string): Promise<number> {
  const whole = await wholeLines(file);
  let place = 0;
  for await (const line of linesOf(file, whole)) {
    if (isEnd(line)) return place;
    place += Buffer.byteLength(line) + 1;
  }
  return whole;
}

async function wholeLines(file: string): Promise<number> {
  let place = 0;
  let whole = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const last = chunk.lastIndexOf(10);
    if (last >= 0) whole = place + last + 1;
    place += chunk.length;
  }
  return whole;
}

interface Checked {
  readonly violations: readonly string[];
  readonly isAsStored: boolean;
}

async function checked(file: string, size: number): Promise<Checked> {
  const violations: string[] = [];
  const digest = new Digest();
  let isAsStored = false;
  const take = (event: MovedEvent) => {
    digest.take(event);
    isAsStored ||= tokenOfStream(event.stream) !== undefined || event.metadata.chain !== undefined;
  };
  let lines = 0;
  let end: Summary | undefined;
  for await (const line of linesOf(file, size)) {
    lines += 1;
    const last = isEnd(line) ? (parsed(line) as { readonly end: Summary } | undefined) : undefined;
    if (last !== undefined) {
      ({ end } = last);
      continue;
    }
    const fault = end === undefined ? faultOf(line, lines) : 'comes after the last line';
    if (fault !== undefined) violations.push(`line ${lines}: ${fault}`);
    else if (lines > 1) take(JSON.parse(line) as MovedEvent);
    if (violations.length === most) break;
  }
  return { violations: violations.length > 0 ? violations : incompleteness(digest, end), isAsStored };
}

/** What every line for itself does not show: that some are missing, or were changed. */
function incompleteness(digest: Digest, end: Summary | undefined): readonly string[] {
  if (end === undefined)
    return ['its last line is missing: it was cut, or the copy that wrote it did not end (--continue ends it)'];
  const { events, checksum } = digest.summary();
  if (events !== end.events) return [`it holds ${events} events where ${end.events} were written`];
  return checksum === end.checksum ? [] : ['its events are not those that were written: the checksum differs'];
}

const faultOf = (line: string, number: number) => (number === 1 ? faultOfHeader(line) : faultOfLine(line));
const isEnd = (line: string): boolean => line.startsWith('{"end":{');

function faultOfHeader(line: string): string | undefined {
  const { format, version } = (parsed(line) ?? {}) as Partial<typeof header>;
  if (format !== header.format) return 'is not the first line of a history';
  return version === header.version ? undefined : `version ${String(version)} is not known here`;
}

const isText = (value: unknown) => typeof value === 'string' && value.length > 0;
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRevision = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const fields: Readonly<Record<keyof MovedEvent, (value: unknown) => boolean>> = {
  stream: isText,
  revision: isRevision,
  id: isText,
  type: isText,
  data: isObject,
  metadata: isObject,
};

function faultOfLine(line: string): string | undefined {
  const event = parsed(line);
  if (event === undefined) return 'is not JSON';
  if (!isObject(event)) return 'is no event';
  const wrong = Object.entries(fields).filter(([name, isRight]) => !isRight((event as Record<string, unknown>)[name]));
  return wrong.length === 0 ? undefined : `${wrong.map(([name]) => name).join(', ')} missing or of another kind`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
