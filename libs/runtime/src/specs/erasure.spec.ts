import { idTagStream, idTagVeiling, snapshotStream, stateStream } from '@app/charge-box';
import { erase, openInMemoryStore, TextKeys, veiled } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { AuthorizationDirectory } from '../authorization-directory';
import { loadChargeBox, storeSnapshot } from '../charge-box-history';
import { SaveIdTag } from '../commands';
import { EraseIdTag } from '../erasure';
import { eventsOf, HandClock, origin, RuntimeAtWork } from './runtime-at-work';

const box = 'CB-1';
const tag = 'Card-77';
let clock: HandClock;
let bare: EventStore;
let store: EventStore;
let runtime: RuntimeAtWork;
const started: RuntimeAtWork[] = [];

async function start(name = 'one'): Promise<RuntimeAtWork> {
  const keys = new TextKeys();
  const parts = { store: bare, keys, veiling: idTagVeiling };
  store = veiled(bare, parts);
  const instance = await RuntimeAtWork.start({
    store,
    clock,
    name,
    eraser: {
      erase: (idTag, at) => erase(parts, idTag, at),
      onErased: (listener) => keys.onErased(listener),
    },
  });
  started.push(instance);
  return instance;
}
beforeEach(async () => {
  clock = new HandClock();
  bare = openInMemoryStore({ clock });
  runtime = await start();
  await runtime.boot(box);
});
afterEach(async () => {
  for (const instance of started.splice(0)) await instance.stop();
  await bare.close();
});

const save = () =>
  runtime.bus.execute(
    new SaveIdTag({ idTag: tag, blocked: false, concurrentTransactions: true, note: 'Jo Doe' }, origin),
  );
const begin = () =>
  runtime.ask(box, 'StartTransaction', { connectorId: 1, idTag: tag, timestamp: clock.at(), meterStart: 5 });
const end = (transactionId: number) =>
  runtime.ask(box, 'StopTransaction', { transactionId, idTag: tag, timestamp: clock.at(), meterStop: 9 });
const eraseTag = (force = false) => runtime.bus.execute(new EraseIdTag(tag.toUpperCase(), force, origin));
const raw = async () => JSON.stringify((await bare.readAll({ limit: 10_000 })).events);
const idOf = async () => (await eventsOf(store, 'TransactionStarted')).at(-1)?.data.transactionId ?? 0;

it('an idTag that is erased is nowhere in the history, and what happened is', async () => {
  await save();
  await begin();
  await storeSnapshot(store, box, await loadChargeBox(store, box), clock.at());
  await end(await idOf());
  expect(await raw()).toMatch(/card-77/i);
  const erased = await eraseTag();
  expect(erased).toMatchObject({ outcome: 'done', removed: true, purged: true });
  expect(await raw()).not.toMatch(/card-77|Jo Doe/i);
  const [stop] = await eventsOf(store, 'TransactionStopped');
  const pseudonym = 'pseudonym' in erased ? (erased.pseudonym ?? '') : '';
  expect(stop?.data).toMatchObject({ meterStop: 9, idTag: `E${pseudonym.slice(1)}` });
});

it('a snapshot from before the erasure is what the events come to', async () => {
  await begin();
  await storeSnapshot(store, box, await loadChargeBox(store, box), clock.at());
  await eraseTag(true);
  const fresh = veiled(bare, { keys: new TextKeys(), veiling: idTagVeiling });
  const [snapshot] = (await fresh.readStream(snapshotStream(box), { limit: 1 })).events;
  const replayed = await loadChargeBox(withoutSnapshots(fresh), box);
  const { state } = snapshot?.data as { readonly state: object };
  expect(state).toEqual(JSON.parse(JSON.stringify(replayed.state)));
  expect(replayed.state.open).toHaveLength(1);
});

const withoutSnapshots = (from: EventStore): EventStore => ({
  ...from,
  readStream: (stream, page) => from.readStream(stream === snapshotStream(box) ? 'nowhere' : stream, page),
});

it('one with an open transaction is erased only if that is forced', async () => {
  await save();
  await begin();
  const id = await idOf();
  const refused = await eraseTag();
  expect(refused).toMatchObject({ outcome: 'refused' });
  expect('reason' in refused && refused.reason).toContain(String(id));
  expect(await raw()).toMatch(/card-77/i);
  expect(await eraseTag(true)).toMatchObject({ outcome: 'done', removed: true });
  expect(await raw()).not.toMatch(/card-77/i);
  expect(runtime.get(AuthorizationDirectory).openTransactionsOf(tag)).toEqual([]);
});

it('one that nobody knows leaves the history as it is', async () => {
  const head = await bare.head();
  expect(await eraseTag()).toEqual({ outcome: 'done', tokens: 0, purged: true, removed: false });
  expect(await bare.head()).toBe(head);
});

it('boxes in memory do not bring it back', async () => {
  await begin();
  await end(await idOf());
  await eraseTag();
  await runtime.ask(box, 'Heartbeat', {});
  await runtime.ask(box, 'StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' });
  await storeSnapshot(store, box, await loadChargeBox(store, box), clock.at());
  expect(await raw()).not.toMatch(/card-77/i);
});

it('whoever uses it again is recorded anew, and known ones are not', async () => {
  await save();
  await eraseTag();
  expect(runtime.get(AuthorizationDirectory).find(tag)).toBeUndefined();
  await begin();
  expect((await eventsOf(store, 'TransactionStarted')).at(-1)?.data.idTag).toBe(tag);
  expect((await store.readStream(idTagStream(tag), { limit: 10 })).events).toEqual([]);
});

it('what one instance recorded, another erases', async () => {
  await runtime.stop();
  started.length = 0;
  bare = openInMemoryStore({ clock, shared: true });
  runtime = await start();
  await runtime.boot(box);
  await begin();
  await end(await idOf());
  const other = await start('two');
  await other.bus.execute(new EraseIdTag(tag, false, origin));
  expect(await raw()).not.toMatch(/card-77/i);
  expect((await store.readStream(stateStream(box), { limit: 100 })).events.length).toBeGreaterThan(2);
});
