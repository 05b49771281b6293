import type { Answering, AnswersChange } from '@app/charge-box';
import { answeringRulesStream, stateStream, telemetryStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { codedError } from '@app/kernel';
import { noon } from '@app/testing';
import { automaticAnswering } from '../answering';
import { AnsweringRules } from '../answering-rules';
import { AuthorizationDirectory } from '../authorization-directory';
import { loadChargeBox } from '../charge-box-history';
import { ChangeAnswering, PatchAnswering, SaveIdTag, TellChargeBox } from '../commands';
import { eventsOf, eventually, HandCaller, HandClock, origin, RuntimeAtWork } from './runtime-at-work';

// Several instances on one store, with the clock in the hand of the spec. Cannot see: a store that is far away.

const identity = 'BOX';
const startRequest = { connectorId: 1, idTag: 'CARD', timestamp: noon, meterStart: 1 };

let store: EventStore;
let clock: HandClock;
let one: RuntimeAtWork;
let other: RuntimeAtWork;
let running: RuntimeAtWork[];
const start = async (name: string) => {
  const runtime = await RuntimeAtWork.start({ store, clock, name });
  running.push(runtime);
  return runtime;
};
beforeEach(async () => {
  store = openInMemoryStore({ shared: true });
  clock = new HandClock();
  running = [];
  one = await start('one');
  other = await start('other');
  // Both know the box from here on.
  await one.boot(identity);
  await other.ask(identity, 'Authorize', { idTag: 'CARD' });
});
afterEach(async () => {
  for (const runtime of running) await runtime.stop();
});

const delegate = (answers: Record<string, 'delegated'>) =>
  one.bus.execute(new ChangeAnswering({ ...automaticAnswering, answers }, origin));
const register = (registration: 'Accepted' | 'Rejected') =>
  one.bus.execute(new TellChargeBox(identity, { kind: 'decide-registration', registration, at: clock.at() }, origin));
const transactionIdOf = (answer: object) => (answer as { response: { transactionId: number } }).response.transactionId;

describe('an instance among others', () => {
  it('answers by what another has recorded a moment ago, also where it records nothing itself', async () => {
    await register('Rejected');
    expect(await other.ask(identity, 'Heartbeat', {})).toMatchObject({ fault: 'SecurityError' });
    await register('Accepted');
    expect(await other.ask(identity, 'Heartbeat', {})).toMatchObject({ response: { currentTime: noon } });
  });

  it('knows the transaction that another has started when its meter values come', async () => {
    const transactionId = transactionIdOf(await one.ask(identity, 'StartTransaction', startRequest));
    const values = [{ timestamp: noon, value: [{ value: '2' }] }];
    await other.ask(identity, 'MeterValues', { connectorId: 1, transactionId, values });
    expect((await eventsOf(store, 'MeterValuesReported'))[0]?.data.suspicions).toEqual([]);
  });

  it('answers a repetition as the other answered, with no second effect', async () => {
    const answers = [
      await one.ask(identity, 'StartTransaction', startRequest),
      await other.ask(identity, 'StartTransaction', startRequest),
    ];
    expect(answers[1]).toEqual(answers[0]);
    expect(await eventsOf(store, 'TransactionStarted')).toHaveLength(1);
  });

  it('lets one of two starts of one box at the same moment decide again', async () => {
    const ids = await Promise.all(
      [one, other].flatMap((runtime, place) =>
        [10, 20].map((meter) =>
          runtime.ask(identity, 'StartTransaction', { ...startRequest, connectorId: place + 1, meterStart: meter }),
        ),
      ),
    );
    expect(new Set(ids.map(transactionIdOf)).size).toBe(4);
    expect(await eventsOf(store, 'TransactionStarted')).toHaveLength(4);
  });

  it('says in each event who recorded it', async () => {
    const [boot] = await eventsOf(store, 'ChargeBoxBooted');
    expect(boot?.metadata.instance).toMatch(/^one\/[0-9a-f-]{36}$/);
  });

  it('sends what was scheduled at another that ends before it could send it', async () => {
    const caller = new HandCaller();
    const third = await RuntimeAtWork.start({ store, clock, caller, name: 'third' });
    running.push(third);
    await one.boot('FAR');
    await third.ask('FAR', 'Heartbeat', {});
    for (const runtime of [one, other]) await runtime.stop();
    running = [third];
    const call = { callId: 'c', operation: 'ClearCache' as const, request: {}, by: 'operator' as const, at: noon };
    const data = { ...call, expiresAt: '2026-03-01T13:00:00.000Z' };
    const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'operator', receivedAt: noon };
    await store.append(stateStream('FAR'), [{ id: 'x', type: 'OperationScheduled', data, metadata }], 'any');
    const answered = await eventually(
      () => eventsOf(store, 'OperationAnswered'),
      ({ length }) => length > 0,
    );
    expect(answered).toMatchObject([{ data: { callId: 'c' } }]);
  });
});

describe('what another instance records', () => {
  it('is known here: idTags', async () => {
    await one.bus.execute(new SaveIdTag({ idTag: 'CARD', blocked: true, concurrentTransactions: true }, origin));
    await eventually(() => other.get(AuthorizationDirectory).find('CARD')?.blocked);
    expect(await other.ask(identity, 'Authorize', { idTag: 'CARD' })).toMatchObject({
      response: { idTagInfo: { status: 'Blocked' } },
    });
  });

  it('is known here: open transactions of an idTag', async () => {
    await one.bus.execute(new SaveIdTag({ idTag: 'CARD', blocked: false, concurrentTransactions: false }, origin));
    await one.ask(identity, 'StartTransaction', startRequest);
    const verdict = () => other.get(AuthorizationDirectory).verdict('CARD', noon, true).status;
    expect(await eventually(verdict, (status) => status !== 'Accepted')).toBe('ConcurrentTx');
  });

  it('is known here: what this instance stored itself without hearing of it', async () => {
    await one.bus.execute(new SaveIdTag({ idTag: 'CARD', blocked: false, concurrentTransactions: false }, origin));
    const transactionId = transactionIdOf(await one.ask(identity, 'StartTransaction', startRequest));
    const append = store.append.bind(store);
    const lost = jest.spyOn(store, 'append').mockImplementation(async (...appended) => {
      await append(...appended);
      throw codedError('store-unavailable');
    });
    const stop = { transactionId, timestamp: noon, meterStop: 2 };
    await expect(one.ask(identity, 'StopTransaction', stop)).rejects.toMatchObject({ code: 'store-unavailable' });
    lost.mockRestore();
    const verdict = () => one.get(AuthorizationDirectory).verdict('CARD', noon, true).status;
    expect(await eventually(verdict, (status) => status === 'Accepted')).toBe('Accepted');
  });

  it('changes the rules of answering one after the other', async () => {
    await Promise.all([
      delegate({ Heartbeat: 'delegated' }),
      other.bus.execute(new ChangeAnswering({ ...automaticAnswering, answers: { Authorize: 'delegated' } }, origin)),
    ]);
    const [first, second] = (await store.readStream(answeringRulesStream, { from: 0, limit: 10 })).events.map(
      ({ data }) => data as unknown as Answering,
    );
    expect(first?.answers).not.toEqual(second?.answers);
    for (const runtime of [one, other])
      await eventually(
        () => runtime.get(AnsweringRules).current.answers,
        (answers) => JSON.stringify(answers) === JSON.stringify(second?.answers),
      );
  });

  it('loses no change of the rules that is made at the same moment as another', async () => {
    const patch = (runtime: RuntimeAtWork, answers: AnswersChange) =>
      runtime.bus.execute(new PatchAnswering({ answers }, origin));
    await delegate({ MeterValues: 'delegated' });
    await Promise.all([
      patch(one, { Heartbeat: 'delegated', MeterValues: null }),
      patch(one, { Authorize: 'delegated' }),
      patch(other, { BootNotification: 'delegated' }),
    ]);
    const newest = await store.readStream(answeringRulesStream, { direction: 'backward', limit: 1 });
    const expected = { Heartbeat: 'delegated', Authorize: 'delegated', BootNotification: 'delegated' };
    const at = expect.any(String) as string;
    expect(newest.events[0]?.data).toEqual({ ...automaticAnswering, answers: expected, at });
  });

  it('is known here: who answers', async () => {
    await delegate({ Heartbeat: 'delegated' });
    const rules = other.get(AnsweringRules);
    expect(await eventually(() => rules.current.answers.Heartbeat)).toBe('delegated');
  });

  it('is known here: that a box shows itself', async () => {
    for (const { liveness } of [one, other]) liveness.start([]);
    await other.ask(identity, 'Heartbeat', {});
    clock.advance(500);
    await one.ask(identity, 'Heartbeat', {});
    await eventually(
      () => eventsOf(store, 'HeartbeatReceived'),
      ({ length }) => length === 2,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(500);
    other.liveness.sweep();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await eventsOf(store, 'ChargeBoxSilent')).toEqual([]);
    clock.advance(200);
    for (const { liveness } of [one, other]) liveness.sweep();
    await eventually(
      () => eventsOf(store, 'ChargeBoxSilent'),
      ({ length }) => length === 1,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await eventsOf(store, 'ChargeBoxSilent')).toHaveLength(1);
  });
});

describe('a request that waits for somebody outside', () => {
  const offered = (at: RuntimeAtWork) => eventually(() => at.pending.all()[0]);
  const interrupted = () => eventsOf(store, 'RequestInterrupted');

  beforeEach(() => delegate({ Authorize: 'delegated' }));

  it('is not closed by an instance that starts, stops or starts again, unless that one held it', async () => {
    const answered = one.ask(identity, 'Authorize', { idTag: 'CARD' });
    await offered(one);
    const third = await start('third');
    await third.stop();
    running = running.filter((runtime) => runtime !== third);
    await start('third');
    expect(await interrupted()).toEqual([]);
    await start('one');
    expect(await answered).toMatchObject({ fault: 'InternalError' });
    expect(await interrupted()).toHaveLength(1);
  });

  it('goes over to the instance at which the box repeats it', async () => {
    const first = one.ask(identity, 'Authorize', { idTag: 'CARD' });
    await offered(other);
    const again = other.ask(identity, 'Authorize', { idTag: 'CARD' });
    await eventually(
      () => eventsOf(store, 'RequestRepeated'),
      ({ length }) => length === 1,
    );
    await one.stop();
    running = running.filter((runtime) => runtime !== one);
    expect(await interrupted()).toEqual([]);
    clock.advance(120);
    expect(await again).toMatchObject({ fault: 'InternalError' });
    expect(await first).toMatchObject({ fault: 'InternalError' });
    expect(await eventsOf(store, 'RequestExpired')).toHaveLength(1);
  });
});

describe('loading a charge box', () => {
  it('never counts an event as read that was appended while it was read', async () => {
    const [boot] = await eventsOf(store, 'ChargeBoxBooted');
    let late = 0;
    const crowded: EventStore = {
      ...store,
      shared: true,
      append: (...given) => store.append(...given),
      readStream: async (stream, options) => {
        const page = await store.readStream(stream, options);
        // The end of the stream is asked for after its events, as some stores do.
        if (options.direction === 'backward' || stream === telemetryStream(identity) || late > 3) return page;
        late += 1;
        if (boot) await store.append(stream, [{ ...boot, id: `late-${late}` }], 'any');
        return { ...page, lastRevision: page.lastRevision + 1 };
      },
    };
    const loaded = await loadChargeBox(crowded, identity);
    const { events } = await store.readStream(stateStream(identity), { from: loaded.stateRevision + 1, limit: 10 });
    expect(events.map(({ id }) => id)).toEqual(['late-1']);
  });
});
