import { idTagStream, idTagVeiling, snapshotStream, stateStream } from '@app/charge-box';
import { erase, openInMemoryStore, TextKeys, veiled } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { AuthorizationDirectory } from '../authorization-directory';
import { ChargeBoxes } from '../charge-boxes';
import { loadChargeBox, storeSnapshot } from '../charge-box-history';
import { SaveIdTag } from '../commands';
import { EraseIdTag } from '../erasure';
import { eventsOf, eventually, HandClock, origin, RuntimeAtWork } from './runtime-at-work';

const box = 'CB-1';
const tag = 'Card-77';
let clock: HandClock;
let bare: EventStore;
let store: EventStore;
let runtime: RuntimeAtWork;
const started: RuntimeAtWork[] = [];

/** Holds up what would go through. */
class Gate {
  private held: Promise<void> | undefined;
  private free: () => void = () => undefined;
  private tell: () => void = () => undefined;
  /** Somebody waits. */
  readonly reached = new Promise<void>((resolve) => (this.tell = resolve));

  close(): void {
    this.held = new Promise((resolve) => (this.free = resolve));
  }

  open(): void {
    this.free();
    this.held = undefined;
  }

  async pass(): Promise<void> {
    if (this.held) this.tell();
    await this.held;
  }
}

/** Between an instance and the store: what it appends, what it hears from others, and what it hears of tokens. */
const gatesOfEverything = () => {
  const gates = { appends: new Gate(), news: new Gate(), tokens: new Gate() };
  everyGate.push(...Object.values(gates));
  return gates;
};
const everyGate: Gate[] = [];
type Gates = ReturnType<typeof gatesOfEverything>;

const behind = ({ appends, news }: Gates, to: EventStore): EventStore => ({
  shared: to.shared,
  append: (...what) => appends.pass().then(() => to.append(...what)),
  readStream: (...what) => to.readStream(...what),
  readAll: (...what) => to.readAll(...what),
  subscribe: (options, subscriber) => to.subscribe(options, (batch) => news.pass().then(() => subscriber(batch))),
  head: () => to.head(),
  retain: (...what) => to.retain(...what),
  purge: async () => to.purge?.(),
  close: () => to.close(),
});

async function start(name = 'one', gates = gatesOfEverything()): Promise<RuntimeAtWork> {
  const keys = new TextKeys();
  const parts = { store: behind(gates, bare), keys, veiling: idTagVeiling };
  store = veiled(parts.store, parts);
  await keys.catchUp(bare);
  bare.subscribe({ after: keys.position, filter: { types: ['TextErased'] } }, async ({ events }) => {
    await gates.tokens.pass();
    for (const event of events) keys.take(event);
  });
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
  for (const gate of everyGate.splice(0)) gate.open();
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
  expect(stop?.data).toMatchObject({ meterStop: 9, idTag: pseudonym });
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

it('a box at work forgets too, however much waits for it', async () => {
  await begin();
  const gates = gatesOfEverything();
  runtime = await start('two', gates);
  await runtime.ask(box, 'Heartbeat', {});
  gates.appends.close();
  const crowd = Array.from({ length: 300 }, () =>
    runtime.ask(box, 'Authorize', { idTag: tag }).catch(({ code }: { readonly code: string }) => code),
  );
  const forgetting = jest.spyOn(runtime.get(ChargeBoxes), 'forget');
  const erasing = eraseTag(true);
  gates.appends.open();
  expect(await erasing).toMatchObject({ outcome: 'done' });
  expect(forgetting).toHaveBeenCalled();
  expect(await Promise.all(crowd)).toContain('mailbox-full');
  expect(await raw()).not.toMatch(/card-77/i);
  const open = await runtime.get(ChargeBoxes).with(box, (actor) => actor.look((state) => state.open));
  expect(open).toEqual([expect.objectContaining({ key: expect.stringMatching(/\|erased-\w+$/) as string })]);
  expect(runtime.complaints).toEqual([]);
});

it('what cannot be forgotten is told, and the erasure ends', async () => {
  await save();
  jest.spyOn(runtime.get(ChargeBoxes), 'forget').mockRejectedValue(new Error('broken'));
  expect(await eraseTag()).toMatchObject({ outcome: 'done' });
  expect(runtime.complaints.join()).toContain('may be remembered');
});

describe('of two instances', () => {
  let other: RuntimeAtWork;
  let gates: Gates;
  beforeEach(async () => {
    await runtime.stop();
    started.length = 0;
    bare = openInMemoryStore({ clock, shared: true });
    gates = gatesOfEverything();
    other = await start('two', gates);
    runtime = await start();
    await runtime.boot(box);
  });
  const directory = () => other.get(AuthorizationDirectory);

  it('what one recorded, the other erases', async () => {
    await begin();
    await end(await idOf());
    await other.bus.execute(new EraseIdTag(tag, false, origin));
    expect(await raw()).not.toMatch(/card-77/i);
    expect((await store.readStream(stateStream(box), { limit: 100 })).events.length).toBeGreaterThan(2);
  });

  it('a box at work at the other does not bring it back', async () => {
    await other.ask(box, 'Authorize', { idTag: tag });
    const forgetting = jest.spyOn(other.get(ChargeBoxes), 'forget');
    gates.appends.close();
    const now = other.ask(box, 'Authorize', { idTag: 'ANOTHER' });
    const start = { timestamp: clock.at(), meterStart: 5 };
    const later = [tag, tag.toUpperCase()].map((idTag, place) =>
      other.ask(box, 'StartTransaction', { ...start, idTag, connectorId: place + 1 }),
    );
    await gates.appends.reached;
    expect(await eraseTag()).toMatchObject({ outcome: 'done' });
    await eventually(() => forgetting.mock.calls.length);
    gates.appends.open();
    await Promise.all([now, ...later]);
    expect(await raw()).not.toMatch(/card-77/i);
    const idTags = (await eventsOf(store, 'TransactionStarted')).map(({ data }) => data.idTag);
    expect(idTags).toEqual([expect.stringMatching(/^erased-/), expect.stringMatching(/^erased-/)]);
    await eventually(() => directory().openTransactionsOf(tag).length === 0);
    await other.ask(box, 'Authorize', { idTag: tag });
    expect((await eventsOf(store, 'IdTagAuthorized')).at(-1)?.data.idTag).toBe(tag);
    expect(other.complaints).toEqual([]);
  });

  it('the other forgets it, also where it hears of its removal later', async () => {
    await save();
    await begin();
    await eventually(() => directory().openTransactionsOf(tag).length);
    expect(directory().find(tag)).toBeDefined();
    gates.news.close();
    expect(await eraseTag(true)).toMatchObject({ outcome: 'done', removed: true });
    await eventually(() => directory().find(tag) === undefined);
    expect(directory().openTransactionsOf(tag)).toEqual([]);
    gates.news.open();
    await runtime.bus.execute(new SaveIdTag({ idTag: 'LATER', blocked: false, concurrentTransactions: true }, origin));
    await eventually(() => directory().find('LATER'));
    expect(directory().find(tag)).toBeUndefined();
  });

  it('the other knows it when it is known anew, also where it hears of its erasure last', async () => {
    await save();
    await eventually(() => directory().find(tag));
    gates.tokens.close();
    await eraseTag();
    await gates.tokens.reached;
    await save();
    await runtime.bus.execute(new SaveIdTag({ idTag: 'LATER', blocked: false, concurrentTransactions: true }, origin));
    await eventually(() => directory().find('LATER'));
    const forgetting = jest.spyOn(other.get(ChargeBoxes), 'forget');
    gates.tokens.open();
    await eventually(() => forgetting.mock.calls.length);
    expect(directory().find(tag)).toMatchObject({ note: 'Jo Doe' });
  });
});
