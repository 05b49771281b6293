import { codedError } from '@app/kernel';
import { Forgetful, Held } from './held';
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
  /** As read back from the target, without what the source has forgotten. */
  readonly target: Summary;
  readonly identical: boolean;
  /** Streams whose beginning was forgotten in the source; a store may number what is left of them from 0. */
  readonly shortened: number;
  /** Events of an earlier copy that are at the target and that the source has forgotten since. */
  readonly forgotten: number;
}

/**
 * Copies a whole history, then reads the copy and compares. Rejects before anything is written: with `history-not-empty` when there is
 * something at the target and `resume` was not asked for; with `history-differs` when what is there is no part of the source.
 */
export async function copyHistory(source: Side, target: Side, options: CopyOptions): Promise<CopyReport> {
  if (!target.isEmpty && !options.resume) throw codedError('history-not-empty');
  const tell: Tell = (progress) => options.onProgress?.(progress);
  const held = target.isEmpty ? new Held(new Forgetful()) : await heldOf(source, target, tell);
  const { digest, copied } = await fill({ source, target, held, tell });
  const gone = await held.gone(source, digest);
  const found = await through(target, new Digest(digest, gone), tell, 'verifying');
  const [wanted, got] = [digest.summary(), found.summary()];
  const identical = wanted.checksum === got.checksum && wanted.events === got.events;
  if (identical) await target.seal(found.forgotten === 0 ? got : await wholeOf(target, tell));
  return {
    kept: held.count,
    copied,
    source: wanted,
    target: got,
    identical,
    shortened: digest.shortened,
    forgotten: found.forgotten,
  };
}

type Tell = (progress: CopyProgress) => void;
type Phase = CopyProgress['phase'];

interface Taker {
  readonly count: number;
  take(event: MovedEvent): void;
}

async function through<Takes extends Taker>(side: Side, taker: Takes, tell: Tell, phase: Phase): Promise<Takes> {
  for await (const { events, share } of side.read()) {
    for (const event of events) taker.take(event);
    tell({ phase, events: taker.count, share });
  }
  return taker;
}

async function wholeOf(target: Side, tell: Tell): Promise<Summary> {
  return (await through(target, new Digest(), tell, 'verifying')).summary();
}

/** Each stream of the target must be the beginning of the same stream of the source. */
async function heldOf(source: Side, target: Side, tell: Tell): Promise<Held> {
  const forgetful = await through(source, new Forgetful(), tell, 'comparing');
  const held = await through(target, new Held(forgetful), tell, 'comparing');
  const comparison = await through(source, held.comparison(), tell, 'comparing');
  await comparison.end(source);
  return held;
}

interface Work {
  readonly source: Side;
  readonly target: Side;
  readonly held: Held;
  readonly tell: Tell;
}

/** Adds what the target lacks. */
async function fill({ source, target, held, tell }: Work): Promise<{ digest: Digest; copied: number }> {
  const digest = new Digest();
  let copied = 0;
  for await (const { events, share } of source.read()) {
    for (const event of events) digest.take(event);
    const fresh = events.filter((event) => held.lacks(event));
    copied += fresh.length;
    tell({ phase: 'copying', events: digest.count, share });
    await target.write(fresh, (stream) => held.countOf(stream));
  }
  await target.flush();
  return { digest, copied };
}
