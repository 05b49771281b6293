import { codedError } from '@app/kernel';
import type { Side } from './side';
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
  /** Nothing is written before the phase of copying is told. */
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
 * Copies a whole history, then reads the copy and compares. Rejects before anything is written: with `history-not-empty` when there is
 * something at the target and `resume` was not asked for; with `history-differs` when what is there is no part of the source.
 */
export async function copyHistory(source: Side, target: Side, options: CopyOptions): Promise<CopyReport> {
  if (!target.isEmpty && !options.resume) throw codedError('history-not-empty');
  const tell: Tell = (progress) => options.onProgress?.(progress);
  const there = await digestOf(target, tell, 'comparing');
  const kept = there.count;
  if (kept > 0) await requireBeginning(source, there, tell);
  const digest = await fill({ source, target, there, tell });
  const found = (await digestOf(target, tell, 'verifying')).summary();
  const wanted = digest.summary();
  return {
    kept,
    copied: wanted.events - kept,
    source: wanted,
    target: found,
    identical: wanted.checksum === found.checksum && wanted.events === found.events,
    shortened: digest.shortened,
  };
}

type Tell = (progress: CopyProgress) => void;

async function digestOf(side: Side, tell: Tell, phase: CopyProgress['phase']): Promise<Digest> {
  const digest = new Digest();
  for await (const { events, share } of side.read()) {
    for (const event of events) digest.take(event);
    tell({ phase, events: digest.count, share });
  }
  return digest;
}

/** Each stream of the target must be the beginning of the same stream of the source. */
async function requireBeginning(source: Side, there: Digest, tell: Tell): Promise<void> {
  const digest = new Digest();
  for await (const { events, share } of source.read()) {
    for (const event of events) {
      digest.take(event);
      const { stream } = event;
      const [has, is] = [there.of(stream), digest.of(stream)];
      if (has.count === is.count && has.digest !== is.digest) throw differs(stream, has.count);
    }
    tell({ phase: 'comparing', events: digest.count, share });
  }
  for (const stream of there.names)
    if (there.of(stream).count > digest.of(stream).count) throw differs(stream, there.of(stream).count);
}

function differs(stream: string, count: number): Error {
  return codedError('history-differs', `the ${count} events of ${stream} there are not the first of it in the source`);
}

interface Work {
  readonly source: Side;
  readonly target: Side;
  readonly there: Digest;
  readonly tell: Tell;
}

/** Adds what the target lacks. */
async function fill({ source, target, there, tell }: Work): Promise<Digest> {
  const digest = new Digest();
  for await (const { events, share } of source.read()) {
    const fresh: MovedEvent[] = [];
    for (const event of events) {
      digest.take(event);
      if (digest.of(event.stream).count > there.of(event.stream).count) fresh.push(event);
    }
    tell({ phase: 'copying', events: digest.count, share });
    await target.write(fresh, (stream) => there.of(stream).count);
  }
  await target.flush(digest.summary());
  return digest;
}
