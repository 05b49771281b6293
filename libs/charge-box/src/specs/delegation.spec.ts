import type { ChargeBoxEvent, DelegationMessage } from '../index';
import { completeResponse, decide, decideDelegation, delegationLimits } from '../index';
import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';
import { decidedFor, given, noon, registered, secondsAfterNoon, stateAfter, usualFacts } from '@app/testing';

// Requests that somebody outside answers: what waits, what an answer means, what happens without one. Cannot see: timers.

const respondBy = secondsAfterNoon(120);
const delegation = (msgId: string) => ({ msgId, respondBy, heldBy: 'here' });

function ask<Name extends CentralSystemOperation>(
  operation: Name,
  request: CentralSystemRequest<Name>,
  before: readonly ChargeBoxEvent[] = [registered],
  msgId = 'm1',
) {
  const message = { kind: 'request' as const, operation, request, origin: { at: noon, from: 'http://10.0.0.5/' } };
  const decision = decide(message, stateAfter(before), usualFacts, delegation(msgId));
  return { decision, events: [...before, ...decision.events] };
}
const tell = (message: DelegationMessage, events: readonly ChargeBoxEvent[]) =>
  decideDelegation(message, stateAfter(events), usualFacts);
const answer = (response: object, msgId = 'm1', at = noon): DelegationMessage => ({
  kind: 'answer-request',
  msgId,
  response,
  responder: 'flow',
  at,
});
const typesOf = (events: readonly ChargeBoxEvent[]) => events.map(({ type }) => type);

const boot = { chargePointVendor: 'Acme', chargePointModel: 'Duo' };
const start = { connectorId: 1, idTag: 'CARD', timestamp: noon, meterStart: 1 };
const running = [registered, ...given(registered).when('StartTransaction', start).decision.events];
const stop = { transactionId: 7, timestamp: noon, meterStop: 2 };
const values = { connectorId: 1, values: [{ timestamp: noon, value: [{ value: '1' }] }] };

describe('a delegated request', () => {
  it('waits, and says what it is about', () => {
    const { decision } = ask('Authorize', { idTag: 'CARD' });
    expect(decision.answer).toEqual({ waitsFor: 'm1' });
    expect(decision.events).toContainEqual({
      type: 'RequestDelegated',
      data: {
        msgId: 'm1',
        operation: 'Authorize',
        request: { idTag: 'CARD' },
        from: 'http://10.0.0.5/',
        respondBy,
        heldBy: 'here',
        at: noon,
      },
    });
  });

  it('of a box that registers itself is that of a registered box', () => {
    const message = {
      kind: 'request' as const,
      operation: 'BootNotification' as const,
      request: boot,
      origin: { at: noon },
    };
    const facts = { ...usualFacts, policy: { ...usualFacts.policy, registration: 'open' as const } };
    const { events } = decide(message, stateAfter([]), facts, delegation('m1'));
    expect(typesOf(events)).toEqual(['RegistrationDecided', 'RequestDelegated']);
    expect(events.at(-1)?.data).not.toHaveProperty('unregistered');
  });

  it('that the box repeats waits for the same answer; another waits beside it', () => {
    const first = ask('Authorize', { idTag: 'CARD' });
    const again = ask('Authorize', { idTag: 'CARD' }, first.events, 'm2');
    expect(again.decision.answer).toEqual({ waitsFor: 'm1' });
    expect(typesOf(again.decision.events)).toEqual(['RequestRepeated']);
    expect(ask('Authorize', { idTag: 'OTHER' }, first.events, 'm2').decision.answer).toEqual({ waitsFor: 'm2' });
  });

  it('with another meter that cannot be read waits beside it, and is recorded with what stood there', () => {
    const { meterStart: _meterStart, ...request } = start;
    const told = (meterText: string, before: readonly ChargeBoxEvent[], msgId: string) => {
      const message = { kind: 'request' as const, operation: 'StartTransaction' as const, request };
      const origin = { at: noon, meterText };
      return decide({ ...message, origin }, stateAfter(before), usualFacts, delegation(msgId));
    };
    const first = [registered, ...told('x', [registered], 'm1').events];
    expect(told('x', first, 'm2').answer).toEqual({ waitsFor: 'm1' });
    expect(told('y', first, 'm2').answer).toEqual({ waitsFor: 'm2' });
    expect(tell(answer({ transactionId: 9, idTagInfo: { status: 'Accepted' } }), first)).toMatchObject({
      events: [{ type: 'TransactionStarted', data: { meterText: 'x' } }, { type: 'RequestAnswered' }],
    });
  });

  it('is joined by its repetition also when the built-in rules answer its like by now', () => {
    const first = ask('StartTransaction', start);
    const message = { kind: 'request' as const, operation: 'StartTransaction' as const, request: start };
    const decideNow = (heldBy: string) =>
      decide({ ...message, origin: { at: noon } }, stateAfter(first.events), usualFacts, { heldBy });
    expect(decideNow('here')).toMatchObject({ answer: { waitsFor: 'm1' }, repeated: true });
    expect(decideNow('elsewhere').events).toMatchObject([
      { type: 'RequestRepeated', data: { msgId: 'm1', heldBy: 'elsewhere' } },
    ]);
    const other = decide(
      { ...message, request: { ...start, meterStart: 2 }, origin: { at: noon } },
      stateAfter(first.events),
      usualFacts,
      { heldBy: 'here' },
    );
    expect(other.answer).toMatchObject({ response: { transactionId: 7 } });
  });

  it('of which the box has its answer already is answered so; another answer is refused as late', () => {
    const { events } = ask('StartTransaction', start);
    const recorded = [...events, ...given(registered).when('StartTransaction', start).decision.events];
    const known = { transactionId: 7, idTagInfo: { status: 'Accepted' } };
    const late = tell(answer({ transactionId: 4711, idTagInfo: { status: 'Blocked' } }), recorded);
    expect(late).toMatchObject({
      outcome: 'refused',
      events: [
        { type: 'RequestAnswered', data: { msgId: 'm1', response: known } },
        { type: 'LateAnswerRefused', data: { msgId: 'm1', responder: 'flow', settledAs: 'answered' } },
      ],
    });
    expect(stateAfter([...recorded, ...late.events]).pending).toEqual([]);
    expect(tell(answer(known), recorded)).toMatchObject({
      outcome: 'done',
      settles: { answer: { response: known } },
    });
  });

  it('that was answered by a record needs nobody outside', () => {
    expect(ask('StartTransaction', start, running).decision.answer).toMatchObject({ response: { transactionId: 7 } });
  });

  it('is one of so many at most; the rest is answered by the built-in rules', () => {
    let events: readonly ChargeBoxEvent[] = [registered];
    for (let place = 0; place < delegationLimits.pending; place += 1)
      events = ask('Authorize', { idTag: `T${place}` }, events, `m${place}`).events;
    expect(ask('Authorize', { idTag: 'LAST' }, events, 'last').decision.answer).toHaveProperty('response');
  });
});

describe('an answer', () => {
  it('of a box that nobody knew is asked about no more often than can be kept for ever', () => {
    const asked = ask('BootNotification', boot, []);
    const again = ask('BootNotification', boot, asked.events);
    expect(again.decision).toMatchObject({ answer: { waitsFor: 'm1' }, events: [] });
    const other = ask('BootNotification', { ...boot, firmwareVersion: '2' }, asked.events, 'm2');
    expect(other.decision.answer).toMatchObject({ response: { status: 'Rejected' } });
    const refused = [
      ...asked.events,
      ...tell(answer({ status: 'Rejected', currentTime: noon, heartbeatInterval: 60 }), asked.events).events,
    ];
    expect(typesOf(ask('BootNotification', boot, refused, 'm3').decision.events)).toEqual([]);
  });

  it('accepts a box that nobody knew, or leaves it a candidate', () => {
    const { events } = ask('BootNotification', boot, []);
    const accepted = tell(answer({ status: 'Accepted', currentTime: noon, heartbeatInterval: 90 }), events);
    expect(typesOf(accepted.events)).toEqual(['RegistrationDecided', 'ChargeBoxBooted', 'RequestAnswered']);
    expect(accepted.events[0]?.data).toMatchObject({ by: 'responder' });
    expect(accepted.events[1]?.data).toMatchObject({ answered: 'Accepted', heartbeatInterval: 90 });
    const rejected = tell(answer({ status: 'Rejected', currentTime: noon, heartbeatInterval: 60 }), events);
    expect(typesOf(rejected.events)).toEqual(['ChargeBoxBooted', 'RequestAnswered']);
  });

  it('is not asked for about a box that an operator rejected', () => {
    const rejected = { ...registered, data: { ...registered.data, registration: 'Rejected' } } as ChargeBoxEvent;
    expect(ask('BootNotification', boot, [rejected]).decision.answer).toMatchObject({
      response: { status: 'Rejected' },
    });
  });

  it('stands in the record in place of the built-in verdict', () => {
    const verdict = { status: 'Blocked', parentIdTag: 'FAMILY' };
    const started = tell(answer({ transactionId: 99, idTagInfo: verdict }), ask('StartTransaction', start).events);
    expect(started).toMatchObject({ settles: { msgId: 'm1', answer: { response: { transactionId: 99 } } } });
    expect(started.events).toContainEqual(
      expect.objectContaining({
        type: 'TransactionStarted',
        data: expect.objectContaining({ transactionId: 99, idTagInfo: verdict }) as object,
      }),
    );
  });

  it('may give an id that an orphaned stop named before: an operator can bind that stop to it', () => {
    const early = given(registered).when('StopTransaction', { ...stop, transactionId: 99 }).decision.events;
    const { events } = ask('StartTransaction', start, [registered, ...early]);
    const started = tell(answer({ transactionId: 99, idTagInfo: { status: 'Accepted' } }), events).events;
    const box = stateAfter([...events, ...started]);
    const [{ orphanId } = { orphanId: '' }] = box.orphans;
    const close = {
      kind: 'close-transaction',
      transactionId: 99,
      orphanId,
      reason: 'It came early.',
      at: noon,
    } as const;
    expect(decidedFor(close, box)).toMatchObject({
      outcome: 'done',
      events: [{ type: 'TransactionClosed', data: { transactionId: 99, orphanId, meterStop: 2 } }],
    });
  });

  it.each([
    ['StopTransaction', stop, { idTagInfo: { status: 'Expired' } }, 'TransactionStopped'],
    ['MeterValues', values, {}, 'MeterValuesReported'],
    ['DataTransfer', { vendorId: 'v' }, { status: 'Accepted', data: 'x' }, 'DataTransferReceived'],
    [
      'StatusNotification',
      { connectorId: 1, status: 'Available', errorCode: 'NoError' },
      {},
      'ConnectorStatusReported',
    ],
  ] as const)('to %s records what the box reported', (operation, request, response, type) => {
    const { events } = ask(operation as 'MeterValues', request as typeof values, running);
    expect(events.slice(running.length).map((event) => event.type)).not.toContain(type);
    expect(typesOf(tell(answer(response), events).events)).toEqual([type, 'RequestAnswered']);
  });

  it('that is the second, or late, is refused and recorded; one to nobody is not', () => {
    const { events } = ask('Authorize', { idTag: 'CARD' });
    const response = { idTagInfo: { status: 'Accepted' } };
    const over = [...events, ...tell(answer(response), events).events];
    expect(tell(answer(response), over)).toMatchObject({
      outcome: 'refused',
      events: [{ type: 'LateAnswerRefused', data: { settledAs: 'answered', responder: 'flow' } }],
    });
    expect(tell(answer(response, 'unknown'), over)).toMatchObject({ outcome: 'refused', events: [] });
  });
});

describe('a claim', () => {
  const { events } = ask('Authorize', { idTag: 'CARD' });
  const claim = (responder: string, at: string): DelegationMessage => ({
    kind: 'claim-request',
    msgId: 'm1',
    responder,
    leaseUntil: new Date(Date.parse(at) + 30_000).toISOString(),
    at,
  });
  const release = (responder: string): DelegationMessage => ({
    kind: 'release-request',
    msgId: 'm1',
    responder,
    reason: 'disconnected',
    at: noon,
  });
  const claimed = [...events, ...tell(claim('one', noon), events).events];

  it('holds for the length of its lease, and can be prolonged', () => {
    expect(tell(claim('other', secondsAfterNoon(29)), claimed)).toMatchObject({ outcome: 'refused' });
    expect(tell(claim('one', secondsAfterNoon(29)), claimed)).toMatchObject({ outcome: 'done' });
    expect(tell(claim('other', secondsAfterNoon(30)), claimed)).toMatchObject({ outcome: 'done' });
  });

  it('goes back when its responder vanishes, and not for anybody else', () => {
    expect(tell(release('other'), claimed).events).toEqual([]);
    const free = [...claimed, ...tell(release('one'), claimed).events];
    expect(tell(claim('other', noon), free)).toMatchObject({ outcome: 'done' });
  });
});

describe('without an answer', () => {
  const expire = (at: string): DelegationMessage => ({ kind: 'expire-request', msgId: 'm1', at });
  const interrupt = (reason: 'hung-up' | 'restarted'): DelegationMessage => ({
    kind: 'interrupt-request',
    msgId: 'm1',
    reason,
    at: noon,
  });

  it('nothing happens before the deadline', () => {
    const { events } = ask('Authorize', { idTag: 'CARD' });
    expect(tell(expire(secondsAfterNoon(119)), events)).toEqual({ outcome: 'done', events: [] });
  });

  it.each([
    ['StartTransaction', { ...start, connectorId: 2, meterStart: 9 }, 'TransactionStarted'],
    ['StopTransaction', stop, 'TransactionStopped'],
    ['MeterValues', values, 'MeterValuesReported'],
  ] as const)('%s gets the built-in answer at its deadline', (operation, request, type) => {
    const outcome = tell(expire(respondBy), ask(operation as 'MeterValues', request as typeof values, running).events);
    expect(typesOf(outcome.events)).toEqual([type, 'RequestExpired']);
    expect(outcome).toMatchObject({ settles: { answer: { response: {} } } });
  });

  it.each([
    ['Authorize', { idTag: 'CARD' }],
    ['BootNotification', boot],
    ['Heartbeat', {}],
    ['DataTransfer', { vendorId: 'v' }],
    ['StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' }],
  ] as const)('%s gets a fault at its deadline', (operation, request) => {
    const outcome = tell(expire(respondBy), ask(operation as 'Authorize', request as { idTag: string }).events);
    expect(typesOf(outcome.events)).toEqual(['RequestExpired']);
    expect(outcome).toMatchObject({ settles: { answer: { fault: 'InternalError' } } });
  });

  it('a box that hung up is still answered for, and nobody is told that it got it', () => {
    const { events } = ask('Authorize', { idTag: 'CARD' });
    const gone = [...events, ...tell(interrupt('hung-up'), events).events];
    expect(tell(interrupt('hung-up'), gone).events).toEqual([]);
    const response = { idTagInfo: { status: 'Accepted' } };
    expect(tell(answer(response), gone).events.at(-1)).toMatchObject({ data: { delivered: false } });
    expect(tell(expire(respondBy), gone).events).toMatchObject([{ data: { delivered: false } }]);
  });

  it.each([
    ['StopTransaction', stop, ['TransactionStopped', 'RequestInterrupted']],
    ['MeterValues', values, ['MeterValuesReported', 'RequestInterrupted']],
    ['StartTransaction', { ...start, connectorId: 2, meterStart: 9 }, ['RequestInterrupted']],
    ['Authorize', { idTag: 'CARD' }, ['RequestInterrupted']],
  ] as const)('%s is closed by a restart, and what it reported is kept', (operation, request, types) => {
    const { events } = ask(operation as 'MeterValues', request as typeof values, running);
    const outcome = tell(interrupt('restarted'), events);
    expect(typesOf(outcome.events)).toEqual(types);
    expect(stateAfter(outcome.events, stateAfter(events)).pending).toEqual([]);
  });
});

describe('what an answer leaves out', () => {
  const given_ = { at: noon, heartbeatInterval: 300, newTransactionId: 7 };

  it.each([
    ['BootNotification', { status: 'Accepted', currentTime: null }, { currentTime: noon, heartbeatInterval: 300 }],
    ['BootNotification', { heartbeatInterval: 90 }, { currentTime: noon, heartbeatInterval: 90 }],
    ['Heartbeat', {}, { currentTime: noon }],
    ['StartTransaction', { idTagInfo: {} }, { transactionId: 7 }],
    ['StartTransaction', { transactionId: 9 }, { transactionId: 9 }],
    ['Authorize', { idTagInfo: {} }, { idTagInfo: {} }],
  ] as const)('is filled in for %s', (operation, response, filled) => {
    expect(completeResponse(operation, response, given_)).toMatchObject(filled);
  });

  it.each([[null], ['text'], [7], [[1]]])('stays as it is when it is no object: %j', (response) => {
    expect(completeResponse('BootNotification', response, given_)).toEqual(response);
  });
});
