import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { codedError } from '@app/kernel';
import type { Side, Stretch } from './side';
import type { MovedEvent, Summary } from './summary';
import { Digest } from './summary';

// One event a line, between a first line that says what the file is and a last one that says what the whole came to.

const header = { format: 'ocpp-central-system-history', version: 1 } as const;
const stretch = 1_000;
/** Violations that are told; a file of another kind would have one a line. */
const most = 20;

/** A history in a file of lines. */
export class NdjsonSide implements Side {
  private handle: FileHandle | undefined;

  private constructor(
    private readonly file: string,
    private readonly isTarget: boolean,
    /** Bytes that hold whole lines. */
    private size: number,
    readonly isEmpty: boolean,
  ) {}

  /** Checks the whole file before anything is read. Rejects with `history-unreadable` and every violation, by line. */
  static async openForReading(file: string): Promise<NdjsonSide> {
    const size = await sizeOf(file);
    if (size === undefined) throw codedError('history-unreadable', `there is no file ${file}`);
    const violations = await violationsIn(file, size);
    if (violations.length > 0) throw codedError('history-unreadable', `${file}: ${violations.join('; ')}`);
    return new NdjsonSide(file, false, size, false);
  }

  /** The file is left as it is until something is written; then a line that a killed copy left unfinished is cut off. */
  static async openForWriting(file: string): Promise<NdjsonSide> {
    const size = (await sizeOf(file)) ?? 0;
    const whole = size === 0 ? 0 : await endOfEvents(file);
    if (whole === 0 && size > 0) await requireBegunHeader(file, size);
    return new NdjsonSide(file, true, whole, whole === 0 || (await isHeaderAlone(file, whole)));
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
    const lines = events.map(
      ({ stream, revision, id, type, data, metadata }) =>
        `${JSON.stringify({ stream, revision, id, type, data, metadata })}\n`,
    );
    if (lines.length > 0) await this.append(lines.join(''));
  }

  async flush(whole: Summary): Promise<void> {
    await this.append(`${JSON.stringify({ end: whole })}\n`);
    await this.handle?.datasync();
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }

  private async append(text: string): Promise<void> {
    this.handle ??= await this.opened();
    const bytes = Buffer.from(text);
    await this.handle.write(bytes, 0, bytes.length, this.size);
    this.size += bytes.length;
  }

  private async opened(): Promise<FileHandle> {
    if (!this.isTarget) throw new RangeError('This side is read alone.');
    const handle = await open(this.file, this.size === 0 ? 'w' : 'r+', 0o600);
    await handle.truncate(this.size);
    if (this.size > 0) return handle;
    const first = Buffer.from(`${JSON.stringify(header)}\n`);
    await handle.write(first, 0, first.length, 0);
    this.size = first.length;
    return handle;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}

function linesOf(file: string, size: number): AsyncIterable<string> {
  if (size === 0) return (async function* () {})();
  return createInterface({ input: createReadStream(file, { end: size - 1 }), crlfDelay: Infinity });
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

async function violationsIn(file: string, size: number): Promise<readonly string[]> {
  const violations: string[] = [];
  const digest = new Digest();
  let lines = 0;
  let end: Summary | undefined;
  for await (const line of linesOf(file, size)) {
    lines += 1;
    if (isEnd(line)) {
      ({ end } = JSON.parse(line) as { end: Summary });
      continue;
    }
    const fault = end === undefined ? faultOf(line, lines) : 'comes after the last line';
    if (fault !== undefined) violations.push(`line ${lines}: ${fault}`);
    else if (lines > 1) digest.take(JSON.parse(line) as MovedEvent);
    if (violations.length === most) return violations;
  }
  return violations.length > 0 ? violations : incompleteness(digest, end);
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

/** Rejects when the file is no history at all: nothing of it may be overwritten. */
async function isHeaderAlone(file: string, size: number): Promise<boolean> {
  let lines = 0;
  for await (const line of linesOf(file, size)) {
    lines += 1;
    const fault = lines === 1 ? faultOfHeader(line) : undefined;
    if (fault !== undefined) throw codedError('history-unreadable', `${file}: line 1: ${fault}`);
    if (lines === 2) return false;
  }
  return true;
}

/** Without a whole line it can only be a first line that was cut off. */
async function requireBegunHeader(file: string, size: number): Promise<void> {
  const wanted = `${JSON.stringify(header)}\n`;
  const isBegun = size < wanted.length && wanted.startsWith(await readFile(file, 'utf8'));
  if (!isBegun) throw codedError('history-unreadable', `${file}: line 1: is not the first line of a history`);
}

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
