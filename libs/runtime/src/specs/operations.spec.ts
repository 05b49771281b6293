import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { stateStream } from '@app/charge-box';
import { noon } from '@app/testing';
import type { CallOutcome } from '../caller';
import { Reactions } from '../reactions';
import { AnswerChargeBox, TellChargeBox } from '../commands';
import { eventsOf, eventually, HandCaller, HandClock, origin, RuntimeAtWork } from './runtime-at-work';

// Operations on their way to charge boxes, with the clock and the network in the hand of the spec. Cannot see: SOAP.

const identity = 'BOX';
const accepted: CallOutcome = { kind: 'answered', response: { status: 'Accepted' } };
const noAnswer: CallOutcome = { kind: 'no-answer', detail: 'Silence.' };

let store: EventStore;
let clock: HandClock;
let caller: HandCaller;
let runtime: RuntimeAtWork;
const others: RuntimeAtWork[] = [];
beforeEach(async () => {
  store = openInMemoryStore();
  clock = new HandClock();
  caller = new HandCaller();
  caller.answer = async () => accepted;
  runtime = await RuntimeAtWork.start({ store, clock, caller });
  await runtime.boot(identity);
});
afterEach(async () => {
  for (const each of [...others.splice(0), runtime]) await each.stop();
});

const types = async (callId: string) =>
  (
    await eventsOf(
      store,
      'OperationScheduled',
      'OperationSent',
      'OperationDeferred',
      'OperationAnswered',
      'OperationFaulted',
      'OperationExpired',
      'OperationCancelled',
    )
  )
    .filter(({ data }) => data.callId === callId)
    .map(({ type }) => type.replace('Operation', ''));
const become = (callId: string, last: string) =>
  eventually(
    () => types(callId),
    (all) => all.at(-1) === last,
  );
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 250));

describe('an operation', () => {
  it('is stored as sent before it is sent, and as answered afterwards', async () => {
    let whenCalled: readonly string[] = [];
    caller.answer = async () => {
      whenCalled = await types('a');
      return accepted;
    };
    await runtime.schedule(identity, 'a', 'Reset');
    expect(await become('a', 'Answered')).toEqual(['Scheduled', 'Sent', 'Answered']);
    expect(whenCalled).toEqual(['Scheduled', 'Sent']);
    expect(caller.calls).toMatchObject([
      { url: 'http://10.0.0.5:8080/', address: '10.0.0.5', operation: 'Reset', chargeBoxIdentity: identity },
    ]);
    expect(caller.calls[0]).toMatchObject({ mayReuse: false, respondWithin: 120_000 });
  });

  it('waits for those before it, one at a time', async () => {
    const running: string[] = [];
    let most = 0;
    caller.answer = async ({ messageId }) => {
      running.push(messageId);
      most = Math.max(most, running.length);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running.pop();
      return accepted;
    };
    for (let call = 0; call < 10; call += 1)
      await runtime.schedule(identity, `c${call}`, call % 2 ? 'Reset' : 'ClearCache');
    await become('c9', 'Answered');
    expect(most).toBe(1);
    const sent = (await eventsOf(store, 'OperationSent')).map(({ data }) => data.callId);
    expect(sent).toEqual(Array.from({ length: 10 }, (_, call) => `c${call}`));
  });

  it('is not sent before its time, and then by itself', async () => {
    await runtime.schedule(identity, 'a', 'Reset', { notBefore: '2026-03-01T12:10:00.000Z' });
    clock.advance(599);
    await aWhile();
    expect(caller.calls).toHaveLength(0);
    clock.advance(1);
    await become('a', 'Answered');
  });

  it('that cannot be sent waits for its retry, or for the box to show itself', async () => {
    caller.found = { kind: 'not-sent', reason: 'name-unresolved', detail: 'No such name.' };
    await runtime.schedule(identity, 'a', 'Reset');
    await become('a', 'Deferred');
    caller.found = { kind: 'resolved', address: '10.0.0.5' };
    await aWhile();
    expect(caller.calls).toHaveLength(0);
    clock.advance(11);
    await runtime.ask(identity, 'Heartbeat', {});
    await become('a', 'Answered');

    caller.answer = async () => ({ kind: 'not-sent', reason: 'connection-refused', detail: 'Nobody there.' });
    await runtime.schedule(identity, 'b', 'Reset');
    await become('b', 'Deferred');
    caller.answer = async () => accepted;
    clock.advance(30);
    expect(await become('b', 'Answered')).toEqual(['Scheduled', 'Sent', 'Deferred', 'Sent', 'Answered']);
  });

  it('that was never sent expires with its time to live, and says why', async () => {
    caller.found = { kind: 'not-sent', reason: 'address-refused', detail: 'Not there.' };
    await runtime.schedule(identity, 'a', 'Reset');
    await become('a', 'Deferred');
    clock.advance(3_600);
    await become('a', 'Expired');
    expect((await eventsOf(store, 'OperationExpired'))[0]?.data).toMatchObject({
      outcome: 'not-sent',
      detail: 'Not there.',
    });
  });

  it('without an answer is repeated when that is safe, and left open when it is not', async () => {
    caller.answer = async () => noAnswer;
    await runtime.schedule(identity, 'unsafe', 'Reset');
    expect(await become('unsafe', 'Expired')).toEqual(['Scheduled', 'Sent', 'Expired']);
    await runtime.schedule(identity, 'safe', 'ClearCache');
    await become('safe', 'Deferred');
    clock.advance(30);
    await eventually(
      () => types('safe'),
      ({ length }) => length === 5,
    );
    clock.advance(60);
    expect(await become('safe', 'Expired')).toEqual([
      'Scheduled',
      'Sent',
      'Deferred',
      'Sent',
      'Deferred',
      'Sent',
      'Expired',
    ]);
    const [, expired] = await eventsOf(store, 'OperationExpired');
    expect(expired?.data).toMatchObject({ outcome: 'unknown', detail: 'Silence.' });
  });

  it('is over at respondBy even if the way out never says a word', async () => {
    caller.answer = () => new Promise(() => undefined);
    await runtime.schedule(identity, 'a', 'Reset');
    await become('a', 'Sent');
    clock.advance(120);
    await become('a', 'Expired');
    expect((await eventsOf(store, 'OperationExpired'))[0]?.data).toMatchObject({ outcome: 'unknown' });
    // Its end would wait for the way out.
    await runtime.get(Reactions).stop();
    runtime = await RuntimeAtWork.start({ store: openInMemoryStore(), clock });
  });

  it('that could not be sent is sent when the box shows itself elsewhere, without waiting for its next try', async () => {
    caller.found = { kind: 'not-sent', reason: 'connection-refused', detail: 'Nobody listens.' };
    await runtime.schedule(identity, 'a', 'Reset');
    await become('a', 'Deferred');
    caller.found = { kind: 'resolved', address: '10.0.0.6' };
    const details = { at: clock.at(), from: 'http://10.0.0.6:8080/', requestId: 'r', quirks: [] };
    await runtime.bus.execute(new AnswerChargeBox(identity, 'Heartbeat', {}, details));
    await become('a', 'Answered');
    expect(caller.calls).toMatchObject([{ url: 'http://10.0.0.6:8080/' }]);
  });

  it('that could not be sent is sent when an operator says where the box is', async () => {
    caller.found = { kind: 'not-sent', reason: 'connection-refused', detail: 'Nobody listens.' };
    await runtime.schedule(identity, 'a', 'Reset');
    await become('a', 'Deferred');
    caller.found = { kind: 'resolved', address: '10.0.0.7' };
    const settings = { addressOverride: 'http://10.0.0.7/' };
    const message = { kind: 'configure' as const, settings, at: clock.at() };
    await runtime.bus.execute(new TellChargeBox(identity, message, origin));
    await become('a', 'Answered');
    expect(caller.calls).toMatchObject([{ url: 'http://10.0.0.7/' }]);
  });

  it('says at its end behind which other it waited', async () => {
    caller.found = { kind: 'not-sent', reason: 'connection-refused', detail: 'Nobody listens.' };
    await runtime.schedule(identity, 'a', 'Reset');
    await runtime.schedule(identity, 'b', 'ClearCache', { expiresAt: '2026-03-01T12:10:00.000Z' });
    await become('a', 'Deferred');
    clock.advance(600);
    await become('b', 'Expired');
    const [expired] = await eventsOf(store, 'OperationExpired');
    expect(expired?.data).toMatchObject({ callId: 'b', detail: expect.stringContaining('behind Reset (a)') as string });
  });

  it('is sent by one of two instances', async () => {
    const other = await RuntimeAtWork.start({ store, clock, caller, name: 'other' });
    others.push(other);
    for (let call = 0; call < 20; call += 1) await runtime.schedule(identity, `c${call}`, 'Reset');
    await become('c19', 'Answered');
    expect(caller.calls).toHaveLength(20);
  });

  it('does not wait for another box that is slow', async () => {
    await runtime.boot('SLOW');
    let free: (outcome: CallOutcome) => void = () => undefined;
    caller.answer = ({ chargeBoxIdentity }) =>
      chargeBoxIdentity === 'SLOW' ? new Promise((resolve) => (free = resolve)) : Promise.resolve(accepted);
    await runtime.schedule('SLOW', 'slow', 'Reset');
    await runtime.schedule(identity, 'fast', 'Reset');
    await become('fast', 'Answered');
    expect(await types('slow')).toEqual(['Scheduled', 'Sent']);
    free(accepted);
    await become('slow', 'Answered');
  });
});

describe('the sagas', () => {
  it('leave out an event that is not what its type says, and go on', async () => {
    const garbage = { id: 'x', type: 'ReservationMade', data: { expiryDate: 'never' }, metadata: metadata() };
    await store.append(stateStream('ODD'), [garbage], 'any');
    await runtime.schedule(identity, 'a', 'Reset');
    await become('a', 'Answered');
    expect(runtime.get(Reactions).status()).toMatchObject({ skipped: 1 });
    expect(runtime.complaints.join()).toContain('An event was left out of the to-do lists');
  });

  it('end a reservation by itself', async () => {
    const reservation = {
      callId: 'r',
      reservationId: 5,
      connectorId: 1,
      idTag: 'CARD',
      expiryDate: '2026-03-01T12:30:00Z',
      at: noon,
    };
    await store.append(
      stateStream('RESERVED'),
      [{ id: 'x', type: 'ReservationMade', data: reservation, metadata: metadata() }],
      'any',
    );
    await aWhile();
    expect(await eventsOf(store, 'ReservationEnded')).toEqual([]);
    clock.advance(1_800);
    const [ended] = await eventually(
      () => eventsOf(store, 'ReservationEnded'),
      ({ length }) => length === 1,
    );
    expect(ended?.data).toMatchObject({ reservationId: 5, reason: 'expired' });
  });

  it('notice that a box is silent for more than twice its interval, and that it is back', async () => {
    runtime.liveness.start([]);
    await runtime.ask(identity, 'Heartbeat', {});
    clock.advance(600);
    runtime.liveness.sweep();
    await aWhile();
    expect(await eventsOf(store, 'ChargeBoxSilent')).toEqual([]);
    clock.advance(1);
    runtime.liveness.sweep();
    const [silent] = await eventually(
      () => eventsOf(store, 'ChargeBoxSilent'),
      ({ length }) => length === 1,
    );
    expect(silent?.data).toMatchObject({ lastSeenAt: noon });
    await runtime.ask(identity, 'Heartbeat', {});
    expect(await eventsOf(store, 'ChargeBoxBack')).toMatchObject([{ data: { silentSince: noon } }]);
  });
});

function metadata() {
  return { schema: 1, correlationId: 'c', causationId: 'c', actor: 'operator', receivedAt: noon };
}
