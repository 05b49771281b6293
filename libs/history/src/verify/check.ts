import type { ChainFinding, ChainKey } from '@app/event-store';
import { chainFaultTable } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { withMaskedStream } from '../personal';

const ownCodes = [
  'damaged',
  'missing',
  'repeated',
  'out-of-order',
  'unknown-type',
  'no-version',
  'newer-version',
  'no-time',
  'misplaced',
  'not-foldable',
  'snapshot-differs',
  'id-given-twice',
  'stop-without-start',
  'orphaned-stop',
  'orphan-bound-twice',
  'open-too-long',
  'other-history',
  'other-program',
  'row-differs',
] as const;

type FindingCode = (typeof ownCodes)[number] | ChainFinding['fault'];

/** What findings are called, by which people look them up. */
export const findingCodes: ReadonlySet<string> = new Set([...ownCodes, ...Object.keys(chainFaultTable)]);

/** Something that is wrong in a history, or that waits for somebody to act. */
export interface Finding {
  readonly code: FindingCode;
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** Where: whatever of this is known. */
  readonly place: Place;
  /** What to do about it. */
  readonly todo: string;
}

interface Place {
  readonly stream?: string;
  readonly revision?: number;
  readonly position?: string;
  readonly box?: string;
  readonly transactionId?: number;
  readonly table?: string;
  readonly key?: string;
}

/** What a check works on. */
export interface Evidence {
  readonly log: Pick<EventStore, 'readAll' | 'readStream' | 'head'>;
  /** The log as it is stored, and as rows are made of it; `log` by default. */
  readonly raw?: Evidence['log'] | undefined;
  readonly forRows?: Evidence['log'] | undefined;
  /** What `log` shows of events of `raw`. */
  readonly lift?: ((events: readonly RecordedEvent[]) => Promise<readonly RecordedEvent[]>) | undefined;
  /** The file of an embedded store. */
  readonly storeFile?: string | undefined;
  /** The file of read models that follow the log. */
  readonly readModels?: string | undefined;
  /** The folder in which temporary files are made; that of the system by default. */
  readonly temporary?: string | undefined;
  /** Keys of links that the log may have. */
  readonly chainKeys?: readonly ChainKey[] | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Transactions that have been open for longer are told. */
  readonly openDays: number;
}

export type Report = (finding: Finding) => void;

/** One question to a history. It sees every event once, in order; at the end it may read what it likes. */
export interface Check {
  readonly name: string;
  readonly doc: string;
  /** It looks at events as they are stored. */
  readonly raw?: true;
  /** Begins; gives a reason in place of a run when there is nothing to look at. */
  begin(evidence: Evidence, report: Report): Begun | Promise<Begun>;
}

export type Begun = CheckRun | { readonly skipped: string };

export interface CheckRun {
  take?(event: RecordedEvent): void;
  /** `tell`: how far it is, from 0 to 1. */
  end?(tell: (share: number) => void): Promise<void> | void;
  /** What else there is to know, after the end. */
  remark?(): string;
}

/** Where an event is, as people may see it. */
export function placeOf({ stream, revision, position }: RecordedEvent): Finding['place'] {
  return { stream: withMaskedStream(stream), revision, position };
}
