import { join } from 'node:path';
import type { ChargeBoxEvent } from '@app/charge-box';
import {
  chargeBoxEventSchemas,
  evolve,
  initialState,
  snapshotStream,
  stateSchema,
  stateStream,
  telemetryStream,
} from '@app/charge-box';
import { openEmbeddedStore } from '@app/event-store';
import type { EventStore, EventToAppend } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import { rebuildFromZero } from '@app/read-models';
import { timed } from './memory';
import { httpRequest } from './messages';
import { startService, trialFolder } from './processes';

export interface HistoryFigures {
  readonly events: number;
  /** Milliseconds until the first answer of a box with so many events. */
  readonly activation: number;
  /** The same for a box that has no history. */
  readonly freshActivation: number;
  /** Milliseconds from start to ready with so many events stored. */
  readonly ready: number;
  /** The same, when the read models are there already. */
  readonly readyAgain: number;
  readonly replayPerSecond: number;
  readonly projectedPerSecond: number;
}

const identity = 'OLD-BOX';
const batch = 500;
const begin = Date.UTC(2020, 0, 1);
const at = (index: number) => new Date(begin + index * 60_000).toISOString();

/** A long life: sessions of start, eight meter values, stop; the snapshot stands where the service would have left it. */
export async function benchHistory(events: number): Promise<HistoryFigures> {
  const folder = trialFolder();
  const file = join(folder.path, 'events.db');
  try {
    const store = await openEmbeddedStore({ file });
    await writeLife(store, events);
    const replayPerSecond = await replay(store);
    const projecting = performance.now();
    await rebuildFromZero(store, join(folder.path, 'trial.db'));
    const projectedPerSecond = events / ((performance.now() - projecting) / 1_000);
    await store.close();
    const first = await firstAnswers(folder.path);
    const second = await firstAnswers(folder.path);
    return { events, ...second, ready: first.ready, readyAgain: second.ready, replayPerSecond, projectedPerSecond };
  } finally {
    folder.remove();
  }
}

async function firstAnswers(path: string) {
  const starting = performance.now();
  const service = await startService(path);
  const ready = performance.now() - starting;
  const freshActivation = await timed(service.port, httpRequest('Heartbeat', {}, `FRESH-${starting}`, false));
  const activation = await timed(service.port, httpRequest('Heartbeat', {}, identity, false));
  await service.stop();
  return { ready, activation, freshActivation };
}

/** As sagas and projections replay: by a subscription from the beginning, until it has caught up. */
async function replay(store: EventStore): Promise<number> {
  const starting = performance.now();
  let count = 0;
  await new Promise<void>((resolve) => {
    const subscription = store.subscribe({ after: BEGINNING, batchSize: 5_000 }, ({ events, caughtUp }) => {
      count += events.length;
      if (caughtUp) void subscription.stop().then(resolve);
    });
  });
  return count / ((performance.now() - starting) / 1_000);
}

async function writeLife(store: EventStore, events: number): Promise<void> {
  let state = initialState;
  const revisions = { state: -1, telemetry: -1 };
  const snapshotAt = events - 150;
  const waiting: { state: EventToAppend[]; telemetry: EventToAppend[] } = { state: [], telemetry: [] };
  const flush = async (part: 'state' | 'telemetry') => {
    const stream = part === 'state' ? stateStream(identity) : telemetryStream(identity);
    const events = waiting[part].splice(0);
    if (events.length === 0) return;
    await store.append(stream, events, revisions[part]);
    revisions[part] += events.length;
  };
  const flushAll = async () => {
    await flush('state');
    await flush('telemetry');
  };
  for (let index = 0; index < events; index += 1) {
    const event = eventOf(index);
    state = evolve(state, event);
    const part = event.type === 'MeterValuesReported' ? 'telemetry' : 'state';
    waiting[part].push(dressed(event, index));
    if (waiting[part].length === batch || index === events - 1 || index === snapshotAt) await flushAll();
    if (index === snapshotAt) {
      const data = {
        schema: stateSchema,
        state,
        stateRevision: revisions.state,
        telemetryRevision: revisions.telemetry,
      };
      await store.append(snapshotStream(identity), [{ ...dressed(event, -1), type: 'SnapshotTaken', data }], 'any');
    }
  }
}

function eventOf(index: number): ChargeBoxEvent {
  if (index === 0)
    return { type: 'RegistrationDecided', data: { registration: 'Accepted', by: 'operator', at: at(0) } };
  const session = Math.floor(index / 10);
  const step = index % 10;
  const usual = { transactionId: session + 1, connectorId: 1, suspicions: [], at: at(index) };
  const timestamp = { at: at(index) };
  if (step === 1)
    return {
      type: 'TransactionStarted',
      data: { ...usual, idTag: 'CARD', timestamp, meterStart: index, idTagInfo: { status: 'Accepted' } },
    };
  if (step === 0)
    return {
      type: 'TransactionStopped',
      data: { ...usual, transactionId: session, timestamp, meterStop: index, transactionData: [] },
    };
  const value = [
    {
      value: String(index),
      context: 'Sample.Periodic',
      format: 'Raw',
      measurand: 'Energy.Active.Import.Register',
      location: 'Outlet',
      unit: 'Wh',
    },
  ];
  return { type: 'MeterValuesReported', data: { ...usual, values: [{ timestamp, value }] } };
}

function dressed({ type, data }: ChargeBoxEvent, index: number): EventToAppend {
  const id = `bench-${index}`;
  const receivedAt = at(Math.max(0, index));
  return {
    id,
    type,
    data,
    metadata: {
      schema: chargeBoxEventSchemas[type],
      correlationId: id,
      causationId: id,
      actor: 'charge-box',
      receivedAt,
    },
  };
}
