import { chargeBoxEventSchemas, isKnownType, snapshotStream, stateSchema, stateStream, upcast } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore, EventToAppend } from '@app/kernel';
import { NO_STREAM } from '@app/kernel';
import { noon } from '@app/testing';
import { automaticAnswering } from '../answering';
import { AnsweringRules } from '../answering-rules';
import { AuthorizationDirectory } from '../authorization-directory';
import { loadChargeBox, storeSnapshot } from '../charge-box-history';
import { ChangeAnswering, SaveIdTag, WantLocalList } from '../commands';
import { Reactions } from '../reactions';
import { RuntimeContext } from '../runtime-context';
import { eventually, HandCaller, HandClock, origin, RuntimeAtWork } from './runtime-at-work';

// What earlier and later programs stored, as everything in the runtime reads it: a made-up version 0 of every shape keeps the data in a member of
// its own. Cannot see: the read models, which have a spec of their own, and shapes of a real past, which are in test/replay.

jest.mock('../../../charge-box/src/upcasters', () => {
  const { upcasters } = jest.requireActual<{ upcasters: Record<string, object> }>('../../../charge-box/src/upcasters');
  const step = { 0: ({ formerly }: { formerly: object }) => formerly };
  return { upcasters: new Proxy({}, { get: (_, type: string) => ({ ...upcasters[type], ...step }) }) };
});

const identity = 'BOX';
const details = { idTag: 'CARD', parentIdTag: 'FAMILY', blocked: false, concurrentTransactions: false };
const entries = [{ idTag: 'LISTED', idTagInfo: { status: 'Accepted' as const } }];
const rules = { ...automaticAnswering, answers: { Authorize: 'delegated' as const } };
const startRequest = { connectorId: 1, idTag: 'CARD', timestamp: noon, meterStart: 1 };

let clock: HandClock;
let runtimes: RuntimeAtWork[];
beforeEach(() => {
  clock = new HandClock();
  runtimes = [];
});
afterEach(async () => {
  for (const runtime of runtimes) await runtime.stop();
});

async function at(store: EventStore, caller = new HandCaller()): Promise<RuntimeAtWork> {
  const runtime = await RuntimeAtWork.start({ store, clock, caller, name: `run-${runtimes.length}` });
  runtimes.push(runtime);
  return runtime;
}

/** A history of a box that charges, waits for an operation and for a local list. */
async function written(): Promise<EventStore> {
  const store = openInMemoryStore();
  const runtime = await at(store);
  await runtime.bus.execute(new SaveIdTag(details, origin));
  await runtime.boot(identity);
  await runtime.ask(identity, 'StartTransaction', startRequest);
  await runtime.bus.execute(new ChangeAnswering(rules, origin));
  await runtime.schedule(identity, 'later', 'ClearCache', { notBefore: new Date(clock.now() + 60_000).toISOString() });
  await runtime.stop();
  runtimes = [];
  return store;
}

/** The same history as a program of version 0 would have stored it. */
async function aged(store: EventStore): Promise<EventStore> {
  const old = openInMemoryStore({ shared: true });
  const { events } = await store.readAll({ limit: 10_000 });
  for (const event of events) {
    const { id, type, metadata } = event;
    const was = isKnownType(type)
      ? { data: { formerly: event.data }, metadata: { ...metadata, schema: 0 } }
      : { data: event.data, metadata };
    await old.append(event.stream, [{ id, type, ...was }], 'any');
  }
  return old;
}

const box = async (store: EventStore) => (await loadChargeBox(store, identity)).state;

describe('a history of older shapes', () => {
  let store: EventStore;
  let old: EventStore;
  let caller: HandCaller;
  let runtime: RuntimeAtWork;
  beforeEach(async () => {
    store = await written();
    old = await aged(store);
    caller = new HandCaller();
    caller.answer = async () => ({ kind: 'answered', response: { status: 'Accepted' } });
    runtime = await at(old, caller);
  });

  it('gives the box that it always gave', async () => {
    expect((await box(store)).open).toMatchObject([{ transactionId: 1, meterStart: 1 }]);
    expect(await box(old)).toEqual(await box(store));
  });

  it('is what idTags, rules and to-do lists are known from', () => {
    const directory = runtime.get(AuthorizationDirectory);
    expect(directory.find('card')).toMatchObject(details);
    expect(directory.verdict('CARD', noon, true)).toMatchObject({ status: 'ConcurrentTx', parentIdTag: 'FAMILY' });
    expect(runtime.get(AnsweringRules).current).toEqual(rules);
    expect(runtime.get(Reactions).status()).toEqual({ tasks: expect.any(Number) as number, skipped: 0 });
    expect(runtime.get(Reactions).status().tasks).toBeGreaterThan(0);
  });

  it('is what an idTag, and the next transaction id, go on from', async () => {
    // The same again is nothing new, so nothing is stored.
    expect(await runtime.bus.execute(new SaveIdTag(details, origin))).toEqual({ outcome: 'done' });
    const answer = await runtime.ask(identity, 'StartTransaction', { ...startRequest, connectorId: 2, idTag: 'NEXT' });
    expect(answer).toMatchObject({ response: { transactionId: 1_001 } });
    expect(await runtime.get(RuntimeContext).ids.claim(1, { msgId: 'm' })).toContain('given out here (1 to 1000)');
  });

  it('holds the entries of local lists', async () => {
    const before = await at(store);
    await before.bus.execute(new WantLocalList(identity, entries, 10, origin));
    const sender = new HandCaller();
    sender.answer = caller.answer;
    const after = await at(await aged(store), sender);
    await after.boot(identity);
    clock.advance(1);
    await eventually(() => sender.calls.some(({ operation }) => operation === 'SendLocalList'));
    expect(sender.calls.find(({ operation }) => operation === 'SendLocalList')?.request).toMatchObject({
      localAuthorisationList: entries,
    });
  });

  it('may still be written by an older instance beside this one', async () => {
    const saved = { formerly: { ...details, idTag: 'OTHER', at: noon } };
    const metadata = { schema: 0, correlationId: 'x', causationId: 'x', actor: 'operator', receivedAt: noon };
    await old.append('idTag-other', [{ id: 'x', type: 'IdTagSaved', data: saved, metadata }], 'any');
    await eventually(() => runtime.get(AuthorizationDirectory).find('OTHER'));
    expect(runtime.get(AuthorizationDirectory).find('OTHER')).toMatchObject({ idTag: 'OTHER', parentIdTag: 'FAMILY' });
    const heard = jest.spyOn(runtime.liveness, 'note');
    const boot = { chargePointVendor: 'Acme', chargePointModel: 'Duo' };
    const booted = { formerly: { boot, answered: 'Accepted', heartbeatInterval: 77, at: noon } };
    const ofBox = { ...metadata, actor: 'charge-box' };
    await old.append('chargeBox-NEW', [{ id: 'y', type: 'ChargeBoxBooted', data: booted, metadata: ofBox }], 'any');
    await eventually(() => heard.mock.calls.length > 0);
    expect(heard).toHaveBeenCalledWith('NEW', Date.parse(noon), 77);
  });
});

describe('an event of a newer program', () => {
  const newer = (type = 'RegistrationDecided'): EventToAppend => ({
    id: 'newer',
    type,
    data: { registration: 'Rejected', by: 'operator', at: noon },
    metadata: {
      schema: chargeBoxEventSchemas.RegistrationDecided + 1,
      correlationId: 'n',
      causationId: 'n',
      actor: 'operator',
      receivedAt: noon,
    },
  });

  it.each(['RegistrationDecided', 'SomethingNew'])('(%s) ends no more than its box', async (type) => {
    const store = await written();
    const { lastRevision } = await store.readStream(stateStream(identity), { limit: 1 });
    const runtime = await at(store);
    await store.append(stateStream(identity), [newer(type)], lastRevision);
    await expect(runtime.ask(identity, 'Heartbeat', {})).rejects.toMatchObject({
      code: 'event-newer',
      message: expect.stringContaining(`is event ${lastRevision + 1} of chargeBox-BOX`) as string,
    });
    expect(await runtime.ask('ANOTHER', 'Heartbeat', {})).toMatchObject({ response: { currentTime: noon } });
  });

  it.each(['RegistrationDecided', 'OperationScheduled'])('(%s) stops the start when it is read then', async (type) => {
    const store = openInMemoryStore();
    await store.append(stateStream(identity), [newer(type)], NO_STREAM);
    await expect(at(store)).rejects.toMatchObject({ code: 'event-newer' });
  });

  it('holds up the to-do lists and what is heard of neighbours, and is told', async () => {
    const store = openInMemoryStore({ shared: true });
    const runtime = await at(store);
    await store.append(stateStream(identity), [newer('OperationScheduled')], NO_STREAM);
    const told = (sentence: string) => runtime.complaints.some((complaint) => complaint.includes(sentence));
    await eventually(
      () => told('The to-do lists were interrupted') && told('What other instances record was not heard'),
    );
    expect(runtime.get(Reactions).status().skipped).toBe(0);
  });
});

describe('a snapshot', () => {
  it.each([stateSchema - 1, stateSchema + 1])('of another version of the state (%i) is not used', async (schema) => {
    const store = await written();
    const known = await loadChargeBox(store, identity);
    await storeSnapshot(store, identity, { ...known, state: { ...known.state, open: [] } }, noon);
    expect((await box(store)).open).toEqual([]);
    const { events } = await store.readStream(snapshotStream(identity), { direction: 'backward', limit: 1 });
    const data = { ...events[0]?.data, schema };
    const metadata = { schema, correlationId: 's', causationId: 's', actor: 'system', receivedAt: noon };
    await store.append(snapshotStream(identity), [{ id: 's', type: 'SnapshotTaken', data, metadata }], 'any');
    expect(await loadChargeBox(store, identity)).toEqual(known);
  });
});

it('the made-up version is lifted in this spec alone', () => {
  const metadata = { schema: 0, correlationId: '', causationId: '', actor: '', receivedAt: '' };
  const event = { id: '', stream: '', revision: 0, position: '', recordedAt: '', type: 'HeartbeatReceived', metadata };
  expect(upcast({ ...event, data: { formerly: { at: noon } } })).toMatchObject({
    data: { at: noon },
    metadata: { schema: 1 },
  });
});
