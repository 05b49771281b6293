import { codedError } from '@app/kernel';
import type { Resumable, Side } from './side';
import type { MovedEvent, Summary } from './summary';
import { Digest } from './summary';

export interface CopyProgress {
  readonly phase: 'comparing' | 'copying' | 'verifying';
  readonly events: number;
  /** Of the history, from 0 to 1. */
  readonly share: number;
}

export interface CopyOptions {
  /** Goes on where an earlier copy ended. Without it the target must be empty. */
  readonly resume: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyReport {
  /** Events that were there already. */
  readonly kept: number;
  readonly copied: number;
  readonly source: Summary;
  /** As read back from the target. */
  readonly target: Summary;
  readonly identical: boolean;
  /** Streams whose beginning was forgotten in the source; a store may number what is left of them from 0. */
  readonly shortened: number;
}

/**
 * Copies a whole history in its order, then reads the copy and compares. Rejects with `history-not-empty` before anything is written when
 * there is something at the target and `resume` was not asked for; with `history-differs` when what is there is not the beginning of the source.
 */
export async function copyHistory(source: Side, target: Resumable, options: CopyOptions): Promise<CopyReport> {
  if (!target.isEmpty && !options.resume) throw codedError('history-not-empty');
  const digest = new Digest();
  const there = new Beginning(target);
  const tell: Tell = (progress) => options.onProgress?.(progress);
  await fill({ source, target, digest, there, tell });
  const found = await digestOf(target, tell);
  const wanted = digest.summary();
  return {
    kept: there.count,
    copied: wanted.events - there.count,
    source: wanted,
    target: found,
    identical: wanted.checksum === found.checksum && wanted.events === found.events,
    shortened: digest.shortened,
  };
}

type Tell = (progress: CopyProgress) => void;

interface Work {
  readonly source: Side;
  readonly target: Resumable;
  readonly digest: Digest;
  readonly there: Beginning;
  readonly tell: Tell;
}

/** Compares as far as the target goes, then adds what it lacks. */
async function fill({ source, target, digest, there, tell }: Work): Promise<void> {
  for await (const { events, share } of source.read()) {
    const fresh: MovedEvent[] = [];
    for (const event of events) if (!(await there.holds(digest.take(event)))) fresh.push(event);
    await target.write(fresh);
    tell({ phase: fresh.length > 0 ? 'copying' : 'comparing', events: digest.count, share });
  }
  await there.requireEnd();
  await target.flush();
}

async function digestOf(side: Side, tell: Tell): Promise<Summary> {
  const digest = new Digest();
  for await (const { events, share } of side.read()) {
    for (const event of events) digest.take(event);
    tell({ phase: 'verifying', events: digest.count, share });
  }
  return digest.summary();
}

/** What the target holds, compared event by event with what the source has in its place. */
class Beginning {
  count = 0;
  private readonly digest = new Digest();
  private readonly events: AsyncIterator<MovedEvent>;
  private over: boolean;

  constructor(private readonly target: Resumable) {
    this.over = target.isEmpty;
    this.events = each(target)[Symbol.asyncIterator]();
  }

  /** Whether the target has this very event as its next one; false once it has no more. */
  async holds(line: string): Promise<boolean> {
    if (this.over) return false;
    const next = await this.events.next();
    if (next.done === true) {
      this.over = true;
      return false;
    }
    if (this.digest.take(next.value) !== line) throw this.difference(next.value);
    this.target.known(next.value);
    this.count += 1;
    return true;
  }

  /** The target must not hold more than the source. */
  async requireEnd(): Promise<void> {
    const next = this.over ? undefined : await this.events.next();
    if (next !== undefined && next.done !== true) throw this.difference(next.value);
  }

  private difference({ stream, revision, type }: MovedEvent): Error {
    const which = `event ${this.count + 1} there is ${type}, revision ${revision} of ${stream}`;
    return codedError('history-differs', which);
  }
}

async function* each(side: Side): AsyncIterable<MovedEvent> {
  for await (const { events } of side.read()) yield* events;
}
