import type { ChargeBoxEvent, OperatorMessage, ScheduledOperation } from '../index';
import { nextCall, outboundLimits, outboundOperation } from '../index';
import type { ChargePointOperation } from '@app/ocpp';
import { decidedFor, given, noon, registered, secondsAfterNoon, stateAfter } from '@app/testing';

// The ledger of operations sent to a charge box. Cannot see: who sends, and when.

const scheduled = (callId: string, more: Partial<ScheduledOperation> = {}): ScheduledOperation => ({
  callId,
  operation: 'Reset',
  request: { type: 'Soft' },
  expiresAt: secondsAfterNoon(3_600),
  by: 'operator',
  at: noon,
  ...more,
});
const schedule = (call: ScheduledOperation): OperatorMessage => ({ kind: 'schedule', call, at: call.at });
const send = (callId: string, at = noon): OperatorMessage => ({
  kind: 'send',
  callId,
  url: 'http://10.0.0.5/',
  messageId: 'urn:uuid:1',
  respondBy: new Date(Date.parse(at) + 120_000).toISOString(),
  at,
});
const settle = (callId: string, outcome: object, at = noon) =>
  ({ kind: 'settle', callId, outcome, at }) as OperatorMessage;
const answered = (response: object) => ({ kind: 'answered', response });

/** The box after messages, each of which must be taken. */
function after(messages: readonly OperatorMessage[], events: readonly ChargeBoxEvent[] = [registered]) {
  let all = events;
  for (const message of messages) {
    const decision = decidedFor(message, stateAfter(all));
    if (decision.outcome === 'refused') throw new Error(decision.reason);
    all = [...all, ...decision.events];
  }
  const state = stateAfter(all);
  return {
    state,
    events: all,
    tell: (message: OperatorMessage) => decidedFor(message, state),
    types: all.slice(events.length).map(({ type }) => type),
  };
}
const inOrder = (...types: readonly ChargeBoxEvent['type'][]) => ({
  outcome: 'done',
  events: types.map((type) => expect.objectContaining({ type }) as unknown),
});

describe('scheduling', () => {
  it('is for accepted boxes only', () => {
    expect(decidedFor(schedule(scheduled('a')), stateAfter([]))).toMatchObject({ outcome: 'refused' });
  });

  it('twice under one id or one key of the caller schedules once', () => {
    const box = after([schedule(scheduled('a', { idempotencyKey: 'k' }))]);
    expect(box.types).toEqual(['OperationScheduled']);
    expect(box.tell(schedule(scheduled('a')))).toEqual({ outcome: 'done', events: [] });
    expect(box.tell(schedule(scheduled('b', { idempotencyKey: 'k' })))).toEqual({ outcome: 'done', events: [] });
    expect(box.tell(schedule(scheduled('b')))).toEqual(inOrder('OperationScheduled'));
    const over = after([send('a'), settle('a', answered({ status: 'Accepted' }))], box.events);
    expect(over.tell(schedule(scheduled('c', { idempotencyKey: 'k' })))).toEqual({ outcome: 'done', events: [] });
  });

  it('is refused when too many wait', () => {
    const many = Array.from({ length: outboundLimits.waiting }, (_, call) => schedule(scheduled(`c${call}`)));
    expect(after(many).tell(schedule(scheduled('one more')))).toMatchObject({ outcome: 'refused' });
  });
});

describe('sending', () => {
  it('goes in order, one at a time, leaving out what must wait or has expired', () => {
    const later = scheduled('later', { notBefore: secondsAfterNoon(60) });
    const short = scheduled('short', { expiresAt: secondsAfterNoon(30) });
    const box = after([schedule(later), schedule(short), schedule(scheduled('a'))]);
    expect(nextCall(box.state, noon)?.callId).toBe('short');
    expect(nextCall(box.state, secondsAfterNoon(30))?.callId).toBe('a');
    expect(nextCall(box.state, secondsAfterNoon(60))?.callId).toBe('later');
    expect(box.tell(send('a'))).toMatchObject({ outcome: 'refused' });
    const sent = after([send('short')], box.events);
    expect(nextCall(sent.state, secondsAfterNoon(60))).toBeUndefined();
    expect(sent.tell(send('a'))).toMatchObject({ outcome: 'refused' });
  });

  it('that is put off keeps its place and its time to try again, and is recorded once', () => {
    const defer = { kind: 'defer', callId: 'a', reason: 'name-unresolved', detail: 'No such name.', at: noon } as const;
    const box = after([schedule(scheduled('a')), schedule(scheduled('b')), defer]);
    expect(nextCall(box.state, noon)).toMatchObject({ callId: 'a', deferred: { retryAt: secondsAfterNoon(30) } });
    expect(box.tell({ ...defer, at: secondsAfterNoon(20) })).toEqual({ outcome: 'done', events: [] });
    expect(box.tell({ ...defer, at: secondsAfterNoon(30) })).toEqual(inOrder('OperationDeferred'));
    expect(box.tell({ ...defer, detail: 'Another.', at: secondsAfterNoon(20) })).toEqual(inOrder('OperationDeferred'));
  });

  it('that cannot be sent for the same reason again and again is recorded at ever longer intervals', () => {
    const defer = { kind: 'defer', callId: 'a', reason: 'no-address', detail: 'Nowhere.' } as const;
    let box = after([schedule(scheduled('a', { expiresAt: secondsAfterNoon(1_000_000) }))]);
    const recorded: number[] = [];
    // As a box does that says something every half minute, and cannot be called.
    for (let seconds = 0; seconds <= 20_000; seconds += 30) {
      const told = after([{ ...defer, at: secondsAfterNoon(seconds) }], box.events);
      if (told.events.length > box.events.length) recorded.push(seconds);
      box = told;
    }
    expect(recorded).toEqual([0, 30, 90, 210, 450, 930, 1_890, 3_810, 7_410, 11_010, 14_610, 18_210]);
  });

  it('is tried again after half a minute, twice as long each time, at most an hour', () => {
    const refused = { kind: 'not-sent', reason: 'connection-refused', detail: 'Nobody.' };
    let box = after([schedule(scheduled('a', { expiresAt: secondsAfterNoon(1_000_000) }))]);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      box = after([send('a'), settle('a', refused)], box.events);
      waits.push((Date.parse(nextCall(box.state, noon)?.deferred?.retryAt ?? '') - Date.parse(noon)) / 1_000);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
  });
});

describe('an outcome', () => {
  const sent = (more: Partial<ScheduledOperation> = {}) => after([schedule(scheduled('a', more)), send('a')]);
  const safe = { operation: 'ClearCache', request: {} } as const;
  const silence = { kind: 'no-answer', detail: 'Silence.' };

  it.each([
    ['answered', {}, answered({ status: 'Accepted' }), { type: 'OperationAnswered' }],
    [
      'failed',
      {},
      { kind: 'failed', reason: 'fault', detail: 'No.' },
      { type: 'OperationFaulted', data: { reason: 'fault', detail: 'No.' } },
    ],
    [
      'never reached',
      {},
      { kind: 'not-sent', reason: 'connection-timeout', detail: 'Off.' },
      { type: 'OperationDeferred', data: { reason: 'connection-timeout', url: 'http://10.0.0.5/' } },
    ],
    ['open', {}, silence, { type: 'OperationExpired', data: { outcome: 'unknown', detail: 'Silence.' } }],
    ['open but safe', safe, silence, { type: 'OperationDeferred', data: { reason: 'no-answer' } }],
  ] as const)('%s is recorded as it is', (_what, call, outcome, recorded) => {
    expect(sent(call).tell(settle('a', outcome))).toMatchObject({ outcome: 'done', events: [recorded] });
  });

  it('of the third attempt without an answer is final', () => {
    let box = sent(safe);
    for (let attempt = 0; attempt < 2; attempt += 1) box = after([settle('a', silence), send('a')], box.events);
    expect(box.tell(settle('a', silence))).toMatchObject({ events: [{ type: 'OperationExpired' }] });
  });

  it('that comes when the matter is closed changes nothing', () => {
    const over = after([{ kind: 'expire', callId: 'a', at: secondsAfterNoon(120) }], sent().events);
    expect(over.types).toEqual(['OperationExpired']);
    expect(over.tell(settle('a', answered({ status: 'Accepted' })))).toEqual({ outcome: 'done', events: [] });
    expect(over.tell({ kind: 'expire', callId: 'a', at: secondsAfterNoon(200) })).toEqual({
      outcome: 'done',
      events: [],
    });
  });

  it('is not decided before its time', () => {
    expect(sent().tell({ kind: 'expire', callId: 'a', at: secondsAfterNoon(119) })).toEqual({
      outcome: 'done',
      events: [],
    });
    const waiting = after([schedule(scheduled('a'))]);
    expect(waiting.tell({ kind: 'expire', callId: 'a', at: secondsAfterNoon(3_599) })).toEqual({
      outcome: 'done',
      events: [],
    });
    expect(waiting.tell({ kind: 'expire', callId: 'a', at: secondsAfterNoon(3_600) })).toMatchObject({
      events: [{ type: 'OperationExpired', data: { outcome: 'not-sent', detail: 'It was never tried.' } }],
    });
  });
});

describe('what left once and got no answer', () => {
  const call = {
    operation: 'ReserveNow',
    request: { connectorId: 1, expiryDate: secondsAfterNoon(7_200), idTag: 'CARD', reservationId: 5 },
  } as const;
  const silence = { kind: 'no-answer', detail: 'Silence.' };
  const unreachable = { kind: 'not-sent', reason: 'connection-refused', detail: 'Nobody listens.' };
  const waiting = [schedule(scheduled('a', call)), send('a'), settle('a', silence)];
  const over = secondsAfterNoon(3_600);
  const reserved = { connectorId: 1, status: 'Reserved', errorCode: 'NoError' } as const;

  it.each<[string, readonly OperatorMessage[], object, string]>([
    ['waits', waiting, { kind: 'expire', callId: 'a', at: over }, 'Silence.'],
    [
      'was tried again in vain',
      [...waiting, send('a'), settle('a', unreachable)],
      { kind: 'expire', callId: 'a', at: over },
      `No answer came to what was sent at ${noon}; later it could not be sent: Nobody listens.`,
    ],
    [
      'is being tried again',
      [...waiting, send('a')],
      settle('a', unreachable, over),
      `No answer came to what was sent at ${noon}; later it could not be sent: Nobody listens.`,
    ],
  ])(
    'and %s when its time runs out, has an unknown outcome, and its effect is awaited',
    (_what, before, end, detail) => {
      const box = after([...before, end as OperatorMessage]);
      expect(box.events.at(-1)).toMatchObject({ type: 'OperationExpired', data: { outcome: 'unknown', detail } });
      expect(box.state).toMatchObject({ waiting: [], awaited: [{ callId: 'a', sentAt: noon, outcome: 'unknown' }] });
      given(...box.events)
        .when('StatusNotification', reserved, { at: over })
        .thenRecords({ type: 'ConnectorStatusReported' }, { type: 'OperationConfirmed', data: { callId: 'a' } });
    },
  );

  it('can be cancelled, which says that the box may have done it, and awaits whether it did', () => {
    const box = after([...waiting, { kind: 'cancel', callId: 'a', by: 'operator', at: secondsAfterNoon(60) }]);
    expect(box.events.at(-1)).toMatchObject({ type: 'OperationCancelled', data: { outcome: 'unknown' } });
    expect(box.state).toMatchObject({ waiting: [], awaited: [{ callId: 'a', sentAt: noon, outcome: 'unknown' }] });
  });

  it('and is a part of a list that another replaces, says so as well', () => {
    const part = {
      operation: 'SendLocalList',
      request: { updateType: 'Full', listVersion: 1 },
      by: 'saga:local-list',
    } as const;
    const box = after([schedule(scheduled('a', part)), send('a'), settle('a', silence)]);
    expect(box.tell({ kind: 'want-local-list', listId: 'l', entries: 0, chunk: 1, at: noon })).toMatchObject({
      events: [{ type: 'OperationCancelled', data: { outcome: 'unknown' } }, { type: 'LocalListWanted' }],
    });
  });

  it('and shows itself while it waits, is confirmed when it ends', () => {
    const { events } = after(waiting);
    const shown = [...events, ...given(...events).when('StatusNotification', reserved, { at: noon }).decision.events];
    const expired = after([{ kind: 'expire', callId: 'a', at: over }], shown);
    const cancelled = after([{ kind: 'cancel', callId: 'a', by: 'operator', at: over }], shown);
    expect(expired.types).toEqual(['OperationExpired', 'OperationConfirmed']);
    expect(cancelled.types).toEqual(['OperationCancelled', 'OperationConfirmed']);
    for (const { events: all, state } of [expired, cancelled]) {
      expect(all.at(-1)).toMatchObject({
        data: { callId: 'a', evidence: 'ConnectorStatusReported', status: 'Reserved' },
      });
      expect(state.awaited).toEqual([]);
    }
  });
});

describe('cancelling', () => {
  const cancel = { kind: 'cancel', callId: 'a', by: 'operator', reason: 'Mistake.', at: noon } as const;

  it('takes back what was not sent', () => {
    const box = after([schedule(scheduled('a')), cancel]);
    expect(box.types).toEqual(['OperationScheduled', 'OperationCancelled']);
    expect(box.events.at(-1)?.data).not.toHaveProperty('outcome');
    expect(box.state.awaited).toEqual([]);
    expect(nextCall(box.state, noon)).toBeUndefined();
  });

  it.each([
    ['was sent', [schedule(scheduled('a')), send('a')], /cannot be taken back/],
    ['is over', [schedule(scheduled('a')), send('a'), settle('a', answered({ status: 'Accepted' }))], /over already/],
    ['is unknown', [], /over already/],
  ])('what %s is refused', (_what, messages, reason) => {
    expect(after(messages).tell(cancel)).toEqual({
      outcome: 'refused',
      reason: expect.stringMatching(reason) as string,
    });
  });
});

describe('what may be repeated when no answer came', () => {
  it.each<[ChargePointOperation, object, boolean]>([
    ['CancelReservation', { reservationId: 1 }, false],
    ['ChangeAvailability', { connectorId: 1, type: 'Operative' }, true],
    ['ChangeConfiguration', { key: 'a', value: 'b' }, true],
    ['ClearCache', {}, true],
    ['DataTransfer', { vendorId: 'v' }, false],
    ['GetConfiguration', {}, true],
    ['GetDiagnostics', { location: 'ftp://x' }, false],
    ['GetLocalListVersion', {}, true],
    ['RemoteStartTransaction', { idTag: 'T' }, false],
    ['RemoteStopTransaction', { transactionId: 1 }, false],
    ['ReserveNow', { connectorId: 1, expiryDate: noon, idTag: 'T', reservationId: 1 }, true],
    ['Reset', { type: 'Hard' }, false],
    ['SendLocalList', { updateType: 'Full', listVersion: 1 }, true],
    ['SendLocalList', { updateType: 'Differential', listVersion: 1 }, false],
    ['UnlockConnector', { connectorId: 1 }, false],
    ['UpdateFirmware', { retrieveDate: noon, location: 'ftp://x' }, false],
  ])('%s %j: %s', (operation, request, repeatable) => {
    expect(outboundOperation(operation).repeatable(request as never)).toBe(repeatable);
  });
});

describe('silence', () => {
  it('is recorded once, and ended by any message', () => {
    const silent = { kind: 'note-silence', lastSeenAt: noon, at: secondsAfterNoon(601) } as const;
    const box = after([silent]);
    expect(box.types).toEqual(['ChargeBoxSilent']);
    expect(box.tell(silent)).toEqual({ outcome: 'done', events: [] });
    given(...box.events)
      .when('Heartbeat', {}, { at: secondsAfterNoon(700) })
      .thenRecords(
        {
          type: 'ChargeBoxBack',
          data: { silentSince: noon, at: secondsAfterNoon(700) },
        },
        { type: 'HeartbeatReceived' },
      );
  });
});
