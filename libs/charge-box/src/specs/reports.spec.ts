import { given, noon, registered, secondsAfterNoon } from '@app/testing';

const at = secondsAfterNoon(10_000);
const reading = (value: string, seconds = 60, extra: object = {}) => ({
  timestamp: secondsAfterNoon(seconds),
  value: [{ value, ...extra }],
});
const running = () => [
  registered,
  ...given(registered).when('StartTransaction', { connectorId: 1, idTag: 'CARD', timestamp: noon, meterStart: 1_000 })
    .decision.events,
];

describe('MeterValues', () => {
  it('are kept with the defaults of absent attributes', () => {
    given(...running())
      .when('MeterValues', { connectorId: 1, transactionId: 7, values: [reading('1100')] }, { at })
      .thenAnswers({})
      .thenRecords({
        type: 'MeterValuesReported',
        data: {
          connectorId: 1,
          transactionId: 7,
          values: [
            {
              timestamp: { at: secondsAfterNoon(60) },
              value: [{ value: '1100', context: 'Sample.Periodic', format: 'Raw', unit: 'Wh' }],
            },
          ],
          suspicions: [],
        },
      })
      .thenAgainRecordsNothing();
  });

  it('have no unit where none is given and the measurand is no energy', () => {
    const { decision } = given(...running()).when(
      'MeterValues',
      { connectorId: 1, values: [reading('230', 60, { measurand: 'Voltage' })] },
      { at },
    );
    const [event] = decision.events;
    expect(event?.type === 'MeterValuesReported' && event.data.values[0]?.value[0]).toEqual({
      value: '230',
      measurand: 'Voltage',
      context: 'Sample.Periodic',
      format: 'Raw',
      location: 'Outlet',
    });
  });

  it('of a clock that stands still are the same again only if they come again soon', () => {
    const dead = { connectorId: 1, values: [{ timestamp: '1970-01-01T00:00:00Z', value: [{ value: '1000' }] }] };
    const reported = given(...running()).when('MeterValues', dead, { at });
    reported.thenAgainRecordsNothing();
    const events = [...running(), ...reported.decision.events];
    given(...events)
      .when('MeterValues', dead, { at: secondsAfterNoon(10_899) })
      .thenRecords();
    given(...events)
      .when('MeterValues', dead, { at: secondsAfterNoon(10_900) })
      .thenRecords({ type: 'MeterValuesReported' });
  });

  it('of a clock that is years behind are kept and flagged, and judged by their receipt', () => {
    const old = (value: string) => ({ timestamp: '2010-01-01T00:00:00.000Z', value: [{ value }] });
    for (const [value, suspicions] of [
      ['1100', ['time-old']],
      ['2000000', ['time-old', 'meter-jump']],
      ['900', ['time-old', 'meter-backwards']],
    ] as const) {
      const reported = given(...running()).when('MeterValues', { connectorId: 1, values: [old(value)] }, { at });
      reported.thenRecords({
        type: 'MeterValuesReported',
        data: { values: [{ timestamp: { at: old(value).timestamp } }], suspicions },
      });
      given(...running(), ...reported.decision.events)
        .when('MeterValues', { connectorId: 1, values: [{ ...reading('800'), timestamp: at }] }, { at })
        .thenRecords({ type: 'MeterValuesReported', data: { suspicions: ['meter-backwards'] } });
    }
  });

  it.each([
    ['an unknown transaction', 99, 'unknown-transaction'],
    ['no known meter number', 7, 'value-unreadable'],
  ])('for %s are kept and flagged', (_what, transactionId, suspicion) => {
    const value = transactionId === 7 ? 'a lot' : '1100';
    given(...running())
      .when('MeterValues', { connectorId: 1, transactionId, values: [reading(value)] }, { at })
      .thenAnswers({})
      .thenRecords({ type: 'MeterValuesReported', data: { suspicions: [suspicion] } });
  });

  it.each([
    ['meter-backwards', '999', 60],
    ['meter-zero-baseline', '0', 60],
    ['meter-jump', '50000', 60],
  ])('that show %s are kept and flagged', (suspicion, value, seconds) => {
    given(...running())
      .when('MeterValues', { connectorId: 1, transactionId: 7, values: [reading(value, seconds)] }, { at })
      .thenRecords({ type: 'MeterValuesReported', data: { suspicions: [suspicion] } });
  });

  it('in kWh are compared as the energy that they mean', () => {
    given(...running())
      .when('MeterValues', { connectorId: 1, transactionId: 7, values: [reading('1.1', 60, { unit: 'kWh' })] }, { at })
      .thenRecords({ type: 'MeterValuesReported', data: { suspicions: [] } });
  });

  const at60 = (...values: readonly (readonly [value: string, location?: 'Inlet' | 'Body'])[]) => {
    const value = values.flatMap(([text, location]) => reading(text, 60, location && { location }).value ?? []);
    return { connectorId: 1, transactionId: 7, values: [{ ...reading('', 60), value }] };
  };

  it('of one location say nothing of another, neither in one message nor from one to the next', () => {
    const first = given(...running()).when('MeterValues', at60(['900000', 'Inlet'], ['1100'], ['5', 'Body']), { at });
    first.thenRecords({ type: 'MeterValuesReported', data: { suspicions: [] } });
    given(...running(), ...first.decision.events)
      .when('MeterValues', at60(['6', 'Body'], ['1101'], ['900001', 'Inlet']), { at })
      .thenRecords({ type: 'MeterValuesReported', data: { suspicions: [] } });
    given(...running(), ...first.decision.events)
      .when('MeterValues', at60(['899000', 'Inlet'], ['1101']), { at })
      .thenRecords({ type: 'MeterValuesReported', data: { suspicions: ['meter-backwards'] } });
  });

  it('of another location than the outlet say nothing of what starts and stops name', () => {
    const { decision } = given(...running()).when('MeterValues', at60(['900000', 'Inlet']), { at });
    const stop = { transactionId: 7, timestamp: secondsAfterNoon(120), meterStop: 1_200 };
    given(...running(), ...decision.events)
      .when('StopTransaction', stop, { at: secondsAfterNoon(120) })
      .thenRecords({ type: 'TransactionStopped', data: { suspicions: [] } });
  });

  it('without any value are a message all the same', () => {
    given(registered)
      .when('MeterValues', { connectorId: 0 }, { at })
      .thenAnswers({})
      .thenRecords({ type: 'MeterValuesReported', data: { values: [] } });
  });
});

describe('StatusNotification', () => {
  const report = {
    connectorId: 1,
    status: 'Faulted',
    errorCode: 'OtherError',
    vendorId: 'org.example',
    vendorErrorCode: '0x17',
    timestamp: noon,
  } as const;

  it('is kept with the codes of the vendor', () => {
    given(registered)
      .when('StatusNotification', report)
      .thenAnswers({})
      .thenRecords({ type: 'ConnectorStatusReported', data: { ...report, timestamp: { at: noon } } })
      .thenAgainRecordsNothing();
  });

  it('without a time counts from its receipt, and says something each time', () => {
    const { timestamp: _timestamp, ...timeless } = report;
    const first = given(registered).when('StatusNotification', timeless);
    first.thenRecords({ type: 'ConnectorStatusReported', data: { timestamp: { at: noon, text: '' } } });
    given(registered, ...first.decision.events)
      .when('StatusNotification', timeless)
      .thenRecords({ type: 'ConnectorStatusReported' });
  });

  it('keeps values of other versions as text', () => {
    given(registered)
      .when('StatusNotification', { ...report, connectorId: 0, status: 'SuspendedEV' })
      .thenRecords({ type: 'ConnectorStatusReported', data: { connectorId: 0, status: 'SuspendedEV' } });
  });
});

describe('the other operations', () => {
  it('Authorize tells the verdict and keeps it', () => {
    const authorization = { status: 'Blocked', parentIdTag: 'FAMILY' } as const;
    given(registered)
      .when('Authorize', { idTag: 'CARD' }, { facts: { authorization } })
      .thenAnswers({ idTagInfo: authorization })
      .thenRecords({ type: 'IdTagAuthorized', data: { idTag: 'CARD', idTagInfo: authorization } });
  });

  it('Heartbeat tells the time', () => {
    given(registered)
      .when('Heartbeat', {})
      .thenAnswers({ currentTime: noon })
      .thenRecords({ type: 'HeartbeatReceived' });
  });

  it('FirmwareStatusNotification and DiagnosticsStatusNotification are kept', () => {
    given(registered)
      .when('FirmwareStatusNotification', { status: 'Installed' })
      .thenAnswers({})
      .thenRecords({ type: 'FirmwareStatusReported' });
    given(registered)
      .when('DiagnosticsStatusNotification', { status: 'UploadFailed' })
      .thenAnswers({})
      .thenRecords({ type: 'DiagnosticsStatusReported' });
  });

  it('DataTransfer is answered as the registry of vendors says, and kept', () => {
    given(registered)
      .when(
        'DataTransfer',
        { vendorId: 'org.example', data: '{"a":1}' },
        { facts: { dataTransfer: { status: 'Accepted', data: 'ok' } } },
      )
      .thenAnswers({ status: 'Accepted', data: 'ok' })
      .thenRecords({
        type: 'DataTransferReceived',
        data: { vendorId: 'org.example', data: '{"a":1}', answered: 'Accepted' },
      });
  });
});
