import type { ChargeBoxEvent, ChargeBoxState } from '@app/charge-box';
import {
  chargeBoxEventSchemas,
  evolve,
  initialState,
  snapshotStream,
  stateSchema,
  stateStream,
  streamOf,
  telemetryStream,
  upcast,
} from '@app/charge-box';
import type { EventMetadata, EventStore, EventToAppend, RecordedEvent } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import { randomUUID } from 'node:crypto';

/** A charge box as folded from its streams, and how far in each. */
export interface LoadedChargeBox {
  readonly state: ChargeBoxState;
  readonly stateRevision: number;
  readonly telemetryRevision: number;
  /** Events folded since the snapshot. */
  readonly sinceSnapshot: number;
}

/** What a snapshot holds. */
export interface ChargeBoxSnapshot {
  readonly schema: number;
  readonly state: ChargeBoxState;
  readonly stateRevision: number;
  readonly telemetryRevision: number;
}

const page = 500;
// Without a snapshot the newest telemetry is enough: decisions look back no farther than the state's own memory.
const telemetryTail = 256;

/** Folds a charge box from its newest snapshot and what came after. Never reads its whole life when there is a snapshot. */
export async function loadChargeBox(store: EventStore, identity: string): Promise<LoadedChargeBox> {
  const snapshot = await newestSnapshot(store, identity);
  const state = await readSince(store, stateStream(identity), snapshot?.stateRevision ?? NO_STREAM);
  if (snapshot === undefined && state.events.length === 0) {
    return { state: initialState, stateRevision: NO_STREAM, telemetryRevision: NO_STREAM, sinceSnapshot: 0 };
  }
  const telemetry = await telemetrySince(store, identity, snapshot);
  return folded({ state: snapshot?.state ?? initialState, sinceSnapshot: 0 }, state, telemetry);
}

/** The box with what was appended since, by whomever; the same object when nothing was. */
export async function catchUp(store: EventStore, identity: string, box: LoadedChargeBox): Promise<LoadedChargeBox> {
  const state = await readSince(store, stateStream(identity), box.stateRevision);
  const telemetry = await readSince(store, telemetryStream(identity), box.telemetryRevision);
  return state.events.length + telemetry.events.length === 0 ? box : folded(box, state, telemetry);
}

/** Whether the state of a box is still what was loaded: one read at the end of its stream. */
export async function isCurrent(store: EventStore, identity: string, box: LoadedChargeBox): Promise<boolean> {
  const { lastRevision } = await store.readStream(stateStream(identity), { direction: 'backward', limit: 1 });
  return lastRevision === box.stateRevision;
}

/** Events of one stream, and the revision of the last of them: never a later one, or what stands there would be overlooked. */
interface Stretch {
  readonly events: readonly RecordedEvent[];
  readonly lastRevision: number;
}

function folded(
  { state: known, sinceSnapshot }: Pick<LoadedChargeBox, 'state' | 'sinceSnapshot'>,
  state: Stretch,
  telemetry: Stretch,
): LoadedChargeBox {
  const events = [...state.events, ...telemetry.events];
  return {
    state: events.reduce((box, event) => evolve(box, upcast(event)), known),
    stateRevision: state.lastRevision,
    telemetryRevision: telemetry.lastRevision,
    sinceSnapshot: sinceSnapshot + events.length,
  };
}

async function readSince(store: EventStore, stream: string, revision: number): Promise<Stretch> {
  const events: RecordedEvent[] = [];
  for (let last = revision; ; last = events.at(-1)?.revision ?? last) {
    const next = await store.readStream(stream, { from: last + 1, limit: page });
    events.push(...next.events);
    if (next.endOfStream || next.events.length === 0)
      return { events, lastRevision: events.at(-1)?.revision ?? revision };
  }
}

async function newestSnapshot(store: EventStore, identity: string): Promise<ChargeBoxSnapshot | undefined> {
  const { events } = await store.readStream(snapshotStream(identity), { direction: 'backward', limit: 1 });
  const snapshot = events[0]?.data as ChargeBoxSnapshot | undefined;
  // A snapshot of another shape is worth nothing: the events tell the same.
  return snapshot?.schema === stateSchema ? snapshot : undefined;
}

async function telemetrySince(
  store: EventStore,
  identity: string,
  snapshot: ChargeBoxSnapshot | undefined,
): Promise<Stretch> {
  const stream = telemetryStream(identity);
  if (snapshot !== undefined) return readSince(store, stream, snapshot.telemetryRevision);
  const tail = await store.readStream(stream, { direction: 'backward', limit: telemetryTail });
  return { events: tail.events.toReversed(), lastRevision: tail.events[0]?.revision ?? NO_STREAM };
}

/** Stores a snapshot. The stream keeps only the newest; see `retain` of the caller. */
export async function storeSnapshot(
  store: EventStore,
  identity: string,
  box: LoadedChargeBox,
  at: string,
): Promise<void> {
  const id = randomUUID();
  const { state, stateRevision, telemetryRevision } = box;
  const data: ChargeBoxSnapshot = { schema: stateSchema, state, stateRevision, telemetryRevision };
  const metadata = { schema: stateSchema, correlationId: id, causationId: id, actor: 'system', receivedAt: at };
  await store.append(snapshotStream(identity), [{ id, type: 'SnapshotTaken', data, metadata }], 'any');
  await store.retain(snapshotStream(identity), { maxCount: 1 });
}

/** Splits events by the stream that keeps them, dressed for the store. */
export function dress(
  events: readonly ChargeBoxEvent[],
  metadata: Omit<EventMetadata, 'schema'>,
): Record<'state' | 'telemetry' | 'heartbeats', EventToAppend[]> {
  const dressed: Record<'state' | 'telemetry' | 'heartbeats', EventToAppend[]> = {
    state: [],
    telemetry: [],
    heartbeats: [],
  };
  const { correlationId, causationId, actor, receivedAt, instance, remoteAddress, messageId, quirks } = metadata;
  events.forEach(({ type, data }, place) => {
    // Written out, with room for the link: copies with more members cost V8 as much as the decision.
    const whole: { readonly [Name in keyof Required<EventMetadata>]: EventMetadata[Name] } = {
      schema: chargeBoxEventSchemas[type],
      correlationId,
      causationId,
      actor,
      receivedAt,
      instance,
      remoteAddress,
      messageId,
      // The deviations of a request are told once, with the first event that it led to.
      quirks: place === 0 ? quirks : undefined,
      chain: undefined,
    };
    dressed[streamOf(type)].push({ id: randomUUID(), type, data, metadata: whole });
  });
  return dressed;
}

/** About how many bytes an event takes in the store. */
export function estimatedBytes(event: ChargeBoxEvent): number {
  if (event.type === 'DataTransferReceived') return 200 + (event.data.data?.length ?? 0);
  if (event.type === 'MeterValuesReported') return 200 * (1 + event.data.values.length);
  if (event.type === 'TransactionStopped' || event.type === 'OrphanStopReceived') {
    return event.data.transactionData.reduce((sum, { value }) => sum + 100 + 200 * value.length, 400);
  }
  return 400;
}
