import type { AnswersChange, ChargeBoxEvent, Facts, OperatorDecision, OperatorMessage, Suspicion } from '../index';
import type { CentralSystemRequest } from '@app/ocpp';
import { decidedFor, given, noon, registered, secondsAfterNoon, stateAfter } from '@app/testing';

const tell = (message: OperatorMessage, ...events: readonly ChargeBoxEvent[]) =>
  decidedFor(message, stateAfter(events));
const running = () => [
  registered,
  ...given(registered).when('StartTransaction', { connectorId: 2, idTag: 'CARD', timestamp: noon, meterStart: 1_000 })
    .decision.events,
];
const close = { kind: 'close-transaction', transactionId: 7, reason: 'power cut', at: noon } as const;
const doneBy = (decision: OperatorDecision) => (decision.outcome === 'done' ? decision.events : []);
const after = (decision: OperatorDecision, events: readonly ChargeBoxEvent[]) => [...events, ...doneBy(decision)];
const refusal = (words: string) => ({ outcome: 'refused', reason: expect.stringContaining(words) as string });

/** A history that ends with an orphaned stop of transaction -1, ten minutes after noon if nothing else is said. */
function orphaned(
  members: Partial<CentralSystemRequest<'StopTransaction'>>,
  facts: Partial<Facts> = {},
  before: readonly ChargeBoxEvent[] = running(),
) {
  const stop = { transactionId: -1, timestamp: secondsAfterNoon(600), ...members };
  const came = given(...before).when('StopTransaction', stop, { at: secondsAfterNoon(700), facts }).decision.events;
  const events = [...before, ...came];
  return { stop, events, orphanId: stateAfter(events).orphans.at(-1)?.orphanId ?? '' };
}

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
            suspicions: [],
            reason: 'power cut',
            at: noon,
          },
        },
      ],
    });
  });

  it('takes the figures of an orphaned stop, which is bound by that', () => {
    const { events, orphanId } = orphaned({ meterStop: 4_000 });
    const closed = tell({ ...close, orphanId }, ...events);
    expect(closed).toMatchObject({
      outcome: 'done',
      events: [{ data: { meterStop: 4_000, stoppedAt: secondsAfterNoon(600), orphanId } }],
    });
    expect(stateAfter(after(closed, events))).toMatchObject({ open: [], orphans: [{ boundTo: 7 }] });
    expect(tell({ ...close, orphanId }, ...after(closed, events))).toEqual({ outcome: 'done', events: [] });
  });

  it('with an orphaned stop settles it: sent again it gets the same answer, and no other transaction can have it', () => {
    const first = orphaned({ idTag: 'CARD', meterStop: 4_000 }, { authorization: { status: 'Blocked' } });
    const next = { connectorId: 1, idTag: 'CARD', timestamp: secondsAfterNoon(800), meterStart: 4_000 };
    const second = given(...first.events).when('StartTransaction', next, { facts: { newTransactionId: 8 } });
    const events = [...first.events, ...second.decision.events];
    const bound = after(tell({ ...close, orphanId: first.orphanId }, ...events), events);
    const again = given(...bound).when('StopTransaction', first.stop, { at: secondsAfterNoon(900) });
    again.thenAnswers({ idTagInfo: { status: 'Blocked' } }).thenRecords();
    expect(again.decision.repeated).toBe(true);
    const other = { ...close, transactionId: 8, orphanId: first.orphanId };
    for (const history of [bound, [...bound, ...first.events.slice(-1)]])
      expect(tell(other, ...history)).toMatchObject(refusal('bound to transaction 7'));
  });

  it.each<[string, object, number, readonly Suspicion[]]>([
    ['less than at the start', { meterStop: 900 }, 600, ['meter-backwards']],
    ['more than can flow', { meterStop: 900_000 }, 600, ['meter-jump']],
    ['nothing', {}, 600, ['meter-missing']],
    ['a time before the start', { meterStop: 1_000 }, -600, ['stop-before-start']],
  ])('raises the suspicions of a stop when the meter or the clock shows %s', (_what, figures, seconds, suspicions) => {
    const stoppedAt = secondsAfterNoon(seconds);
    const byHand = tell({ ...close, stoppedAt, ...figures }, ...running());
    const { events, orphanId } = orphaned({ timestamp: stoppedAt, ...figures });
    const withOrphan = tell({ ...close, orphanId }, ...events);
    const ofBox = given(...running()).when(
      'StopTransaction',
      { transactionId: 7, timestamp: stoppedAt, ...figures },
      { at: secondsAfterNoon(700) },
    );
    ofBox.thenRecords({ type: 'TransactionStopped', data: { suspicions } });
    for (const closed of [byHand, withOrphan]) expect(closed).toMatchObject({ events: [{ data: { suspicions } }] });
  });

  it('keeps what is odd about the orphaned stop by itself, but not that it was one', () => {
    const { events, orphanId } = orphaned({ timestamp: '1970-01-01T00:00:00Z', meterStop: 4_000 });
    expect(tell({ ...close, orphanId }, ...events)).toMatchObject({
      events: [{ data: { suspicions: ['time-impossible'], stoppedAt: secondsAfterNoon(700) } }],
    });
  });

  it('with an orphaned stop without meterStop tells the last register among its readings', () => {
    const transactionData = [{ values: [{ timestamp: noon, value: [{ value: '900' }] }] }];
    const { events, orphanId } = orphaned({ transactionData });
    expect(tell({ ...close, orphanId }, ...events)).toMatchObject({
      events: [{ data: { lastRegister: 900, suspicions: ['meter-missing', 'meter-backwards'] } }],
    });
    const [withFigure] = doneBy(tell({ ...close, orphanId, meterStop: 1_100 }, ...events));
    expect(withFigure?.data).toMatchObject({ meterStop: 1_100, suspicions: [] });
    expect(withFigure?.data).not.toHaveProperty('lastRegister');
  });

  it('is refused for a transaction that is not known, and for an orphan that is not there', () => {
    expect(tell(close, registered)).toMatchObject(refusal('has not started a transaction of this id'));
    expect(tell({ ...close, orphanId: 'nothing' }, ...running())).toMatchObject(refusal('no such orphaned stop'));
  });
});

describe('a transaction that has ended', () => {
  const closed = () => after(tell({ ...close, meterStop: 1_500 }, ...running()), running());

  it('is corrected by the stop that its box brought later', () => {
    const { events, orphanId } = orphaned({ transactionId: 7, meterStop: 4_000 }, {}, closed());
    const corrected = tell({ ...close, orphanId, reason: 'came later' }, ...events);
    expect(corrected).toEqual({
      outcome: 'done',
      events: [
        {
          type: 'TransactionCorrected',
          data: {
            transactionId: 7,
            connectorId: 2,
            meterStop: 4_000,
            stoppedAt: secondsAfterNoon(600),
            orphanId,
            suspicions: [],
            reason: 'came later',
            at: noon,
          },
        },
      ],
    });
    const state = stateAfter(after(corrected, events));
    expect(state).toMatchObject({ orphans: [{ orphanId, boundTo: 7 }] });
    expect(state.connectors).toMatchObject([{ connectorId: 2, register: { wattHours: 4_000 } }]);
    expect(tell({ ...close, orphanId }, ...after(corrected, events))).toEqual({ outcome: 'done', events: [] });
  });

  it('is corrected by a second stop, with the suspicions that its figures raise', () => {
    const stop = { transactionId: 7, timestamp: secondsAfterNoon(300), meterStop: 3_000 };
    const over = [...running(), ...given(...running()).when('StopTransaction', stop).decision.events];
    const { events, orphanId } = orphaned({ transactionId: 7, meterStop: 900 }, {}, over);
    expect(tell({ ...close, orphanId }, ...events)).toMatchObject({
      events: [{ type: 'TransactionCorrected', data: { meterStop: 900, suspicions: ['meter-backwards'] } }],
    });
  });

  it('cannot be closed again with own figures', () => {
    expect(tell({ ...close, meterStop: 2_000 }, ...closed())).toMatchObject(refusal('Only an orphaned stop'));
  });
});

describe('dismissing an orphaned stop', () => {
  const dismiss = (orphanId: string) =>
    ({ kind: 'dismiss-orphan', orphanId, reason: 'of the former system', at: noon }) as const;

  it('settles it with the reason, once; sent again it gets its answer and nothing more', () => {
    const { events, orphanId, stop } = orphaned({ meterStop: 4_000 });
    const dismissed = tell(dismiss(orphanId), ...events);
    expect(dismissed).toEqual({
      outcome: 'done',
      events: [
        { type: 'OrphanDismissed', data: { orphanId, transactionId: -1, reason: 'of the former system', at: noon } },
      ],
    });
    const history = after(dismissed, events);
    expect(tell(dismiss(orphanId), ...history)).toEqual({ outcome: 'done', events: [] });
    given(...history)
      .when('StopTransaction', stop, { at: secondsAfterNoon(900) })
      .thenRecords();
  });

  it('does not keep it from being bound when its transaction turns up', () => {
    const { events, orphanId } = orphaned({ meterStop: 4_000 });
    const history = after(tell(dismiss(orphanId), ...events), events);
    const bound = tell({ ...close, orphanId }, ...history);
    expect(bound).toMatchObject({ events: [{ type: 'TransactionClosed', data: { orphanId } }] });
    expect(tell(dismiss(orphanId), ...after(bound, history))).toMatchObject(refusal('bound to transaction 7'));
  });

  it('is refused for an orphan that is not there', () => {
    expect(tell(dismiss('nothing'), ...running())).toMatchObject(refusal('no such orphaned stop'));
  });
});
