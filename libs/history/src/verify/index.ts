import type { RecordedEvent } from '@app/kernel';
import { scan } from '../scan';
import type { Summary } from '../summary';
import { Digest } from '../summary';
import { chainCheck } from './chain.check';
import type { Begun, Check, Evidence, Finding } from './check';
import { fileCheck } from './file.check';
import { orderCheck } from './order.check';
import { readModelsCheck } from './read-models.check';
import { replayCheck } from './replay.check';
import { shapesCheck } from './shapes.check';
import { transactionsCheck } from './transactions.check';

/** Every check, in the order in which they are told. */
export const checks: readonly Check[] = [
  fileCheck,
  orderCheck,
  chainCheck,
  shapesCheck,
  replayCheck,
  transactionsCheck,
  readModelsCheck,
];

/** Findings of one check that are told; the others are counted. */
const most = 100;

export interface CheckResult {
  readonly check: string;
  readonly outcome: 'sound' | 'found' | 'skipped' | 'failed';
  /** Why it was skipped, or could not be ended. */
  readonly reason?: string;
  /** What else there is to know. */
  readonly remark?: string;
  readonly count: number;
  readonly findings: readonly Finding[];
}

export interface Verification {
  /** What the whole history came to: the same as in the last line of a copy of it. */
  readonly contents: Summary;
  readonly results: readonly CheckResult[];
  readonly sound: boolean;
}

export interface VerifyOptions {
  /** Names of checks; all by default. */
  readonly only?: readonly string[] | undefined;
  readonly onProgress?: (phase: string, share: number, events: number) => void;
}

class Running {
  private readonly findings: Finding[] = [];
  private run: Begun = { skipped: 'it was not begun' };
  private count = 0;
  private failure: string | undefined;

  constructor(readonly check: Check) {}

  async begin(evidence: Evidence): Promise<this> {
    try {
      this.run = await this.check.begin(evidence, (finding) => {
        this.count += 1;
        if (this.findings.length < most) this.findings.push(finding);
      });
    } catch (error) {
      this.run = {};
      this.fail(error);
    }
    return this;
  }

  takeAll(events: readonly RecordedEvent[]): void {
    if (this.failure !== undefined || 'skipped' in this.run) return;
    try {
      for (const event of events) this.run.take?.(event);
    } catch (error) {
      this.fail(error);
    }
  }

  /** What one check cannot do is no reason to leave out the others. */
  async end(tell: (share: number) => void): Promise<void> {
    if (this.failure !== undefined || 'skipped' in this.run) return;
    try {
      await this.run.end?.(tell);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The log broke off: who looks at every event has not seen them all. */
  breakOff(error: unknown): void {
    if ('take' in this.run) this.fail(error);
  }

  result(): CheckResult {
    const { findings, count, check } = this;
    const reason = 'skipped' in this.run ? this.run.skipped : this.failure;
    const told = { check: check.name, count, findings, ...(reason === undefined ? {} : { reason }) };
    if ('skipped' in this.run) return { ...told, outcome: 'skipped' };
    if (this.failure !== undefined) return { ...told, outcome: 'failed' };
    const remark = this.run.remark?.();
    return { ...told, ...(remark === undefined ? {} : { remark }), outcome: count === 0 ? 'sound' : 'found' };
  }

  private fail(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error);
  }
}

async function begun(evidence: Evidence, only: VerifyOptions['only']): Promise<readonly Running[]> {
  const wanted = checks.filter(({ name }) => only === undefined || only.includes(name));
  return Promise.all(wanted.map((check) => new Running(check).begin(evidence)));
}

/** Shows each check the events as it wants them. */
async function goThrough(
  { log, raw = log, lift = async (events) => events }: Evidence,
  running: readonly Running[],
  tell: (events: readonly RecordedEvent[], share: number) => void,
): Promise<void> {
  for await (const { events, share } of scan(raw)) {
    const lifted = await lift(events);
    for (const each of running) each.takeAll(each.check.raw ? events : lifted);
    tell(events, share);
  }
}

/** Puts every check to a history. */
export async function verifyHistory(
  evidence: Evidence,
  { only, onProgress }: VerifyOptions = {},
): Promise<Verification> {
  const running = await begun(evidence, only);
  const digest = new Digest();
  try {
    await goThrough(evidence, running, (events, share) => {
      for (const event of events) digest.take(event);
      onProgress?.('reading', share, digest.count);
    });
  } catch (error) {
    for (const each of running) each.breakOff(error);
  }
  for (const each of running) await each.end((share) => onProgress?.(each.check.name, share, digest.count));
  const results = running.map((each) => each.result());
  const isSound = ({ outcome }: CheckResult) => outcome === 'sound' || outcome === 'skipped';
  return { contents: digest.summary(), results, sound: results.every(isSound) };
}
