import type { AnswersChange, ChargeBoxEvent, OperatorMessage } from '../index';
import { decideOperator } from '../index';
import { given, noon, registered, secondsAfterNoon, stateAfter } from '@app/testing';

const tell = (message: OperatorMessage, ...events: readonly ChargeBoxEvent[]) =>
  decideOperator(message, stateAfter(events));
const running = () => [
  registered,
  ...given(registered).when('StartTransaction', { connectorId: 2, idTag: 'CARD', timestamp: noon, meterStart: 1_000 })
    .decision.events,
];
const close = { kind: 'close-transaction', transactionId: 7, reason: 'power cut', at: noon } as const;

describe('a decision about registration', () => {
  it('is recorded, and the same again is not', () => {
    const message = { kind: 'decide-registration', registration: 'Accepted', at: noon } as const;
    const first = tell(message);
    expect(first).toMatchObject({
      outcome: 'done',
      events: [{ type: 'RegistrationDecided', data: { registration: 'Accepted', by: 'operator' } }],
    });
    expect(tell(message, registered)).toEqual({ outcome: 'done', events: [] });
  });
});

describe('settings of a box', () => {
  it('are merged: what is left out stays, an empty text goes', () => {
    const before = { type: 'ChargeBoxConfigured', data: { timeZone: 'UTC', note: 'north', at: noon } } as const;
    const changed = tell(
      { kind: 'configure', settings: { note: '', addressOverride: 'http://10.0.0.5:8080/ocpp' }, at: noon },
      before,
    );
    expect(changed).toEqual({
      outcome: 'done',
      events: [
        {
          type: 'ChargeBoxConfigured',
          data: { timeZone: 'UTC', addressOverride: 'http://10.0.0.5:8080/ocpp', at: noon },
        },
      ],
    });
  });

  it('about who answers are merged by operation: null takes a rule away, and the rest stays', () => {
    const answers = { Heartbeat: 'delegated', Authorize: 'automatic' } as const;
    const before = { type: 'ChargeBoxConfigured', data: { note: 'north', answers, at: noon } } as const;
    const told = (change: AnswersChange) => tell({ kind: 'change-answers', change, at: noon }, before);
    expect(told({ StartTransaction: 'delegated', Authorize: null })).toEqual({
      outcome: 'done',
      events: [
        {
          type: 'ChargeBoxConfigured',
          data: { note: 'north', answers: { Heartbeat: 'delegated', StartTransaction: 'delegated' }, at: noon },
        },
      ],
    });
    expect(told({ Heartbeat: null, Authorize: null })).toMatchObject({
      events: [{ data: { note: 'north', at: noon } }],
    });
    expect(told({ Heartbeat: 'delegated', BootNotification: null })).toEqual({ outcome: 'done', events: [] });
  });

  it('that change nothing are not recorded', () => {
    const before = { type: 'ChargeBoxConfigured', data: { timeZone: 'UTC', at: noon } } as const;
    expect(tell({ kind: 'configure', settings: { timeZone: 'UTC' }, at: noon }, before)).toEqual({
      outcome: 'done',
      events: [],
    });
  });

  it.each([
    [{ timeZone: 'Mars/Olympus' }, /timeZone/],
    [{ addressOverride: 'ftp://10.0.0.5/' }, /addressOverride/],
    [{ addressOverride: 'http://user:secret@10.0.0.5/' }, /addressOverride/],
  ])('%j are refused with the reason', (settings, reason) => {
    expect(tell({ kind: 'configure', settings, at: noon })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(reason) as string,
    });
  });
});

describe('closing a transaction by hand', () => {
  it('ends an open transaction with the figures of the operator', () => {
    expect(tell({ ...close, meterStop: 2_000, stoppedAt: secondsAfterNoon(60) }, ...running())).toEqual({
      outcome: 'done',
      events: [
        {
          type: 'TransactionClosed',
          data: {
            transactionId: 7,
            connectorId: 2,
            meterStop: 2_000,
            stoppedAt: secondsAfterNoon(60),
            reason: 'power cut',
            at: noon,
          },
        },
      ],
    });
  });

  it('takes the figures of an orphaned stop, which is bound by that', () => {
    const stop = { transactionId: -1, timestamp: secondsAfterNoon(600), meterStop: 4_000 };
    const events = [
      ...running(),
      ...given(...running()).when('StopTransaction', stop, { at: secondsAfterNoon(700) }).decision.events,
    ];
    const [orphan] = stateAfter(events).orphans;
    const closed = tell({ ...close, orphanId: orphan?.orphanId }, ...events);
    expect(closed).toMatchObject({
      outcome: 'done',
      events: [{ data: { meterStop: 4_000, stoppedAt: secondsAfterNoon(600), orphanId: orphan?.orphanId } }],
    });
    const after = closed.outcome === 'done' ? [...events, ...closed.events] : events;
    expect(stateAfter(after)).toMatchObject({ open: [], orphans: [{ boundTo: 7 }] });
  });

  it('with an orphaned stop settles it: sent again it gets the same answer, and no other transaction can have it', () => {
    const stop = { transactionId: -1, timestamp: secondsAfterNoon(600), meterStop: 4_000, idTag: 'CARD' };
    const later = { at: secondsAfterNoon(700), facts: { authorization: { status: 'Blocked' } } } as const;
    const orphaned = [...running(), ...given(...running()).when('StopTransaction', stop, later).decision.events];
    const next = { connectorId: 1, idTag: 'CARD', timestamp: secondsAfterNoon(800), meterStart: 4_000 };
    const second = given(...orphaned).when('StartTransaction', next, { facts: { newTransactionId: 8 } });
    const events = [...orphaned, ...second.decision.events];
    const orphanId = stateAfter(events).orphans[0]?.orphanId;
    const bound = tell({ ...close, orphanId }, ...events);
    const after = [...events, ...(bound.outcome === 'done' ? bound.events : [])];
    const again = given(...after).when('StopTransaction', stop, { at: secondsAfterNoon(900) });
    again.thenAnswers({ idTagInfo: { status: 'Blocked' } }).thenRecords();
    expect(again.decision.repeated).toBe(true);
    const other = { ...close, transactionId: 8, orphanId };
    for (const history of [after, [...after, ...orphaned.slice(-1)]])
      expect(tell(other, ...history)).toMatchObject({
        outcome: 'refused',
        reason: expect.stringContaining('bound to transaction 7') as string,
      });
  });

  it('is refused for a transaction that is not open, and for an orphan that is not there', () => {
    expect(tell(close, registered)).toMatchObject({ outcome: 'refused' });
    expect(tell({ ...close, orphanId: 'nothing' }, ...running())).toMatchObject({ outcome: 'refused' });
  });
});
