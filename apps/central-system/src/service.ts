import { createApi, loadOrCreateApiKey } from '@app/api';
import type { ApiKey } from '@app/api';
import { captureFileName, Captures } from '@app/capture';
import { BoxCaller } from '@app/egress';
import type { WsdlSource } from '@app/ingress';
import { SoapListener } from '@app/ingress';
import type { Clock, EventStore, Log } from '@app/kernel';
import { systemClock } from '@app/kernel';
import { ocpp15, renderWsdl } from '@app/ocpp';
import type { OwnProjections, ReadModels } from '@app/read-models';
import {
  AnsweringRules,
  AuthorizationDirectory,
  ChargeBoxes,
  Dispatcher,
  INSTANCE,
  Instance,
  Liveness,
  Neighbours,
  PendingRequests,
  Reactions,
  stamped,
} from '@app/runtime';
import type { Webhooks } from '@app/webhooks';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AppParts } from './app.module';
import { AppModule } from './app.module';
import type { ChainedHistory } from './chain';
import { chainedHistory } from './chain';
import type { Configuration } from './configuration';
import { instanceNameOf, prepareDataDir } from './data-dir';
import { feedsOn } from './feeds';
import { openDoors } from './doors';
import { erasingBesides } from './erasures';
import { tidyRows } from './leftovers';
import { PrometheusMeter } from './prometheus';
import { lagOf, Readiness } from './readiness';
import { apiSettings, captureSettings, egressSettings, ingressSettings, runtimeSettings } from './settings';
import type { History } from './stores';
import { openHistory, ownProjections } from './stores';
import type { VeiledHistory } from './veil';
import { veiledHistory } from './veil';
import { version } from './version';
import { webhooksOn } from './webhooks';

/** The service at work. */
export interface Service {
  readonly soapPort: number;
  readonly apiPort: number;
  /** The key of the API when it was made just now; it is shown once and stored nowhere. */
  readonly createdApiKey?: string;
  /** Name of this run. */
  readonly instance: string;
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
  const { DATA_DIR, API_KEY } = configuration;
  prepareDataDir(DATA_DIR);
  const apiKey = loadOrCreateApiKey({ dataDir: DATA_DIR, fromEnvironment: API_KEY });
  const history = await openHistory(configuration, log);
  const meter = new PrometheusMeter();
  const captures = new Captures({
    file: join(DATA_DIR, captureFileName),
    settings: captureSettings(configuration),
    log,
    meter,
  });
  try {
    const chain = chainedHistory(history.store, { configuration, log, clock });
    const veil = veiledHistory(chain.store, history.keys, configuration.VEIL_ID_TAGS);
    const own = ownProjections(history, configuration, log);
    const tidy = () => tidyRows({ configuration, own, log });
    const eraser = erasingBesides(veil.eraser, { captures, tidy, log });
    return await startOn(
      { ...history, store: veil.store },
      { configuration, log, clock, apiKey, meter, captures, chain, veil: { ...veil, eraser }, own, tidy },
    );
  } catch (error) {
    await captures.stop();
    await history.readModels.stop();
    await history.close();
    throw error;
  }
}

interface Given {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly clock: Clock;
  readonly apiKey: ApiKey;
  readonly meter: PrometheusMeter;
  readonly captures: Captures;
  readonly chain: ChainedHistory;
  readonly veil: VeiledHistory;
  readonly own: OwnProjections;
  /** Removes rows that nobody goes on with. */
  readonly tidy: () => void;
}

async function startOn(history: History, given: Given): Promise<Service> {
  const { configuration, apiKey, meter, captures } = given;
  const { readModels } = history;
  const readiness = new Readiness(history);
  const parts = partsOf(history, given, readiness);
  const { webhooks } = parts;
  const app = await createApi(AppModule.forRoot(parts), {
    nest: { logger: false, abortOnError: false },
    trustProxy: configuration.TRUST_PROXY.names,
  });
  // The buses know their handlers and sagas from here on.
  await app.init();
  const work = workOf(app);
  const listener = app.get(SoapListener, { strict: false });
  try {
    await restore(app, work, history, given.veil);
    await webhooks.start();
    given.chain.start();
    watch(app, meter, readModels);
    readiness.sagas = () => work.reactions.status();
    readiness.webhooks = () => webhooks;
    await openDoors(app, listener, configuration);
  } catch (error) {
    // Whatever was begun would keep the process from ending.
    for (const end of [
      () => webhooks.stop(),
      () => endWork(work),
      () => app.close(),
      () => given.veil.stop(),
      () => given.chain.stop(),
    ])
      await end().catch((again: unknown) => given.log.warn({ err: again }, 'What had begun could not be ended'));
    throw error;
  }
  given.own.start();
  given.tidy();
  readiness.open = true;
  const stop = once(async () => {
    readiness.open = false;
    await Promise.all([drain(listener, work, configuration), webhooks.stop()]);
    readModels.letGo();
    await app.close();
    await captures.stop();
    await given.own.stop();
    await readModels.stop();
    await given.veil.stop();
    await given.chain.stop();
    await history.close();
  });
  return serviceOf(app, listener, { history, stop, created: apiKey.created });
}

function partsOf(
  { store, readModels }: History,
  { configuration, log, clock, apiKey, meter, captures, own, chain, veil }: Given,
  readiness: Readiness,
): AppParts & { readonly webhooks: Webhooks } {
  const feeds = feedsOn(store, { configuration, log, meter, readModels, own, veil });
  const instance = new Instance(configuration.INSTANCE_NAME ?? instanceNameOf(configuration.DATA_DIR));
  const ofInstance = stamped(store, instance);
  const webhooks = webhooksOn(ofInstance, { configuration, clock, log, meter, instance, veil, chain });
  return {
    store: ofInstance,
    webhooks,
    eraser: veil.eraser,
    clock,
    log,
    meter,
    instance,
    settings: runtimeSettings(configuration),
    caller: new BoxCaller(configuration.OUTBOUND_ALLOW, egressSettings(configuration)),
    readModels,
    own,
    ingress: ingressSettings(configuration),
    wsdl,
    witness: captures,
    api: {
      apiKey,
      captures,
      version,
      readiness: () => readiness.report(),
      metrics: () => meter.render(),
      waitFor: (position, milliseconds) => readModels.waitFor(position, milliseconds),
      feeds,
      webhooks,
      ...apiSettings(configuration),
      clock,
      logger: log,
    },
  };
}

function watch(app: NestFastifyApplication, meter: PrometheusMeter, readModels: ReadModels): void {
  const pending = app.get(PendingRequests, { strict: false });
  const reactions = app.get(Reactions, { strict: false });
  const boxes = app.get(ChargeBoxes, { strict: false });
  meter.watch('read_models_lag_seconds', () => lagOf(readModels));
  meter.watch('requests_pending', () => pending.size);
  meter.watch('tasks_waiting', () => reactions.status().tasks);
  meter.watch('charge_boxes_kept', () => boxes.cached);
}

/** What goes on by itself. */
interface Work {
  readonly reactions: Reactions;
  readonly liveness: Liveness;
  readonly dispatcher: Dispatcher;
  readonly neighbours: Neighbours;
}

function workOf(app: NestFastifyApplication): Work {
  return {
    reactions: app.get(Reactions, { strict: false }),
    liveness: app.get(Liveness, { strict: false }),
    dispatcher: app.get(Dispatcher, { strict: false }),
    neighbours: app.get(Neighbours, { strict: false }),
  };
}

/** Takes up everything where the last run left it. */
async function restore(
  app: NestFastifyApplication,
  { reactions, liveness, neighbours }: Work,
  { store, readModels }: History,
  veil: VeiledHistory,
): Promise<void> {
  await veil.start();
  readModels.start();
  // A log elsewhere is read once for the rows, not again for everything that the rows can tell.
  if (store.shared) await readModels.caughtUp();
  const known = await app.get(AuthorizationDirectory, { strict: false }).restore(readModels.seed(), store);
  await app.get(AnsweringRules, { strict: false }).restore();
  app.get(PendingRequests, { strict: false }).restore(readModels.pending());
  await reactions.start(readModels.taskSeed());
  liveness.start(readModels.lastSeen());
  neighbours.start(known);
}

/** Readiness is off already: whoever looks at it goes elsewhere before the doors are closed. */
async function drain(listener: SoapListener, work: Work, { DRAIN_DELAY, DRAIN_TIMEOUT }: Configuration): Promise<void> {
  listener.letGo();
  await pause(DRAIN_DELAY * 1_000);
  const closed = listener.close(DRAIN_TIMEOUT * 1_000);
  await endWork(work);
  await closed;
}

/** Requests that wait are closed with an explanation, operations under way are recorded as far as they are known. */
async function endWork({ reactions, liveness, dispatcher, neighbours }: Work): Promise<void> {
  liveness.stop();
  await reactions.stop();
  await dispatcher.stop();
  await neighbours.stop();
}

interface Parts {
  readonly history: History;
  readonly stop: () => Promise<void>;
  readonly created: string | undefined;
}

function serviceOf(app: NestFastifyApplication, listener: SoapListener, { history, stop, created }: Parts): Service {
  const address = app.getHttpServer().address() as { port: number } | null;
  const { store, readModels } = history;
  return {
    soapPort: listener.port,
    apiPort: address?.port ?? 0,
    ...(created === undefined ? {} : { createdApiKey: created }),
    instance: app.get<Instance>(INSTANCE, { strict: false }).run,
    store,
    readModels,
    stop,
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
