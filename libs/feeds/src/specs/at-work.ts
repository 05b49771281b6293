import { chargeBoxEventSchemas, heartbeatStream, idTagStream, stateStream, telemetryStream } from '@app/charge-box';
import type { EventStore, Meter } from '@app/kernel';
import { silentLog, silentMeter } from '@app/kernel';
import type { OwnProjections } from '@app/read-models';
import { ReadModels } from '@app/read-models';
import { noon } from '@app/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedRequest, FeedsSettings } from '../feeds';
import { Feeds } from '../feeds';
import { FakeSink, until } from './fake-sink';

// Feeds over read models and a log of their own.

const folder = mkdtempSync(join(tmpdir(), 'feeds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
/** What is at work in this test. */
export const running: { readonly readModels: ReadModels; readonly feeds: Feeds }[] = [];
export async function stopAll(): Promise<void> {
  for (const { feeds, readModels } of running.splice(0)) {
    feeds.close();
    await readModels.stop();
  }
}
afterEach(stopAll);

/** The time of subscribers, milliseconds. */
export const time = { now: 0 };

interface Surroundings {
  readonly settings?: Partial<FeedsSettings>;
  readonly meter?: Meter;
  readonly file?: string;
  readonly own?: Pick<OwnProjections, 'followed' | 'isLoading'>;
  readonly onErased?: (listener: () => void) => () => void;
}

export const newFile = (): string => join(folder, `${(files += 1)}.db`);

export async function over(store: EventStore, around: Surroundings = {}): Promise<Feeds> {
  const { settings = {}, meter = silentMeter, file = newFile(), ...more } = around;
  const readModels = new ReadModels({ file, store, log: silentLog });
  await readModels.prepare();
  readModels.start();
  await readModels.caughtUp();
  const clock = { now: () => time.now };
  const feeds = new Feeds({ store, readModels, log: silentLog, meter, clock, settings, ...more });
  running.push({ readModels, feeds });
  return feeds;
}

/** Ids of events are counted. */
export const ids = { last: 0 };
export async function record(store: EventStore, stream: string, type: string, data: object): Promise<void> {
  const schema = (chargeBoxEventSchemas as Readonly<Record<string, number>>)[type] ?? 1;
  const metadata = { schema, correlationId: 'c', causationId: 'c', actor: 'a', receivedAt: noon };
  await store.append(stream, [{ id: `id-${(ids.last += 1)}`, type, data, metadata }], 'any');
}
export const status = (store: EventStore, identity: string, connectorId: number, shown: string) =>
  record(store, stateStream(identity), 'ConnectorStatusReported', {
    connectorId,
    status: shown,
    errorCode: 'NoError',
    timestamp: { at: noon },
    at: noon,
  });
export const save = (store: EventStore, idTag: string) =>
  record(store, idTagStream(idTag), 'IdTagSaved', { idTag, blocked: false, concurrentTransactions: false, at: noon });
export const remove = (store: EventStore, idTag: string) =>
  record(store, idTagStream(idTag), 'IdTagRemoved', { idTag, at: noon });
export const beat = (store: EventStore, identity: string, at: string = noon) =>
  record(store, heartbeatStream(identity), 'HeartbeatReceived', { at });
export const measure = (store: EventStore, identity: string, connectorId: number, ...measured: readonly string[]) => {
  const about = { context: 'Sample.Periodic', format: 'Raw', measurand: 'Power', location: 'Outlet' };
  const values = [{ timestamp: { at: noon }, value: measured.map((value) => ({ ...about, value })) }];
  const data = { connectorId, values, suspicions: [], at: noon };
  return record(store, telemetryStream(identity), 'MeterValuesReported', data);
};

export async function follow(feeds: Feeds, name: string, request: Partial<FeedRequest> = {}): Promise<FakeSink> {
  const sink = new FakeSink();
  const opening = await feeds.open(name, { filter: {}, format: 'ndjson', ...request });
  opening.follow(sink);
  return sink;
}

/** Everything that there is after an id. */
export async function all(feeds: Feeds, name: string, request: Partial<FeedRequest> = {}): Promise<FakeSink> {
  const sink = await follow(feeds, name, { untilCaughtUp: true, ...request });
  await until(() => sink.ended);
  return sink;
}

export const shown = (sink: FakeSink) =>
  sink.messages.flatMap(({ data: { row } }) => (row === undefined ? [] : [[row.connectorId, row.status]]));
