import type Database from 'better-sqlite3';
import { failureError } from './failure';
import { touch } from './file';
import type { AppendWork, Outcome, RetainWork, WriterRequest, WriterWork } from './messages';
import { StreamTable, noStream } from './stream-table';
import type { StreamState } from './stream-table';
import { Trimmer } from './trimmer';
import { TypeTable } from './type-table';

const any = -2;
const textsPerEvent = 4;
/** A stream with retention is trimmed each time that it has grown by so many events. */
const trimEvery = 32;

/** The one writer of the file: takes groups of appends, each group in one transaction. */
export class LogWriter {
  private readonly streams: StreamTable;
  private readonly types: TypeTable;
  private readonly trimmer: Trimmer;
  private readonly insert: Database.Statement<[number, number, number, number, number, string, string, string]>;
  private readonly stored: Database.Statement<[number, number, number], { id: string; position: number }>;
  private readonly newestPosition: Database.Statement<[], number>;
  private last: number;
  private now = 0;

  constructor(private readonly db: Database.Database) {
    this.streams = new StreamTable(db);
    this.types = new TypeTable(db);
    this.trimmer = new Trimmer(db);
    this.insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.stored = db.prepare(
      'SELECT id, position FROM events WHERE stream_id = ? AND revision BETWEEN ? AND ? ORDER BY revision',
    );
    this.newestPosition = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck();
    this.last = this.newest();
  }

  get position(): number {
    return this.last;
  }

  /** True while there are events to remove and nobody asks for anything else. */
  get hasLeftovers(): boolean {
    return !this.trimmer.idle;
  }

  /** All of the requests or, when it throws, nothing of them. A conflict is an outcome and harms no other append. */
  commit(requests: readonly WriterRequest[]): Outcome[] {
    try {
      this.db.exec('BEGIN IMMEDIATE');
      const outcomes = requests.flatMap((request) => this.take(request));
      this.trimmer.step(this.now);
      this.db.exec('COMMIT');
      this.trimmer.settle();
      return outcomes;
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** Removes at once what retention does not keep, also from the pages that wait to be copied into the file. */
  purge(): void {
    this.trimmer.addAll();
    while (this.hasLeftovers) this.commit([]);
    if (!this.fold()) throw failureError('store-unavailable', 'somebody reads the file without an end');
  }

  /** Copies the pages that wait into the file; false when somebody reads them. Waits for nobody: appends wait meanwhile. */
  private fold(): boolean {
    const patience = Number(this.db.pragma('busy_timeout', { simple: true }));
    this.db.pragma('busy_timeout = 0');
    try {
      const [result] = this.db.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly busy: number }[];
      return result?.busy === 0;
    } finally {
      this.db.pragma(`busy_timeout = ${patience}`);
    }
  }

  private take(request: WriterRequest): Outcome[] {
    this.now = request.now;
    if (request.sweep) this.trimmer.sweep();
    return request.work.map((work) => this.perform(work));
  }

  private perform(work: WriterWork): Outcome {
    if ('probe' in work) return this.probe();
    return 'texts' in work ? this.append(work) : this.retain(work);
  }

  private probe(): Outcome {
    touch(this.db);
    return [noStream, this.last];
  }

  private append({ stream: name, expected, texts, at }: AppendWork): Outcome {
    const known = this.streams.find(name);
    const revision = known?.revision ?? noStream;
    const repeated = known && this.repeated(known, expected, texts);
    if (repeated) return repeated;
    if (expected !== any && expected !== revision) return [revision];
    if (texts.length > 0) this.storeAll(known ?? this.streams.findOrCreate(name), texts, at);
    return [revision + texts.length / textsPerEvent, this.last];
  }

  private storeAll(stream: StreamState, texts: readonly string[], recordedAt: number): void {
    const before = stream.revision;
    for (let i = 0; i < texts.length; i += textsPerEvent)
      this.store(stream, texts.slice(i, i + textsPerEvent), recordedAt);
    if (isDueForTrim(stream, before)) this.trimmer.add(stream.id);
  }

  private store(stream: StreamState, texts: readonly string[], recordedAt: number): void {
    const [id = '', type = '', data = '', metadata = ''] = texts;
    const typeId = this.types.idOf(type);
    this.insert.run(this.last + 1, stream.id, stream.revision + 1, typeId, recordedAt, id, data, metadata);
    this.last += 1;
    stream.revision += 1;
    stream.lastId = id;
  }

  /** The first outcome of a batch that was stored before. With `any`, only the end of the stream is compared. */
  private repeated(stream: StreamState, expected: number, texts: readonly string[]): Outcome | undefined {
    const count = texts.length / textsPerEvent;
    const first = (expected === any ? stream.revision - count : expected) + 1;
    const last = first + count - 1;
    if (count === 0 || first < 0 || last > stream.revision) return undefined;
    if (last === stream.revision && stream.lastId !== texts[texts.length - textsPerEvent]) return undefined;
    const stored = this.stored.all(stream.id, first, last);
    const newest = stored.at(-1);
    if (!newest || stored.length !== count || stored.some(({ id }, i) => id !== texts[i * textsPerEvent]))
      return undefined;
    return [last, newest.position];
  }

  private retain(work: RetainWork): Outcome {
    const stream = this.streams.findOrCreate(work.stream);
    this.streams.setRetention(stream, work.retention);
    this.trimmer.add(stream.id);
    return [stream.revision, this.last];
  }

  private rollBack(): void {
    // SQLite may already have rolled back by itself: it does when the disk is full.
    if (this.db.inTransaction) this.db.exec('ROLLBACK');
    this.streams.forget();
    this.types.forget();
    this.last = this.newest();
  }

  private newest(): number {
    return this.newestPosition.get() ?? 0;
  }
}

function isDueForTrim(stream: StreamState, before: number): boolean {
  const { maxCount, maxAge } = stream.retention;
  if (maxCount === undefined && maxAge === undefined) return false;
  return Math.floor(stream.revision / trimEvery) !== Math.floor(before / trimEvery);
}
