import type { ChargeBoxEvent } from '../index';
import { given, noon, registered, secondsAfterNoon, stateAfter } from '@app/testing';

const accepted = { status: 'Accepted' } as const;
const start = { connectorId: 1, idTag: 'CARD', timestamp: noon, meterStart: 1_000 };
const stop = { transactionId: 7, idTag: 'CARD', timestamp: secondsAfterNoon(3_600), meterStop: 11_000 };
const afterwards = secondsAfterNoon(4_000);

const running = () => [registered, ...given(registered).when('StartTransaction', start).decision.events];
const over = () => [
  ...running(),
  ...given(...running()).when('StopTransaction', stop, { at: afterwards }).decision.events,
];

describe('StartTransaction', () => {
  it('is answered with a new id and the verdict on the idTag', () => {
    given(registered)
      .when('StartTransaction', start)
      .thenAnswers({ transactionId: 7, idTagInfo: accepted })
      .thenRecords({
        type: 'TransactionStarted',
        data: { ...start, transactionId: 7, timestamp: { at: noon }, suspicions: [], at: noon },
      });
  });

  it.each(['Invalid', 'Blocked', 'Expired', 'ConcurrentTx'] as const)(
    'gets an id also when the idTag is %s',
    (status) => {
      given(registered)
        .when('StartTransaction', start, { facts: { authorization: { status } } })
        .thenAnswers({ transactionId: 7, idTagInfo: { status } })
        .thenRecords({ type: 'TransactionStarted', data: { suspicions: ['unaccepted-id-tag'] } });
    },
  );

  it('repeated gets the id and the verdict of the first time', () => {
    given(registered).when('StartTransaction', start).thenAgainRecordsNothing();
    given(...running())
      .when(
        'StartTransaction',
        { ...start, idTag: 'card' },
        { facts: { newTransactionId: 8, authorization: { status: 'Blocked' } } },
      )
      .thenAnswers({ transactionId: 7, idTagInfo: accepted })
      .thenRecords();
  });

  it('repeated after its stop still gets its id', () => {
    given(...over())
      .when('StartTransaction', start, { facts: { newTransactionId: 8 } })
      .thenAnswers({ transactionId: 7, idTagInfo: accepted })
      .thenRecords();
  });

  it.each([
    ['connector', { connectorId: 2 }],
    ['idTag', { idTag: 'OTHER' }],
    ['time', { timestamp: secondsAfterNoon(1) }],
    ['meter', { meterStart: 1_001 }],
  ])('with another %s is another transaction', (_what, change) => {
    given(...running())
      .when('StartTransaction', { ...start, ...change }, { facts: { newTransactionId: 8 } })
      .thenRecords({ type: 'TransactionStarted', data: { transactionId: 8 } });
  });

  it('on an occupied connector is taken, and both are suspect', () => {
    const second = given(...running()).when(
      'StartTransaction',
      { ...start, timestamp: secondsAfterNoon(60) },
      { facts: { newTransactionId: 8 } },
    );
    second.thenRecords({ type: 'TransactionStarted', data: { suspicions: ['connector-occupied'], supersedes: [7] } });
    given(...running(), ...second.decision.events)
      .when('StopTransaction', stop, { at: afterwards })
      .thenRecords({ type: 'TransactionStopped', data: { suspicions: ['superseded'] } });
  });

  it('on a connector whose lost transaction was superseded before, and whose last one has ended, is not suspect', () => {
    const second = given(...running()).when(
      'StartTransaction',
      { ...start, timestamp: secondsAfterNoon(60) },
      { facts: { newTransactionId: 8 } },
    ).decision.events;
    const third = { ...start, timestamp: afterwards, meterStart: 11_000 };
    const again = (...events: readonly ChargeBoxEvent[]) =>
      given(...running(), ...second, ...events).when('StartTransaction', third, {
        at: afterwards,
        facts: { newTransactionId: 9 },
      });
    const ended = given(...running(), ...second).when(
      'StopTransaction',
      { ...stop, transactionId: 8 },
      { at: afterwards },
    );
    again(...ended.decision.events).thenRecords({ type: 'TransactionStarted', data: { suspicions: [] } });
    again().thenRecords({
      type: 'TransactionStarted',
      data: { suspicions: ['connector-occupied'], supersedes: [8] },
    });
  });

  it('uses up the reservation that it names, known or not', () => {
    given(registered)
      .when('StartTransaction', { ...start, reservationId: 5 })
      .thenRecords(
        { type: 'TransactionStarted' },
        { type: 'ReservationUsed', data: { reservationId: 5, transactionId: 7 } },
      );
  });

  it('of a clock that stands still is a new transaction once the old one is over', () => {
    const stuck = { ...start, timestamp: '1970-01-01T00:00:00Z' };
    const first = given(registered).when('StartTransaction', stuck);
    first.thenRecords({
      type: 'TransactionStarted',
      data: { timestamp: { at: noon, text: stuck.timestamp }, suspicions: ['time-impossible'] },
    });
    first.thenAgainRecordsNothing();
    const ended = given(registered, ...first.decision.events).when('StopTransaction', stop, { at: afterwards }).decision
      .events;
    given(registered, ...first.decision.events, ...ended)
      .when('StartTransaction', stuck, { facts: { newTransactionId: 8 } })
      .thenRecords({ type: 'TransactionStarted', data: { transactionId: 8 } });
  });

  it('without time and meter is kept and flagged, and its repetition is recognised', () => {
    given(registered)
      .when('StartTransaction', { connectorId: 1, idTag: 'CARD' })
      .thenRecords({
        type: 'TransactionStarted',
        data: { timestamp: { at: noon, text: '' }, suspicions: ['time-missing', 'meter-missing'] },
      })
      .thenAgainRecordsNothing();
  });

  it('with another meter that cannot be read is another transaction; the same again is not', () => {
    const { meterStart: _meterStart, ...unread } = start;
    const first = given(registered).when('StartTransaction', unread, { meterText: '12,5 kWh' });
    first.thenRecords({ type: 'TransactionStarted', data: { meterText: '12,5 kWh', suspicions: ['meter-missing'] } });
    first.thenAgainRecordsNothing();
    for (const meterText of ['13,5 kWh', undefined])
      given(registered, ...first.decision.events)
        .when('StartTransaction', unread, { meterText, facts: { newTransactionId: 8 } })
        .thenRecords({ type: 'TransactionStarted', data: { transactionId: 8 } });
  });

  it('that begins lower than the meter stood is suspect', () => {
    const later = { ...start, timestamp: secondsAfterNoon(3_700) };
    given(...over())
      .when('StartTransaction', { ...later, meterStart: 10_999 })
      .thenRecords({ type: 'TransactionStarted', data: { suspicions: ['meter-backwards'] } });
    given(...over())
      .when('StartTransaction', { ...later, meterStart: 0 })
      .thenRecords({ type: 'TransactionStarted', data: { suspicions: ['meter-zero-baseline'] } });
    given(...over())
      .when('StartTransaction', { ...later, meterStart: 11_000 })
      .thenRecords({ type: 'TransactionStarted', data: { suspicions: [] } });
  });
});

describe('a clock that says nothing', () => {
  const soon = secondsAfterNoon(899);
  const late = secondsAfterNoon(900);
  const times = [
    ['stands still', { timestamp: '1970-01-01T00:00:00Z' }],
    ['is not told', { timestamp: undefined }],
  ] as const;

  it.each(times)('and %s tells a start from a repetition by its receipt', (_what, { timestamp }) => {
    const dead = { connectorId: 1, idTag: 'CARD', meterStart: 0, ...(timestamp === undefined ? {} : { timestamp }) };
    const begun = [registered, ...given(registered).when('StartTransaction', dead).decision.events];
    const again = (at: string) =>
      given(...begun).when('StartTransaction', dead, { at, facts: { newTransactionId: 8 } });
    again(soon).thenAnswers({ transactionId: 7, idTagInfo: accepted }).thenRecords();
    again(late).thenRecords({ type: 'TransactionStarted', data: { transactionId: 8, supersedes: [7] } });
  });

  it.each(times)('and %s tells an orphaned stop from a repetition by its receipt', (_what, { timestamp }) => {
    const dead = { transactionId: 0, meterStop: 0, ...(timestamp === undefined ? {} : { timestamp }) };
    const first = [registered, ...given(registered).when('StopTransaction', dead).decision.events];
    given(...first)
      .when('StopTransaction', dead, { at: soon })
      .thenRecords();
    const second = given(...first).when('StopTransaction', dead, { at: late });
    second.thenRecords({ type: 'OrphanStopReceived' }).thenAgainRecordsNothing();
    const { orphans } = stateAfter([...first, ...second.decision.events]);
    expect(new Set(orphans.map(({ orphanId }) => orphanId)).size).toBe(2);
  });
});

describe('a clock that is years behind', () => {
  const longAgo = '2010-01-01T00:00:00.000Z';
  const old = { ...start, timestamp: longAgo };
  const begun = [registered, ...given(registered).when('StartTransaction', old).decision.events];
  const end = { ...stop, meterStop: 9_001_000 };

  it('is kept and flagged, but not that of a queue that took a month', () => {
    given(registered)
      .when('StartTransaction', old)
      .thenRecords({ type: 'TransactionStarted', data: { timestamp: { at: longAgo }, suspicions: ['time-old'] } })
      .thenAgainRecordsNothing();
    for (const [seconds, suspicions] of [
      [31 * 86_400, []],
      [31 * 86_400 + 1, ['time-old']],
    ] as const)
      given(registered)
        .when('StartTransaction', { ...start, timestamp: secondsAfterNoon(-seconds) })
        .thenRecords({ type: 'TransactionStarted', data: { suspicions } });
  });

  it('is flagged beside a zone that is missing', () => {
    given(registered)
      .when('StartTransaction', { ...start, timestamp: '2010-01-01T00:00:00' })
      .thenRecords({ type: 'TransactionStarted', data: { suspicions: ['time-without-zone', 'time-old'] } });
  });

  it.each([
    ['goes on', '2010-01-01T01:00:00.000Z', ['time-old', 'meter-jump']],
    ['is put right', secondsAfterNoon(3_600), ['meter-jump']],
  ])('does not hide a jump of the meter, whether it %s', (_what, timestamp, suspicions) => {
    given(...begun)
      .when('StopTransaction', { ...end, timestamp }, { at: secondsAfterNoon(3_600) })
      .thenRecords({ type: 'TransactionStopped', data: { suspicions } });
    given(...begun)
      .when('StopTransaction', { ...stop, timestamp }, { at: secondsAfterNoon(3_600) })
      .thenRecords({ type: 'TransactionStopped', data: { suspicions: suspicions.slice(0, -1) } });
  });

  it('does not hide a jump of the meter when it breaks down in between', () => {
    given(...running())
      .when('StopTransaction', { ...end, timestamp: longAgo }, { at: secondsAfterNoon(3_600) })
      .thenRecords({
        type: 'TransactionStopped',
        data: { timestamp: { at: longAgo }, suspicions: ['time-old', 'stop-before-start', 'meter-jump'] },
      });
  });

  it('does not hide that the meter went backwards', () => {
    given(...over())
      .when('StartTransaction', { ...old, meterStart: 10_999 }, { at: afterwards })
      .thenRecords({ type: 'TransactionStarted', data: { suspicions: ['time-old', 'meter-backwards'] } });
  });

  it('is not what a queue shows that is delivered at once', () => {
    const at = secondsAfterNoon(3 * 86_400);
    const queued = given(registered).when('StartTransaction', start, { at });
    given(registered, ...queued.decision.events)
      .when('StopTransaction', stop, { at })
      .thenRecords({ type: 'TransactionStopped', data: { suspicions: [] } });
  });
});

describe('StopTransaction', () => {
  it('ends its transaction and tells the verdict on the idTag', () => {
    given(...running())
      .when('StopTransaction', stop, { at: afterwards })
      .thenAnswers({ idTagInfo: accepted })
      .thenRecords({
        type: 'TransactionStopped',
        data: { transactionId: 7, connectorId: 1, meterStop: 11_000, suspicions: [], at: afterwards },
      })
      .thenAgainRecordsNothing();
  });

  it('without an idTag is answered without a verdict', () => {
    const { idTag: _idTag, ...bare } = stop;
    given(...running())
      .when('StopTransaction', bare, { at: afterwards })
      .thenAnswers({});
  });

  it('repeated gets the verdict of the first time', () => {
    given(...over())
      .when('StopTransaction', stop, { at: afterwards, facts: { authorization: { status: 'Blocked' } } })
      .thenAnswers({ idTagInfo: accepted })
      .thenRecords();
  });

  it('with other figures for a transaction that is over is kept apart, once', () => {
    given(...over())
      .when('StopTransaction', { ...stop, meterStop: 12_000 }, { at: afterwards })
      .thenAnswers({ idTagInfo: accepted })
      .thenRecords({ type: 'OrphanStopReceived', data: { suspicions: ['transaction-over'] } })
      .thenAgainRecordsNothing();
  });

  it.each([-1, 0, 4_711])(
    'for the unknown transaction %d is answered normally and kept as an orphan, once',
    (transactionId) => {
      given(...running())
        .when('StopTransaction', { ...stop, transactionId }, { at: afterwards })
        .thenAnswers({ idTagInfo: accepted })
        .thenRecords({ type: 'OrphanStopReceived', data: { transactionId, suspicions: ['unknown-transaction'] } })
        .thenAgainRecordsNothing();
    },
  );

  it('with another meter that cannot be read is another stop; ids of readable ones stay what they were', () => {
    const { meterStop: _meterStop, ...unread } = { ...stop, transactionId: 0 };
    const first = given(registered).when('StopTransaction', unread, { meterText: 'x', at: afterwards });
    first.thenRecords({ type: 'OrphanStopReceived', data: { meterText: 'x' } }).thenAgainRecordsNothing();
    given(registered, ...first.decision.events)
      .when('StopTransaction', unread, { meterText: 'y', at: afterwards })
      .thenRecords({ type: 'OrphanStopReceived', data: { meterText: 'y' } });
    given(registered)
      .when('StopTransaction', { ...stop, transactionId: 0 }, { at: afterwards })
      .thenRecords({ type: 'OrphanStopReceived', data: { orphanId: '1fbq2179jmx1sqdaanzk03' } });
  });

  it('keeps every reading, with its defaults filled in', () => {
    const transactionData = [
      {
        values: [
          { timestamp: noon, value: [{ value: '1000' }, { value: '16', measurand: 'Current.Import', unit: 'Amp' }] },
        ],
      },
      {},
    ];
    given(...running())
      .when('StopTransaction', { ...stop, transactionData }, { at: afterwards })
      .thenRecords({
        type: 'TransactionStopped',
        data: {
          transactionData: [
            {
              timestamp: { at: noon },
              value: [
                {
                  value: '1000',
                  measurand: 'Energy.Active.Import.Register',
                  unit: 'Wh',
                  context: 'Sample.Periodic',
                  format: 'Raw',
                  location: 'Outlet',
                },
                { value: '16', measurand: 'Current.Import', unit: 'Amp' },
              ],
            },
          ],
        },
      });
  });

  it('before its start, with less on the meter, is stored as it came and flagged', () => {
    given(...running())
      .when('StopTransaction', { ...stop, timestamp: secondsAfterNoon(-60), meterStop: 900 }, { at: afterwards })
      .thenRecords({
        type: 'TransactionStopped',
        data: { meterStop: 900, suspicions: ['stop-before-start', 'meter-backwards'] },
      });
  });

  it('sets what is known of the meter also where the clock ran ahead at the start', () => {
    const ahead = { ...start, timestamp: secondsAfterNoon(72_000) };
    const begun = [registered, ...given(registered).when('StartTransaction', ahead).decision.events];
    const stopped = given(...begun).when('StopTransaction', { ...stop, meterStop: 20_000 }, { at: afterwards });
    given(...begun, ...stopped.decision.events)
      .when(
        'StartTransaction',
        { ...start, timestamp: secondsAfterNoon(10_800), meterStart: 5_000 },
        { at: secondsAfterNoon(10_800) },
      )
      .thenRecords({ type: 'TransactionStarted', data: { suspicions: ['meter-backwards'] } });
  });

  it('that is an orphan is the same again after its idTag was erased, and stays bound', () => {
    const orphaned = { transactionId: 4_000, idTag: 'CARD', timestamp: noon, meterStop: 9_000 };
    const [first] = given(registered).when('StopTransaction', orphaned).decision.events;
    if (first?.type !== 'OrphanStopReceived') throw new Error('It is no orphan.');
    const { orphanId } = first.data;
    const erased: ChargeBoxEvent = { ...first, data: { ...first.data, idTag: 'erased-1' } };
    given(registered, erased).when('StopTransaction', orphaned).thenRecords();
    const bound: ChargeBoxEvent = {
      type: 'TransactionClosed',
      data: {
        transactionId: 7,
        connectorId: 1,
        meterStop: 9_000,
        stoppedAt: noon,
        orphanId,
        suspicions: [],
        reason: 'It is this one.',
        at: noon,
      },
    };
    const later = given(...running(), erased, bound).when(
      'StartTransaction',
      { ...start, timestamp: afterwards },
      { at: afterwards, facts: { newTransactionId: 4_000 } },
    );
    given(...running(), erased, bound, ...later.decision.events)
      .when('StopTransaction', orphaned, { at: afterwards })
      .thenRecords();
  });

  it('that comes late for a superseded transaction does not set back what is known of the meter', () => {
    const second = { ...start, timestamp: secondsAfterNoon(1_800), meterStart: 20_000 };
    const next = [
      ...running(),
      ...given(...running()).when('StartTransaction', second, { facts: { newTransactionId: 8 } }).decision.events,
    ];
    const late = { ...stop, timestamp: secondsAfterNoon(1_700), meterStop: 9_000 };
    const ended = given(...next).when('StopTransaction', late, { at: afterwards }).decision.events;
    given(...next, ...ended)
      .when('StartTransaction', { ...start, timestamp: afterwards, meterStart: 10_000 }, { at: afterwards })
      .thenRecords({ type: 'TransactionStarted', data: { suspicions: ['connector-occupied', 'meter-backwards'] } });
  });

  it('with more energy than can flow in the time is flagged', () => {
    given(...running())
      .when(
        'StopTransaction',
        { ...stop, timestamp: secondsAfterNoon(36), meterStop: 1_000 + 4_000 + 1_001 },
        { at: afterwards },
      )
      .thenRecords({ type: 'TransactionStopped', data: { suspicions: ['meter-jump'] } });
  });

  it('of a zone without a name in the time is read in the zone of the box', () => {
    const zoned = { type: 'ChargeBoxConfigured', data: { timeZone: 'Europe/Amsterdam', at: noon } } as const;
    given(...running(), zoned)
      .when('StopTransaction', { ...stop, timestamp: '2026-03-01T14:00:00' }, { at: afterwards })
      .thenRecords({
        type: 'TransactionStopped',
        data: {
          timestamp: { at: secondsAfterNoon(3_600), text: '2026-03-01T14:00:00' },
          suspicions: ['time-without-zone'],
        },
      });
  });
});
