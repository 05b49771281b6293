import type { RecordedEvent } from '@app/kernel';
import type { ChainKey } from './link';
import { linkOf, partsOf } from './link';
import type { SealData } from './seals';
import { sealStream, sealType } from './seals';

/** What a finding means. */
export const chainFaultTable = {
  altered:
    'The event is not what was stored: its stream, place, id, type, data or metadata was changed, or the events before it were.',
  missing: 'Events before this one are missing from the stream.',
  repeated: 'The revision of this event stands in the stream already, or a later one does.',
  unlinked: 'The event has no link although events before it have one: it was put there, or its link was taken away.',
  'foreign-key': 'Links were made with a key that was not given. They cannot be checked.',
  'cut-off': 'A seal says that the stream was longer: its end is missing.',
  'other-than-sealed': 'A seal says that another event stood here.',
  'recorded-too-early': 'The store recorded the event before it was received: the time of recording was changed.',
} as const satisfies Record<string, string>;

export type ChainFault = keyof typeof chainFaultTable;

export interface ChainFinding {
  readonly fault: ChainFault;
  readonly stream: string;
  readonly revision: number;
  /** In the log; absent for what is not there. */
  readonly position?: string;
  readonly type?: string;
}

export interface ChainReport {
  /** The first ones, in the order of the log. */
  readonly findings: readonly ChainFinding[];
  /** All of them. */
  readonly found: number;
  readonly events: number;
  /** Events that their link vouches for. */
  readonly vouched: number;
  /** Events before the first link of their stream: stored by a program without links. */
  readonly unlinked: number;
  readonly unlinkedStreams: readonly string[];
  /** Links of keys that were not given; the first one is the finding that stands for all. */
  readonly foreign: number;
  readonly seals: number;
  /** Note it elsewhere: whoever cuts off seals too cannot be told from a history that ends there. */
  readonly lastSeal?: { readonly revision: number; readonly link: string; readonly at: string };
}

interface StreamSoFar {
  next: number;
  former: string;
}

/** Most findings, and names, that are told. */
const most = 1_000;
/** Milliseconds that the clocks of an instance and of the store may differ. */
const tolerance = 3_600_000;

/**
 * Holds a history against its links. Give it the whole log in its order by `take`, after the events of the stream `seals`; then `end`. Memory
 * grows with the number of streams.
 */
export class ChainCheck {
  private readonly streams = new Map<string, StreamSoFar>();
  /** The newest sealed head of each stream. */
  private readonly sealed = new Map<string, { revision: number; link: string }>();
  private readonly findings: ChainFinding[] = [];
  private readonly unlinkedStreams = new Set<string>();
  private readonly keys: ReadonlyMap<string, ChainKey>;
  private readonly count = { found: 0, events: 0, vouched: 0, unlinked: 0, foreign: 0, seals: 0 };
  private lastSeal: ChainReport['lastSeal'];

  constructor(keys: readonly ChainKey[], seals: readonly RecordedEvent[]) {
    this.keys = new Map(keys.map((key) => [key.name, key]));
    for (const { data } of seals) this.takeSeal(data);
  }

  take(event: RecordedEvent): void {
    this.count.events += 1;
    const stream = this.streams.get(event.stream) ?? this.begun(event);
    const isInPlace = event.revision === stream.next;
    if (!isInPlace) this.find(event.revision > stream.next ? 'missing' : 'repeated', event);
    // What is chained to an event that is not there cannot be checked; what stands alone can.
    if (isInPlace || partsOf(linkIn(event))?.mode === 's') this.takeLink(event, stream);
    this.compareWithSeal(event);
    if (isTooEarly(event)) this.find('recorded-too-early', event);
    // The chain goes by revisions, whatever order the log has them in.
    if (event.revision >= stream.next) stream.former = linkIn(event);
    stream.next = Math.max(stream.next, event.revision + 1);
    this.noteSeal(event);
  }

  end(): ChainReport {
    for (const [stream, { revision }] of this.sealed)
      if (revision >= (this.streams.get(stream)?.next ?? 0)) this.add({ fault: 'cut-off', stream, revision });
    const { lastSeal } = this;
    return {
      findings: this.findings,
      ...this.count,
      unlinkedStreams: [...this.unlinkedStreams],
      ...(lastSeal === undefined ? {} : { lastSeal }),
    };
  }

  /** A stream of events that stand alone may have forgotten its beginning. */
  private begun(event: RecordedEvent): StreamSoFar {
    const isWhole = partsOf(linkIn(event))?.mode === 'c';
    const begun = { next: isWhole ? 0 : event.revision, former: '' };
    this.streams.set(event.stream, begun);
    return begun;
  }

  private takeLink(event: RecordedEvent, { former }: StreamSoFar): void {
    const link = linkIn(event);
    if (link === '') return this.takeUnlinked(event, former);
    const parts = partsOf(link);
    const key = parts && this.keys.get(parts.key);
    if (parts === undefined) return this.find('altered', event);
    if (key === undefined) return this.takeForeign(event);
    const { stream, revision } = event;
    if (linkOf(key, { mode: parts.mode, stream, revision, former, event }) === link) this.count.vouched += 1;
    else this.find('altered', event);
  }

  private takeUnlinked(event: RecordedEvent, former: string): void {
    if (former !== '') return this.find('unlinked', event);
    this.count.unlinked += 1;
    if (this.unlinkedStreams.size < most) this.unlinkedStreams.add(event.stream);
  }

  private takeForeign(event: RecordedEvent): void {
    this.count.foreign += 1;
    // Who lacks a key lacks it for every link of it.
    if (this.count.foreign === 1) this.find('foreign-key', event);
  }

  private compareWithSeal(event: RecordedEvent): void {
    const sealed = this.sealed.get(event.stream);
    if (sealed?.revision === event.revision && sealed.link !== linkIn(event)) this.find('other-than-sealed', event);
  }

  private takeSeal({ heads }: Partial<SealData>): void {
    for (const [stream, revision, link] of Array.isArray(heads) ? (heads as SealData['heads']) : []) {
      const known = this.sealed.get(stream);
      if (known === undefined || known.revision <= revision) this.sealed.set(stream, { revision, link });
    }
  }

  private noteSeal(event: RecordedEvent): void {
    if (event.stream !== sealStream || event.type !== sealType) return;
    this.count.seals += 1;
    const { at } = event.data as SealData;
    this.lastSeal = { revision: event.revision, link: linkIn(event), at };
  }

  private find(fault: ChainFault, { stream, revision, position, type }: RecordedEvent): void {
    this.add({ fault, stream, revision, position, type });
  }

  private add(finding: ChainFinding): void {
    this.count.found += 1;
    if (this.findings.length < most) this.findings.push(finding);
  }
}

const isTooEarly = ({ recordedAt, metadata }: RecordedEvent): boolean =>
  Date.parse(recordedAt) < Date.parse(metadata.receivedAt) - tolerance;

const linkIn = ({ metadata }: RecordedEvent): string => {
  const { chain } = metadata as { readonly chain?: unknown };
  return typeof chain === 'string' ? chain : '';
};
