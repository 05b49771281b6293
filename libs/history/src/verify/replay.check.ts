import type { ChargeBoxState } from '@app/charge-box';
import {
  decodeIdentity,
  evolve,
  initialState,
  snapshotPrefix,
  snapshotStream,
  statePrefix,
  stateSchema,
  stateStream,
  telemetryPrefix,
  telemetryStream,
  upcast,
} from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';
import type { ChargeBoxSnapshot } from '@app/runtime';
import { isDeepStrictEqual } from 'node:util';
import type { Check, CheckRun, Evidence, Report } from './check';
import { placeOf } from './check';

const pageSize = 1_000;
const prefixes = [statePrefix, telemetryPrefix, snapshotPrefix];

/** Every box can be folded from its events, and its snapshot is what they come to. */
export const replayCheck: Check = {
  name: 'replay',
  doc: 'each box folds from its events; its snapshot equals that',
  begin: (evidence, report) => new ReplayRun(evidence, report),
};

/** A snapshot of the present shape, with the event that holds it. */
interface Taken {
  readonly event: RecordedEvent;
  readonly snapshot: ChargeBoxSnapshot;
}

/** One box after the other: the states of all at once would not fit into memory. */
class ReplayRun implements CheckRun {
  private readonly boxes = new Set<string>();

  constructor(
    private readonly evidence: Evidence,
    private readonly report: Report,
  ) {}

  take({ stream }: RecordedEvent): void {
    const prefix = prefixes.find((candidate) => stream.startsWith(candidate));
    if (prefix !== undefined) this.boxes.add(stream.slice(prefix.length));
  }

  async end(tell: (share: number) => void): Promise<void> {
    let done = 0;
    for (const encoded of this.boxes) {
      await this.replay(decodeIdentity(encoded));
      done += 1;
      tell(done / this.boxes.size);
    }
  }

  private async replay(identity: string): Promise<void> {
    const taken = await this.snapshotOf(identity);
    const atSnapshot = {
      state: taken?.snapshot.stateRevision ?? -1,
      telemetry: taken?.snapshot.telemetryRevision ?? -1,
    };
    // The two streams touch different parts of the state, so each may be folded to its place by itself.
    let box = await this.fold(stateStream(identity), initialState, 0, atSnapshot.state);
    box = box && (await this.fold(telemetryStream(identity), box, 0, atSnapshot.telemetry));
    if (box !== undefined && taken !== undefined) this.compare(taken, box, identity);
    box = box && (await this.fold(stateStream(identity), box, atSnapshot.state + 1));
    if (box !== undefined) await this.fold(telemetryStream(identity), box, atSnapshot.telemetry + 1);
  }

  /** `undefined` once an event could not be taken: what follows it would only tell of the same. */
  private async fold(
    stream: string,
    before: ChargeBoxState,
    from: number,
    to = Infinity,
  ): Promise<ChargeBoxState | undefined> {
    let state = before;
    for (let next = from; next <= to;) {
      const limit = Math.min(pageSize, to - next + 1);
      const { events, endOfStream } = await this.evidence.log.readStream(stream, { from: next, limit });
      for (const event of events) {
        try {
          state = evolve(state, upcast(event));
        } catch (error) {
          this.broken(event, error);
          return undefined;
        }
      }
      next = (events.at(-1)?.revision ?? next) + 1;
      if (endOfStream || events.length === 0) break;
    }
    return state;
  }

  private async snapshotOf(identity: string): Promise<Taken | undefined> {
    const { events } = await this.evidence.log.readStream(snapshotStream(identity), {
      direction: 'backward',
      limit: 1,
    });
    const [event] = events;
    const snapshot = event?.data as ChargeBoxSnapshot | undefined;
    // One of another shape is not used by anybody.
    return event === undefined || snapshot?.schema !== stateSchema ? undefined : { event, snapshot };
  }

  private compare({ event, snapshot }: Taken, replayed: ChargeBoxState, identity: string): void {
    const plain = JSON.parse(JSON.stringify(replayed)) as Record<string, unknown>;
    const kept = snapshot.state as unknown as Record<string, unknown>;
    const names = [...new Set([...Object.keys(plain), ...Object.keys(kept)])];
    const different = names.filter((name) => !isDeepStrictEqual(plain[name], kept[name]));
    if (different.length === 0) return;
    this.report({
      code: 'snapshot-differs',
      what: `The snapshot of ${identity} is not what its events come to, in: ${different.join(', ')}.`,
      place: { ...placeOf(event), box: identity },
      todo: 'The events are right. Tell the developers; until then decisions about the box rest on the snapshot.',
    });
  }

  private broken(event: RecordedEvent, error: unknown): void {
    this.report({
      code: 'not-foldable',
      what: `${event.type} cannot be folded: ${error instanceof Error ? error.message : String(error)}`,
      place: placeOf(event),
      todo: 'The event was changed, or the program has a defect: the box cannot be served. Restore a backup, or tell the developers.',
    });
  }
}
