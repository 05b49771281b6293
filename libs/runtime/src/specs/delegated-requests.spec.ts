import { stateStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { codedError } from '@app/kernel';
import { automaticAnswering } from '../answering';
import { AnswerRequest, ChangeAnswering, ClaimRequest, TellChargeBox } from '../commands';
import { eventsOf, eventually, HandClock, origin, RuntimeAtWork } from './runtime-at-work';

// Requests that somebody outside answers, with the clock in the hand of the spec. Cannot see: the doors of the service.

const identity = 'BOX';
const accepted = { idTagInfo: { status: 'Accepted' } };
const startRequest = { connectorId: 1, idTag: 'CARD', timestamp: '2026-03-01T12:00:00.000Z', meterStart: 1 };

let store: EventStore;
let clock: HandClock;
let runtime: RuntimeAtWork;
const others: RuntimeAtWork[] = [];
beforeEach(async () => {
  store = openInMemoryStore();
  clock = new HandClock();
  runtime = await RuntimeAtWork.start({ store, clock });
  await runtime.boot(identity);
  await runtime.bus.execute(
    new ChangeAnswering(
      {
        ...automaticAnswering,
        answers: { Authorize: 'delegated', StartTransaction: 'delegated', BootNotification: 'delegated' },
        respondWithin: { Authorize: 20 },
      },
      origin,
    ),
  );
});
afterEach(async () => {
  for (const each of [...others.splice(0), runtime]) await each.stop();
});

const accepting = (box: string) =>
  new TellChargeBox(box, { kind: 'decide-registration', registration: 'Accepted', at: clock.at() }, origin);
const authorize = (hangUp?: AbortSignal) => runtime.ask(identity, 'Authorize', { idTag: 'CARD' }, hangUp);
const offered = async (at: RuntimeAtWork = runtime) =>
  (
    await eventually(
      () => at.pending.all(),
      ({ length }) => length > 0,
    )
  )[0]?.msgId ?? '';
const answer = (msgId: string, response: object = accepted, at: RuntimeAtWork = runtime) =>
  at.bus.execute(new AnswerRequest(identity, msgId, response, { ...origin, responder: 'flow' }));

describe('a delegated request', () => {
  it('is answered in time, with what was left out filled in', async () => {
    const answered = runtime.boot(identity);
    const msgId = await offered();
    expect(runtime.pending.find(msgId)).toMatchObject({ respondBy: '2026-03-01T12:02:00.000Z', identity });
    clock.advance(119);
    expect(await answer(msgId, { status: 'accepted' })).toMatchObject({ outcome: 'done' });
    expect(await answered).toEqual({
      response: { status: 'Accepted', currentTime: clock.at(), heartbeatInterval: 300 },
    });
  });

  it('may be answered at another instance than the one that holds the connection', async () => {
    const other = await RuntimeAtWork.start({ store, clock, name: 'other' });
    others.push(other);
    const answered = authorize();
    const msgId = await offered(other);
    expect(await answer(msgId, accepted, other)).toMatchObject({ outcome: 'done' });
    expect(await answered).toEqual({ response: accepted });
  });

  it('is answered although the log told its answer before the store said that it was stored', async () => {
    const other = await RuntimeAtWork.start({ store, clock, name: 'other' });
    others.push(other);
    const append = store.append.bind(store);
    let release: () => void = () => undefined;
    const answeredElsewhere = new Promise<void>((resolve) => (release = resolve));
    const late = jest.spyOn(store, 'append').mockImplementation(async (...appended) => {
      const result = await append(...appended);
      if (appended[1].some(({ type }) => type === 'RequestDelegated')) await answeredElsewhere;
      return result;
    });
    const answered = authorize();
    const msgId = await offered(other);
    await answer(msgId, accepted, other);
    await eventually(() => runtime.pending.find(msgId) === undefined);
    release();
    expect(await answered).toEqual({ response: accepted });
    late.mockRestore();
  });

  it('waits on after an answer that is not allowed, and hears every violation', async () => {
    const answered = authorize();
    const msgId = await offered();
    const wrong = { idTagInfo: { status: 'Perhaps', parentIdTag: 'x'.repeat(21) } };
    expect(await answer(msgId, wrong)).toMatchObject({
      outcome: 'invalid',
      violations: [{ path: '$.idTagInfo.status' }, { path: '$.idTagInfo.parentIdTag' }],
    });
    await answer(msgId);
    expect(await answered).toEqual({ response: accepted });
  });

  it('is not due a moment before its deadline, and over at it', async () => {
    const answered = authorize();
    const msgId = await offered();
    clock.advance(19.9);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(runtime.pending.find(msgId)).toBeDefined();
    clock.advance(0.1);
    expect(await answered).toMatchObject({ fault: 'InternalError' });
    expect((await eventsOf(store, 'RequestExpired'))[0]?.data).toMatchObject({ msgId, delivered: true });
  });

  it('is answered by the built-in rules at its deadline when a transaction depends on it', async () => {
    const answered = runtime.ask(identity, 'StartTransaction', startRequest);
    await offered();
    clock.advance(120);
    expect(await answered).toMatchObject({ response: { transactionId: 1, idTagInfo: { status: 'Accepted' } } });
    expect(await eventsOf(store, 'TransactionStarted')).toHaveLength(1);
  });

  it('gets an id of its own when many starts are settled in one moment', async () => {
    const boxes = Array.from({ length: 8 }, (_, place) => `BOX-${place}`);
    await Promise.all(boxes.map((box) => runtime.bus.execute(accepting(box))));
    const answered = boxes.map((box) => runtime.ask(box, 'StartTransaction', startRequest));
    await eventually(() => runtime.pending.size === boxes.length);
    clock.advance(120);
    const answers = (await Promise.all(answered)) as { response: { transactionId: number } }[];
    expect(new Set(answers.map(({ response }) => response.transactionId)).size).toBe(boxes.length);
  });

  it('takes one answer: the second and the late are refused and recorded', async () => {
    const answered = authorize();
    const msgId = await offered();
    await Promise.all([answer(msgId), answer(msgId, { idTagInfo: { status: 'Blocked' } })]);
    expect(await answered).toEqual({ response: accepted });
    expect(await answer(msgId)).toEqual({ outcome: 'refused', reason: 'The request was answered already.' });
    const expiring = authorize();
    const late = await offered();
    clock.advance(20);
    await expiring;
    expect(await answer(late)).toEqual({ outcome: 'refused', reason: 'The request was expired already.' });
    const refused = await eventsOf(store, 'LateAnswerRefused');
    expect(refused.map(({ data }) => data.settledAs)).toEqual(['answered', 'answered', 'expired']);
  });

  it('that its box hung up on can still be answered, and the box learns it when it repeats a start', async () => {
    const hangUp = new AbortController();
    const lost = runtime.ask(identity, 'StartTransaction', startRequest, hangUp.signal);
    const msgId = await offered();
    hangUp.abort();
    await lost;
    expect((await eventsOf(store, 'RequestInterrupted'))[0]?.data).toMatchObject({ msgId, reason: 'hung-up' });
    await answer(msgId, { idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY' }, transactionId: 99 });
    expect((await eventsOf(store, 'RequestAnswered'))[0]?.data).toMatchObject({ delivered: false });
    expect(await runtime.ask(identity, 'StartTransaction', startRequest)).toMatchObject({
      response: { transactionId: 99, idTagInfo: { parentIdTag: 'FAMILY' } },
    });
  });

  it.each([99, 20_000])(
    'that an answer with transaction id %i could not settle takes the same answer again',
    async (id) => {
      const answered = runtime.ask(identity, 'StartTransaction', startRequest);
      const msgId = await offered();
      const chosen = { ...accepted, transactionId: id };
      const append = store.append.bind(store);
      const resting = jest
        .spyOn(store, 'append')
        .mockImplementation((stream, ...rest) =>
          stream === stateStream(identity) ? Promise.reject(codedError('store-unavailable')) : append(stream, ...rest),
        );
      await expect(answer(msgId, chosen)).rejects.toMatchObject({ code: 'store-unavailable' });
      resting.mockRestore();
      expect(await answer(msgId, chosen)).toMatchObject({ outcome: 'done' });
      expect(await answered).toMatchObject({ response: { transactionId: id } });
      const other = runtime.ask(identity, 'StartTransaction', { ...startRequest, connectorId: 2 });
      expect(await answer(await offered(), chosen)).toMatchObject({ outcome: 'invalid' });
      await answer(await offered());
      await other;
    },
  );

  it('is closed with an explanation at a stop, also when the store fails for another one', async () => {
    await runtime.bus.execute(accepting('OTHER'));
    const lost = authorize();
    const closed = runtime.ask('OTHER', 'Authorize', { idTag: 'CARD' });
    await eventually(() => runtime.pending.size === 2);
    const append = store.append.bind(store);
    const failing = jest
      .spyOn(store, 'append')
      .mockImplementation((stream, ...rest) =>
        stream === stateStream(identity) ? Promise.reject(codedError('store-unavailable')) : append(stream, ...rest),
      );
    await runtime.stop();
    expect(await closed).toMatchObject({
      fault: 'InternalError',
      detail: expect.stringContaining('restarted') as string,
    });
    expect(await lost).toMatchObject({ fault: 'InternalError' });
    failing.mockRestore();
  });

  it('repeated by its box while it waits is one request, answered on the newer connection', async () => {
    const hangUp = new AbortController();
    const lost = authorize(hangUp.signal);
    const msgId = await offered();
    hangUp.abort();
    await lost;
    const again = authorize();
    await eventually(
      () => eventsOf(store, 'RequestRepeated'),
      ({ length }) => length === 1,
    );
    await answer(msgId);
    expect(await again).toEqual({ response: accepted });
    expect(await eventsOf(store, 'RequestDelegated')).toHaveLength(1);
  });

  it('belongs to one responder for the length of its lease', async () => {
    const answered = authorize();
    const msgId = await offered();
    const claim = (responder: string) => runtime.bus.execute(new ClaimRequest(identity, msgId, responder, origin));
    expect(await claim('one')).toMatchObject({ outcome: 'done' });
    expect(await claim('other')).toMatchObject({ outcome: 'refused' });
    clock.advance(10);
    expect(await claim('other')).toMatchObject({ outcome: 'refused' });
    await answer(msgId);
    expect(await claim('one')).toEqual({ outcome: 'refused', reason: 'The request was answered already.' });
    await answered;
  });
});

describe('a restart', () => {
  it.each([
    ['before', 0],
    ['at', 20],
    ['after', 1_000],
  ])('%s the deadline closes what nobody can be answered about', async (_when, seconds) => {
    void authorize();
    const msgId = await offered();
    // A process that was killed leaves nothing but the log: the other one is not stopped here, its store is its own.
    const log = openInMemoryStore();
    for (const { stream, ...event } of await copied(store)) await log.append(stream, [event], 'any');
    const later = new HandClock();
    later.advance(seconds);
    const next = await RuntimeAtWork.start({ store: log, clock: later });
    others.push(next);
    const [ended] = await eventually(
      () => eventsOf(log, 'RequestInterrupted', 'RequestExpired'),
      ({ length }) => length === 1,
    );
    expect(ended?.data).toMatchObject({ msgId });
    expect(
      await eventually(
        () => next.pending.size,
        (size) => size === 0,
      ),
    ).toBe(0);
    await answer(msgId);
  });

  it('that is asked for answers what waits with a reason', async () => {
    const answered = authorize();
    await offered();
    const second = await RuntimeAtWork.start({ store: openInMemoryStore(), clock });
    await runtime.stop();
    runtime = second;
    expect(await answered).toMatchObject({
      fault: 'InternalError',
      detail: expect.stringContaining('restarted') as string,
    });
  });
});

async function copied(from: EventStore) {
  const { events } = await from.readAll({ from: '', direction: 'forward', limit: 10_000 });
  return events.map(({ id, type, data, metadata, stream }) => ({ id, type, data, metadata, stream }));
}
