import 'reflect-metadata';
import type { ChargeBoxEvent } from '@app/charge-box';
import type { EventStore, Log, RecordedEvent } from '@app/kernel';
import { silentMeter } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';
import { noon } from '@app/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { AnsweringRules } from '../answering-rules';
import { AuthorizationDirectory, emptySeed } from '../authorization-directory';
import type { Caller, CallOutcome, OutgoingCall } from '../caller';
import { CALLER } from '../caller';
import type { IdTagEraser } from '../erasure';
import { AnswerChargeBox, TellChargeBox } from '../commands';
import { Dispatcher } from '../dispatch-operations.handler';
import { Instance } from '../instance';
import { Liveness } from '../liveness';
import { Neighbours } from '../neighbours';
import { PendingRequests } from '../pending-requests';
import { Reactions } from '../reactions';
import { RuntimeModule } from '../runtime.module';
import type { RuntimeSettings } from '../settings';
import { stamped } from '../stamped';
import { CLOCK, EVENT_STORE, ID_TAG_ERASER, INSTANCE, LOG, METER, RUNTIME_SETTINGS } from '../tokens';

const settings: RuntimeSettings = {
  policy: { registration: 'open', heartbeatInterval: 300, maximumPower: 400_000 },
  idTagPolicy: 'open',
  vendors: new Map(),
  cachedChargeBoxes: 100,
  maximumCandidates: 10,
  keptHeartbeats: 3,
  responseDeadline: 120,
  outbound: { concurrent: 10 },
};

/** A clock that stands still until it is moved. */
export class HandClock {
  private time = Date.parse(noon);

  now(): number {
    return this.time;
  }

  at(): string {
    return new Date(this.time).toISOString();
  }

  advance(seconds: number): void {
    this.time += seconds * 1_000;
  }
}

/** A way out whose calls are answered by the spec. */
export class HandCaller implements Caller {
  readonly calls: OutgoingCall[] = [];
  answer: (call: OutgoingCall) => Promise<CallOutcome> = async () => ({ kind: 'answered', response: {} });
  found: Awaited<ReturnType<Caller['find']>> = { kind: 'resolved', address: '10.0.0.5' };

  async find() {
    return this.found;
  }

  call(call: OutgoingCall): Promise<CallOutcome> {
    this.calls.push(call);
    return this.answer(call);
  }

  close(): void {
    this.answer = async () => ({ kind: 'no-answer', detail: 'The service is stopping.' });
  }
}

export const origin = { requestId: 'r', actor: 'operator' };

interface Surroundings {
  readonly store: EventStore;
  readonly clock: HandClock;
  readonly caller?: HandCaller;
  readonly eraser?: IdTagEraser;
  /** Of the instance. */
  readonly name?: string;
}

/** Nothing is veiled. */
const noEraser: IdTagEraser = {
  erase: async () => ({ tokens: 0, purged: true }),
  onErased: () => () => undefined,
};

/** One instance of the service without its doors. */
export class RuntimeAtWork {
  private constructor(
    private readonly app: INestApplicationContext,
    private readonly clock: HandClock,
    /** What was logged as a warning or worse. */
    readonly complaints: readonly string[],
  ) {}

  static async start(surroundings: Surroundings): Promise<RuntimeAtWork> {
    const { store, clock, caller = new HandCaller(), eraser = noEraser, name = 'one' } = surroundings;
    const instance = new Instance(name);
    const complaints: string[] = [];
    const note = (fields: object, sentence: string) => void complaints.push(`${sentence} ${JSON.stringify(fields)}`);
    const log: Log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
    const values = [
      { provide: EVENT_STORE, useValue: stamped(store, instance) },
      { provide: INSTANCE, useValue: instance },
      { provide: CLOCK, useValue: clock },
      { provide: LOG, useValue: log },
      { provide: METER, useValue: silentMeter },
      { provide: RUNTIME_SETTINGS, useValue: settings },
      { provide: CALLER, useValue: caller },
      { provide: ID_TAG_ERASER, useValue: eraser },
    ];
    @Module({})
    class Ports {}
    @Module({
      imports: [
        { module: Ports, global: true, providers: values, exports: values.map(({ provide }) => provide) },
        RuntimeModule.forRoot(),
      ],
    })
    class Root {}
    const app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
    const runtime = new RuntimeAtWork(app, clock, complaints);
    try {
      await runtime.restore(store);
    } catch (error) {
      await runtime.stop();
      throw error;
    }
    return runtime;
  }

  private async restore(store: EventStore): Promise<void> {
    await this.get(AnsweringRules).restore();
    await this.get(Reactions).start({ position: '', tasks: [] });
    this.get(Neighbours).start(await this.get(AuthorizationDirectory).restore(emptySeed, store));
  }

  get<Part>(part: abstract new (...args: never[]) => Part): Part {
    return this.app.get(part as never, { strict: false });
  }

  get bus(): CommandBus {
    return this.get(CommandBus);
  }

  get pending(): PendingRequests {
    return this.get(PendingRequests);
  }

  get liveness(): Liveness {
    return this.get(Liveness);
  }

  /** A request of a box. */
  async ask<Name extends CentralSystemOperation>(
    identity: string,
    operation: Name,
    request: CentralSystemRequest<Name>,
    hangUp?: AbortSignal,
  ) {
    const from = 'http://10.0.0.5:8080/';
    const at = this.clock.at();
    const details = { at, from, remoteAddress: '10.0.0.5', requestId: 'r', quirks: [] };
    const { answer } = await this.bus.execute(
      new AnswerChargeBox(identity, operation, request, {
        ...details,
        ...(hangUp === undefined ? {} : { hangUp: () => hangUp }),
      }),
    );
    return answer;
  }

  boot(identity: string) {
    return this.ask(identity, 'BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'Duo' });
  }

  /** Schedules an operation; an hour to live. */
  async schedule(identity: string, callId: string, operation: 'Reset' | 'ClearCache', more: object = {}) {
    const at = this.clock.at();
    const expiresAt = new Date(this.clock.now() + 3_600_000).toISOString();
    const request = operation === 'Reset' ? { type: 'Soft' as const } : {};
    const call = { callId, operation, request, expiresAt, by: 'operator' as const, at, ...more };
    return this.bus.execute(new TellChargeBox(identity, { kind: 'schedule', call, at }, origin));
  }

  /** Ends as a service does that is told to. */
  async stop(): Promise<void> {
    this.liveness.stop();
    await this.get(Neighbours).stop();
    await this.get(Reactions).stop();
    await this.get(Dispatcher).stop();
    await this.app.close();
  }
}

/** Everything stored of the types. */
export async function eventsOf<Type extends ChargeBoxEvent['type']>(
  store: EventStore,
  ...types: readonly Type[]
): Promise<readonly (RecordedEvent & Extract<ChargeBoxEvent, { type: Type }>)[]> {
  const { events } = await store.readAll({ from: '', direction: 'forward', limit: 10_000, filter: { types } });
  return events as readonly (RecordedEvent & Extract<ChargeBoxEvent, { type: Type }>)[];
}

/** Waits for what other tasks bring about; fails after five seconds. */
export async function eventually<Value>(
  look: () => Value | Promise<Value>,
  reached: (value: Value) => boolean = Boolean,
): Promise<Value> {
  for (const end = Date.now() + 5_000; ;) {
    const value = await look();
    if (reached(value)) return value;
    if (Date.now() > end) throw new Error(`It did not come about: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
