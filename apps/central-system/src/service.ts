import { createApi, loadOrCreateApiKey } from '@app/api';
import type { ApiKey, ReadinessReport } from '@app/api';
import { openEmbeddedStore, openInMemoryStore } from '@app/event-store';
import type { EmbeddedStore } from '@app/event-store';
import { BoxCaller } from '@app/egress';
import type { WsdlSource } from '@app/ingress';
import { SoapListener } from '@app/ingress';
import type { Clock, EventStore, Log } from '@app/kernel';
import { codedError, systemClock } from '@app/kernel';
import { ocpp15, renderWsdl } from '@app/ocpp';
import { ReadModels } from '@app/read-models';
import {
  AnsweringRules,
  AuthorizationDirectory,
  ChargeBoxes,
  Dispatcher,
  Liveness,
  PendingRequests,
  Reactions,
} from '@app/runtime';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { join } from 'node:path';
import { version } from './version';
import { AppModule } from './app.module';
import type { Configuration } from './configuration';
import { PrometheusMeter } from './prometheus';
import { egressSettings, ingressSettings, runtimeSettings } from './settings';

/** The service at work. */
export interface Service {
  readonly soapPort: number;
  readonly apiPort: number;
  /** The key of the API when it was made just now; it is shown once and stored nowhere. */
  readonly createdApiKey?: string;
  readonly store: EventStore;
  readonly readModels: ReadModels;
  /** Takes no new requests, finishes those being answered, closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

const wsdl: WsdlSource = (service, address) =>
  renderWsdl(service === 'charge-point' ? ocpp15.chargePoint : ocpp15.centralSystem, address);

/** Starts everything in order: history first, then what follows from it, then the doors. Rejects with a coded error. */
export async function startService(
  configuration: Configuration,
  log: Log,
  clock: Clock = systemClock,
): Promise<Service> {
  const { DATA_DIR, EVENT_STORE } = configuration;
  const apiKey = loadOrCreateApiKey({ dataDir: DATA_DIR, fromEnvironment: configuration.API_KEY });
  const eventsFile = join(DATA_DIR, 'events.db');
  const embedded = EVENT_STORE === 'embedded' ? await openEmbeddedStore({ file: eventsFile }) : undefined;
  const store = embedded ?? openInMemoryStore();
  try {
    return await startOn(store, { configuration, log, clock, apiKey, eventsFile, embedded });
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Given {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly clock: Clock;
  readonly apiKey: ApiKey;
  readonly eventsFile: string;
  readonly embedded: EmbeddedStore | undefined;
}

async function startOn(store: EventStore, given: Given): Promise<Service> {
  const { configuration, log, clock, apiKey } = given;
  const readModels = openReadModels(store, given);
  const meter = new PrometheusMeter();
  const readiness = readinessOf(store, readModels);
  const app = await createApi(
    AppModule.forRoot({
      store,
      clock,
      log,
      meter,
      settings: runtimeSettings(configuration),
      caller: new BoxCaller(configuration.OUTBOUND_ALLOW, egressSettings(configuration)),
      readModels,
      ingress: ingressSettings(configuration),
      wsdl,
      api: {
        apiKey,
        version,
        readiness: () => readiness.report(),
        metrics: () => meter.render(),
        waitFor: (position, milliseconds) => readModels.waitFor(position, milliseconds),
        commandTimeToLive: configuration.COMMAND_TIME_TO_LIVE,
        clock,
        logger: log,
      },
    }),
    { nest: { logger: false, abortOnError: false } },
  );
  // The buses know their handlers and sagas from here on.
  await app.init();
  const work = workOf(app);
  await restore(app, work, readModels, store);
  watch(app, meter);
  readiness.sagas = () => work.reactions.status();
  readModels.start();
  const { API_PORT, API_HOST, SOAP_PORT, SOAP_HOST } = configuration;
  const listener = app.get(SoapListener, { strict: false });
  try {
    await listening('API', `${API_HOST}:${API_PORT}`, () => app.listen(API_PORT, API_HOST));
    await listening('SOAP', `${SOAP_HOST}:${SOAP_PORT}`, () => listener.listen());
  } catch (error) {
    await endWork(work);
    await app.close();
    await readModels.stop();
    throw error;
  }
  readiness.open = true;
  return serviceOf(app, listener, { store, readModels, readiness, work, created: apiKey.created });
}

function watch(app: NestFastifyApplication, meter: PrometheusMeter): void {
  const pending = app.get(PendingRequests, { strict: false });
  const reactions = app.get(Reactions, { strict: false });
  const boxes = app.get(ChargeBoxes, { strict: false });
  meter.watch('requests_pending', () => pending.size);
  meter.watch('tasks_waiting', () => reactions.status().tasks);
  meter.watch('charge_boxes_kept', () => boxes.cached);
}

/** What goes on by itself. */
interface Work {
  readonly reactions: Reactions;
  readonly liveness: Liveness;
  readonly dispatcher: Dispatcher;
}

function workOf(app: NestFastifyApplication): Work {
  return {
    reactions: app.get(Reactions, { strict: false }),
    liveness: app.get(Liveness, { strict: false }),
    dispatcher: app.get(Dispatcher, { strict: false }),
  };
}

/** Takes up everything where the last run left it. */
async function restore(
  app: NestFastifyApplication,
  { reactions, liveness }: Work,
  readModels: ReadModels,
  store: EventStore,
): Promise<void> {
  await app.get(AuthorizationDirectory, { strict: false }).restore(readModels.seed(), store);
  await app.get(AnsweringRules, { strict: false }).restore();
  await reactions.start(readModels.taskSeed(), false);
  liveness.start(readModels.lastSeen());
}

/** Requests that wait are closed with an explanation, operations under way are recorded as far as they are known. */
async function endWork({ reactions, liveness, dispatcher }: Work): Promise<void> {
  liveness.stop();
  await reactions.stop();
  await dispatcher.stop();
}

async function listening(what: 'API' | 'SOAP', address: string, listen: () => Promise<unknown>): Promise<void> {
  try {
    await listen();
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw codedError('address-unavailable', `${what}_HOST and ${what}_PORT say ${address}: ${code}`, error);
  }
}

function openReadModels(store: EventStore, { configuration, log, eventsFile, embedded }: Given): ReadModels {
  if (embedded === undefined) {
    return new ReadModels({
      file: join(configuration.DATA_DIR, `read-models-${process.pid}-${Date.now()}.db`),
      store,
      log,
      disposable: true,
    });
  }
  const openStore = { module: join(__dirname, `store-opener${__filename.slice(-3)}`), options: { file: eventsFile } };
  return new ReadModels({ file: join(configuration.DATA_DIR, 'read-models.db'), store, openStore, log });
}

interface Parts {
  readonly store: EventStore;
  readonly readModels: ReadModels;
  readonly readiness: { open: boolean };
  readonly work: Work;
  readonly created: string | undefined;
}

function serviceOf(
  app: NestFastifyApplication,
  listener: SoapListener,
  { store, readModels, readiness, work, created }: Parts,
): Service {
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    readiness.open = false;
    const closed = listener.close();
    await endWork(work);
    await closed;
    await app.close();
    await readModels.stop();
    await store.close();
  };
  const address = app.getHttpServer().address() as { port: number } | null;
  return {
    soapPort: listener.port,
    apiPort: address?.port ?? 0,
    ...(created === undefined ? {} : { createdApiKey: created }),
    store,
    readModels,
    stop: () => (stopped ??= stop()),
  };
}

/** Ready means: the doors are open, the store answers, the read models are being built. */
function readinessOf(store: EventStore, readModels: ReadModels) {
  return {
    open: false,
    sagas: (): { readonly tasks: number; readonly skipped: number } => ({ tasks: 0, skipped: 0 }),
    async report(): Promise<ReadinessReport> {
      const head = await store.head().catch((error: unknown) => error as Error);
      const storeCheck =
        head instanceof Error ? { status: 'down' as const, detail: head.message } : { status: 'up' as const };
      const { checkpoint, skipped } = readModels.status();
      const behind =
        head instanceof Error || checkpoint >= head ? undefined : `at ${checkpoint || 'the beginning'} of ${head}`;
      const detail = [behind, skipped > 0 ? `${skipped} events left out` : undefined].filter(Boolean).join('; ');
      const checks = {
        store: storeCheck,
        readModels: { status: 'up' as const, ...(detail === '' ? {} : { detail }) },
        sagas: {
          status: 'up' as const,
          ...(this.sagas().skipped > 0 ? { detail: `${this.sagas().skipped} events left out` } : {}),
        },
        ingress: { status: this.open ? ('up' as const) : ('down' as const) },
      };
      return { ready: this.open && storeCheck.status === 'up', checks };
    },
  };
}
