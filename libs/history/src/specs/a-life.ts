import type { ChargeBoxEvent } from '@app/charge-box';
import {
  chargeBoxEventSchemas,
  heartbeatStream,
  idTagStream,
  stateStream,
  streamOf,
  telemetryStream,
} from '@app/charge-box';
import type { EventStore, EventToAppend } from '@app/kernel';
import { registered, secondsAfterNoon } from '@app/testing';
import fc from 'fast-check';

/** One thing that happens to one of a few boxes. */
export interface Step {
  readonly box: number;
  readonly kind: keyof typeof kinds;
  readonly session: number;
}

/** Steps lie ten seconds apart. */
export const at = (place: number): string => secondsAfterNoon(place * 10);
export const identityOf = (box: number): string => ['BOX 1', 'BOX-2', 'bøx'][box] ?? `BOX-${box}`;
export const idTagOf = (session: number): string => `Card${session}0815`;

const start = (session: number, now: string): ChargeBoxEvent => ({
  type: 'TransactionStarted',
  data: {
    transactionId: session,
    connectorId: 1 + (session % 2),
    idTag: idTagOf(session),
    timestamp: { at: now, text: now },
    meterStart: session * 1_000,
    idTagInfo: { status: 'Accepted', parentIdTag: 'Family77' },
    suspicions: session % 3 === 0 ? ['time-missing'] : [],
    at: now,
  },
});

const reading = (session: number, now: string): ChargeBoxEvent => ({
  type: 'MeterValuesReported',
  data: {
    connectorId: 1 + (session % 2),
    transactionId: session,
    values: [
      {
        timestamp: { at: now },
        value: [
          {
            value: String(session * 1_000 + 100),
            unit: 'Wh',
            context: 'Sample.Periodic',
            format: 'Raw',
            measurand: 'Energy.Active.Import.Register',
            location: 'Outlet',
          },
        ],
      },
    ],
    suspicions: [],
    at: now,
  },
});

const stop = (session: number, now: string): ChargeBoxEvent => ({
  type: 'TransactionStopped',
  data: {
    transactionId: session,
    connectorId: 1 + (session % 2),
    idTag: idTagOf(session),
    timestamp: { at: now },
    meterStop: session * 1_000 + 500,
    idTagInfo: { status: 'Accepted' },
    transactionData: [],
    suspicions: [],
    at: now,
  },
});

/** What can happen, by name; each with everything personal that such an event may hold. */
export const kinds = {
  register: (): ChargeBoxEvent => registered,
  boot: (session: number, now: string): ChargeBoxEvent => ({
    type: 'ChargeBoxBooted',
    data: {
      boot: {
        chargePointVendor: 'Acme',
        chargePointModel: 'Duo',
        chargeBoxSerialNumber: `Serial${session}4711`,
        iccid: `8949${session}0000`,
      },
      answered: 'Accepted',
      heartbeatInterval: 300,
      at: now,
    },
  }),
  address: (session: number, now: string): ChargeBoxEvent => ({
    type: 'AddressObserved',
    data: { from: `http://10.9.8.${session}:8000/ocpp`, remoteAddress: `10.9.8.${session}`, at: now },
  }),
  authorize: (session: number, now: string): ChargeBoxEvent => ({
    type: 'IdTagAuthorized',
    data: { idTag: idTagOf(session), idTagInfo: { status: 'Accepted', parentIdTag: 'Family77' }, at: now },
  }),
  start,
  reading,
  stop,
  orphan: (session: number, now: string): ChargeBoxEvent => ({
    type: 'OrphanStopReceived',
    data: {
      ...(stop(session, now).data as Extract<ChargeBoxEvent, { type: 'TransactionStopped' }>['data']),
      orphanId: `orphan${session}4712`,
    },
  }),
  status: (session: number, now: string): ChargeBoxEvent => ({
    type: 'ConnectorStatusReported',
    data: {
      connectorId: 1 + (session % 2),
      status: 'Occupied',
      errorCode: 'NoError',
      info: `Card${session}0815 was here`,
      timestamp: { at: now },
      at: now,
    },
  }),
  heartbeat: (_session: number, now: string): ChargeBoxEvent => ({ type: 'HeartbeatReceived', data: { at: now } }),
  remoteStart: (session: number, now: string): ChargeBoxEvent => ({
    type: 'OperationScheduled',
    data: {
      callId: `call-${session}`,
      operation: 'RemoteStartTransaction',
      request: { idTag: idTagOf(session), connectorId: 1 + (session % 2) },
      expiresAt: now,
      by: 'operator',
      idempotencyKey: `key${session}4713`,
      at: now,
    },
  }),
  sent: (session: number, now: string): ChargeBoxEvent => ({
    type: 'OperationSent',
    data: {
      callId: `call-${session}`,
      attempt: 1,
      url: `http://10.9.8.${session}:8000/ocpp`,
      messageId: `message${session}4714`,
      respondBy: now,
      at: now,
    },
  }),
  evidence: (session: number, now: string): ChargeBoxEvent => ({
    type: 'OperationConfirmed',
    data: { callId: `call-${session}`, evidence: 'TransactionStarted', transactionId: session, at: now },
  }),
  delegated: (session: number, now: string): ChargeBoxEvent => ({
    type: 'RequestDelegated',
    data: {
      msgId: `msg-${session}`,
      operation: 'Authorize',
      request: { idTag: idTagOf(session) },
      remoteAddress: `10.9.8.${session}`,
      at: now,
      respondBy: now,
      heldBy: 'host4715',
    },
  }),
} as const satisfies Record<string, (session: number, now: string) => ChargeBoxEvent>;

export const anyLife = fc.array(
  fc.record({
    box: fc.nat(2),
    kind: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
    session: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 1, maxLength: 40 },
);

export function eventOf({ kind, session }: Step, place: number): ChargeBoxEvent {
  return kinds[kind](session, at(place));
}

export function dressed(event: { readonly type: string; readonly data: object }, place: number): EventToAppend {
  return {
    id: `event-${place}`,
    ...event,
    metadata: {
      schema: chargeBoxEventSchemas[event.type as ChargeBoxEvent['type']] ?? 1,
      correlationId: `cause-${place}`,
      causationId: `cause-${place}`,
      actor: 'charge-box',
      receivedAt: at(place),
      remoteAddress: '10.9.8.7',
      messageId: `urn:4716:${place}`,
      quirks: [{ name: 'too-long', path: 'idTag', text: 'Card40815' }],
    },
  };
}

export function streamFor(identity: string, type: ChargeBoxEvent['type']): string {
  const names = { state: stateStream, telemetry: telemetryStream, heartbeats: heartbeatStream };
  return names[streamOf(type)](identity);
}

/** Lets a life happen in a store, idTags first. Event `place` of the life is at position `place + 2`. */
export async function live(store: EventStore, life: readonly Step[]): Promise<void> {
  const tag = {
    idTag: 'Card10815',
    parentIdTag: 'Family77',
    blocked: false,
    concurrentTransactions: false,
    note: 'of Mr 4717',
    at: at(0),
  };
  await store.append(idTagStream(tag.idTag), [{ ...dressed({ type: 'IdTagSaved', data: tag }, 0), id: 'tag' }], 'any');
  for (const [place, step] of life.entries()) {
    const event = eventOf(step, place);
    await store.append(streamFor(identityOf(step.box), event.type), [dressed(event, place)], 'any');
  }
}
