import type Database from 'better-sqlite3';

/** Most events deleted in one transaction: about two milliseconds of work. */
const budget = 512;
/** Events of one stream looked at in one go. */
const slice = 64;
/** Streams per step of a sweep. */
const sweepStep = 64;

interface Kept {
  readonly last: number;
  readonly max_count: number | null;
  readonly max_age: number | null;
}

interface Candidate {
  readonly revision: number;
  readonly recorded_at: number;
}

/** The removal of events that retention no longer keeps, a little with every transaction. Readers hide them already before. */
export class Trimmer {
  private readonly waiting = new Set<number>();
  private finished: number[] = [];
  private sweptTo: number | undefined;
  private readonly kept: Database.Statement<[number], Kept>;
  private readonly oldest: Database.Statement<[number, number, number], Candidate>;
  private readonly remove: Database.Statement<[number, number]>;
  private readonly ageing: Database.Statement<[number, number], { id: number }>;
  private readonly overfull: Database.Statement<[], number>;

  constructor(db: Database.Database) {
    this.kept = db.prepare(
      'SELECT max_count, max_age, (SELECT max(revision) FROM events WHERE stream_id = s.id) AS last FROM streams s WHERE s.id = ?',
    );
    this.oldest = db.prepare(
      'SELECT revision, recorded_at FROM events WHERE stream_id = ? AND revision < ? ORDER BY revision LIMIT ?',
    );
    this.remove = db.prepare('DELETE FROM events WHERE stream_id = ? AND revision <= ?');
    this.ageing = db.prepare('SELECT id FROM streams WHERE max_age IS NOT NULL AND id > ? ORDER BY id LIMIT ?');
    this.overfull = db
      .prepare<[], number>(
        `SELECT id FROM streams s WHERE max_count IS NOT NULL AND (SELECT max(revision) FROM events WHERE stream_id = s.id)
           - (SELECT min(revision) FROM events WHERE stream_id = s.id) >= max_count`,
      )
      .pluck();
  }

  get idle(): boolean {
    return this.waiting.size === 0 && this.sweptTo === undefined;
  }

  add(streamId: number): void {
    this.waiting.add(streamId);
  }

  sweep(): void {
    this.sweptTo = 0;
  }

  /** Looks for every stream that has more than it keeps, whoever left it so. */
  addAll(): void {
    for (const id of this.overfull.all()) this.waiting.add(id);
    this.sweep();
  }

  /** Must run inside a transaction, and be followed by `settle` once that is committed. */
  step(now: number): void {
    this.finished = [];
    if (this.waiting.size === 0 && this.sweptTo !== undefined) this.sweepOn(this.sweptTo);
    let removed = 0;
    for (const streamId of this.waiting) {
      if (removed >= budget) return;
      const count = this.trim(streamId, now);
      removed += count;
      if (count < slice) this.finished.push(streamId);
    }
  }

  settle(): void {
    for (const streamId of this.finished) this.waiting.delete(streamId);
    this.finished = [];
  }

  private sweepOn(after: number): void {
    const streams = this.ageing.all(after, sweepStep);
    for (const { id } of streams) this.waiting.add(id);
    this.sweptTo = streams.at(-1)?.id;
  }

  private trim(streamId: number, now: number): number {
    const stream = this.kept.get(streamId);
    if (!stream) return 0;
    const firstKept = stream.max_count === null ? 0 : stream.last - stream.max_count + 1;
    const keptSince = stream.max_age === null ? -Infinity : now - stream.max_age * 1000;
    const candidates = this.oldest.all(streamId, stream.last, slice);
    const kept = candidates.findIndex((event) => event.revision >= firstKept && event.recorded_at > keptSince);
    const outdated = kept < 0 ? candidates : candidates.slice(0, kept);
    const newestOutdated = outdated.at(-1);
    if (newestOutdated) this.remove.run(streamId, newestOutdated.revision);
    return outdated.length;
  }
}
