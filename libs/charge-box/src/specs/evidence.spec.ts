import type { ChargeBoxEvent, OperatorMessage } from '../index';
import type { CentralSystemOperation, CentralSystemRequest, ChargePointOperation, ChargePointRequest } from '@app/ocpp';
import { decidedFor, given, noon, registered, secondsAfterNoon, stateAfter } from '@app/testing';

// What operations mean afterwards: what their responses tell, and what the box does about them. Cannot see: boxes that do it in silence.

/** The events of a box that was sent an operation, and what came of it. */
function sent<Name extends ChargePointOperation>(
  operation: Name,
  request: ChargePointRequest<Name>,
  outcome: object | undefined,
  before: readonly ChargeBoxEvent[] = [registered],
): readonly ChargeBoxEvent[] {
  const callId = `call-${before.length}`;
  const call = { callId, operation, request, expiresAt: secondsAfterNoon(3_600), by: 'operator' as const, at: noon };
  const messages: readonly OperatorMessage[] = [
    { kind: 'schedule', call, at: noon },
    { kind: 'send', callId, url: 'u', messageId: 'm', respondBy: secondsAfterNoon(120), at: noon },
    ...(outcome === undefined ? [] : [{ kind: 'settle', callId, outcome, at: noon } as OperatorMessage]),
  ];
  return messages.reduce((events, message) => {
    const decision = decidedFor(message, stateAfter(events));
    if (decision.outcome === 'refused') throw new Error(decision.reason);
    return [...events, ...decision.events];
  }, before);
}
const answered = (response: object) => ({ kind: 'answered', response });
const accepted = answered({ status: 'Accepted' });
const silence = { kind: 'no-answer', detail: 'Silence.' };

/** What is confirmed when the box says something. */
function confirmedBy<Name extends CentralSystemOperation>(
  events: readonly ChargeBoxEvent[],
  operation: Name,
  request: CentralSystemRequest<Name>,
  at = secondsAfterNoon(60),
) {
  const { decision } = given(...events).when(operation, request, { at });
  return decision.events.flatMap((event) => (event.type === 'OperationConfirmed' ? [event.data] : []));
}

const boot = { chargePointVendor: 'Acme', chargePointModel: 'Duo' };
const start = { connectorId: 1, idTag: 'card', timestamp: noon, meterStart: 1 };
const reservation = { connectorId: 1, expiryDate: secondsAfterNoon(600), idTag: 'CARD', reservationId: 5 };
const status = (connectorId: number, to: 'Unavailable' | 'Reserved' | 'Faulted') =>
  ({ connectorId, status: to, errorCode: 'NoError' }) as const;

describe('a response', () => {
  const told = (events: readonly ChargeBoxEvent[]) => events.slice(-1)[0];

  it.each([
    [
      'GetConfiguration',
      { key: ['a'] },
      { configurationKey: [{ key: 'a', readonly: true, value: '1' }], unknownKey: ['b'] },
      { type: 'ConfigurationRead', data: { asked: ['a'], unknownKey: ['b'], configurationKey: [{ key: 'a' }] } },
    ],
    [
      'ChangeConfiguration',
      { key: 'a', value: '2' },
      { status: 'Rejected' },
      { type: 'ConfigurationChangeAnswered', data: { key: 'a', value: '2', status: 'Rejected' } },
    ],
    [
      'ChangeAvailability',
      { connectorId: 2, type: 'Inoperative' },
      { status: 'Scheduled' },
      { type: 'AvailabilityChangeAnswered', data: { connectorId: 2, type: 'Inoperative', status: 'Scheduled' } },
    ],
    [
      'SendLocalList',
      { updateType: 'Full', listVersion: 4, localAuthorisationList: [{ idTag: 'A' }] },
      { status: 'VersionMismatch' },
      { type: 'LocalListAnswered', data: { listVersion: 4, entries: 1, status: 'VersionMismatch' } },
    ],
    ['GetLocalListVersion', {}, { listVersion: -1 }, { type: 'LocalListVersionRead', data: { listVersion: -1 } }],
    ['ReserveNow', reservation, { status: 'Accepted' }, { type: 'ReservationMade', data: { reservationId: 5 } }],
    ['ReserveNow', reservation, { status: 'Occupied' }, { type: 'OperationAnswered' }],
  ] as const)('to %s tells what is known now', (operation, request, response, event) => {
    expect(told(sent(operation as 'Reset', request as never, answered(response)))).toMatchObject(event);
  });

  it('to CancelReservation ends it, also when the box knows none', () => {
    const made = sent('ReserveNow', reservation, accepted);
    const reasons = ['Accepted', 'Rejected'].map(
      (word) => told(sent('CancelReservation', { reservationId: 5 }, answered({ status: word }), made))?.data,
    );
    expect(reasons).toMatchObject([{ reason: 'cancelled' }, { reason: 'unknown-to-charge-box' }]);
  });

  it('to ReserveNow with a known id replaces the reservation', () => {
    const again = sent(
      'ReserveNow',
      { ...reservation, connectorId: 2 },
      accepted,
      sent('ReserveNow', reservation, accepted),
    );
    expect(again.slice(-2)).toMatchObject([
      { type: 'ReservationEnded', data: { reason: 'replaced' } },
      { type: 'ReservationMade', data: { connectorId: 2 } },
    ]);
    expect(stateAfter(again).reservations).toMatchObject([{ reservationId: 5, connectorId: 2 }]);
  });
});

describe('a reservation', () => {
  const made = sent('ReserveNow', reservation, accepted);
  const expire = (at: string) => decidedFor({ kind: 'expire-reservation', reservationId: 5, at }, stateAfter(made));

  it('expires at its date and not before', () => {
    expect(expire(secondsAfterNoon(599))).toEqual({ outcome: 'done', events: [] });
    expect(expire(secondsAfterNoon(600))).toMatchObject({ events: [{ data: { reason: 'expired' } }] });
  });

  it.each([
    ['its connector', 1, 1],
    ['the box', 0, 1],
    ['another connector', 2, 0],
  ])('ends when %s can serve nobody: %i', (_what, connectorId, ended) => {
    const { decision } = given(...made).when('StatusNotification', status(connectorId, 'Faulted'));
    expect(decision.events.filter(({ type }) => type === 'ReservationEnded')).toHaveLength(ended);
  });

  it('is used by the transaction that names it', () => {
    const { decision } = given(...made).when('StartTransaction', { ...start, reservationId: 5 });
    expect(decision.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['TransactionStarted', 'ReservationUsed']),
    );
    expect(stateAfter(decision.events, stateAfter(made)).reservations).toEqual([]);
  });
});

describe('evidence', () => {
  it.each([
    [
      'of a reset is a boot',
      sent('Reset', { type: 'Hard' }, silence),
      ['BootNotification', boot],
      { evidence: 'ChargeBoxBooted' },
    ],
    [
      'of a remote start is its transaction',
      sent('RemoteStartTransaction', { idTag: 'CARD', connectorId: 1 }, accepted),
      ['StartTransaction', start],
      { evidence: 'TransactionStarted', transactionId: 7, connectorId: 1 },
    ],
    [
      'of diagnostics is their upload',
      sent('GetDiagnostics', { location: 'ftp://x' }, answered({ fileName: 'd.zip' })),
      ['DiagnosticsStatusNotification', { status: 'UploadFailed' }],
      { evidence: 'DiagnosticsStatusReported', status: 'UploadFailed', failed: true },
    ],
    [
      'of unavailability is the status of the connector',
      sent('ChangeAvailability', { connectorId: 1, type: 'Inoperative' }, answered({ status: 'Scheduled' })),
      ['StatusNotification', status(1, 'Unavailable')],
      { evidence: 'ConnectorStatusReported', status: 'Unavailable' },
    ],
    [
      'of a reservation is the connector that says so',
      sent('ReserveNow', reservation, accepted),
      ['StatusNotification', status(1, 'Reserved')],
      { evidence: 'ConnectorStatusReported', status: 'Reserved' },
    ],
  ])('%s', (_what, events, [operation, request], evidence) => {
    expect(confirmedBy(events, operation as 'Heartbeat', request as never)).toMatchObject([evidence]);
  });

  it.each([
    ['another card', sent('RemoteStartTransaction', { idTag: 'OTHER' }, accepted), 'StartTransaction', start],
    [
      'another connector',
      sent('RemoteStartTransaction', { idTag: 'CARD', connectorId: 2 }, accepted),
      'StartTransaction',
      start,
    ],
    ['a refusal', sent('Reset', { type: 'Hard' }, answered({ status: 'Rejected' })), 'BootNotification', boot],
  ])('is not %s', (_what, events, operation, request) => {
    expect(confirmedBy(events, operation as 'Heartbeat', request as never)).toEqual([]);
  });

  describe('that comes before the answer', () => {
    const asked = sent('Reset', { type: 'Hard' }, undefined);
    const booted = [...asked, ...given(...asked).when('BootNotification', boot).decision.events];
    const settled = (events: readonly ChargeBoxEvent[], outcome: object) => {
      const callId = 'call-1';
      const decision = decidedFor(
        { kind: 'settle', callId, outcome, at: secondsAfterNoon(90) } as OperatorMessage,
        stateAfter(events),
      );
      if (decision.outcome === 'refused') throw new Error(decision.reason);
      return decision.events;
    };

    it.each([
      ['counts when the box then accepts', accepted, 1],
      ['counts when no answer comes', silence, 1],
      ['does not count when the box refuses', answered({ status: 'Rejected' }), 0],
    ])('%s', (_what, outcome, count) => {
      const events = settled(booted, outcome);
      const confirmed = events.filter(({ type }) => type === 'OperationConfirmed');
      expect(confirmed).toMatchObject(Array(count).fill({ data: { evidence: 'ChargeBoxBooted' } }));
      expect(stateAfter(events, stateAfter(booted))).toMatchObject({ sent: undefined, awaited: [] });
    });

    it('speaks for the older of two operations alone', () => {
      const twice = sent('Reset', { type: 'Soft' }, undefined, sent('Reset', { type: 'Hard' }, accepted));
      const { decision } = given(...twice).when('BootNotification', boot);
      const confirmed = decision.events.filter(({ type }) => type === 'OperationConfirmed');
      expect(confirmed).toMatchObject([{ data: { callId: 'call-1' } }]);
      expect(stateAfter(decision.events, stateAfter(twice)).sent?.shown).toBeUndefined();
    });

    it('makes a repetition needless', () => {
      const request = { connectorId: 1, type: 'Inoperative' } as const;
      const changing = sent('ChangeAvailability', request, undefined);
      const { decision } = given(...changing).when('StatusNotification', status(1, 'Unavailable'));
      expect(settled(changing, silence)).toMatchObject([{ type: 'OperationDeferred' }]);
      expect(settled([...changing, ...decision.events], silence)).toMatchObject([
        { type: 'OperationExpired' },
        { type: 'OperationConfirmed', data: { status: 'Unavailable' } },
      ]);
    });
  });

  it('is not what happens a day later', () => {
    const events = sent('Reset', { type: 'Hard' }, accepted);
    expect(confirmedBy(events, 'BootNotification', boot, secondsAfterNoon(86_399))).toHaveLength(1);
    expect(confirmedBy(events, 'BootNotification', boot, secondsAfterNoon(86_401))).toEqual([]);
  });

  it('of a remote stop, and of an unlocked connector, is the end of the transaction', () => {
    const running = [registered, ...given(registered).when('StartTransaction', start).decision.events];
    const stop = { transactionId: 7, timestamp: noon, meterStop: 2 };
    for (const events of [
      sent('RemoteStopTransaction', { transactionId: 7 }, accepted, running),
      sent('UnlockConnector', { connectorId: 1 }, silence, running),
    ])
      expect(confirmedBy(events, 'StopTransaction', stop)).toMatchObject([{ transactionId: 7 }]);
  });

  it('of new firmware comes in two steps, and is taken once', () => {
    const asked = sent('UpdateFirmware', { retrieveDate: noon, location: 'ftp://x' }, answered({}));
    const downloaded = given(...asked).when('FirmwareStatusNotification', { status: 'Downloaded' }).decision.events;
    expect(downloaded).toContainEqual(
      expect.objectContaining({ data: expect.objectContaining({ status: 'Downloaded', interim: true }) as object }),
    );
    const next = [...asked, ...downloaded];
    expect(confirmedBy(next, 'FirmwareStatusNotification', { status: 'Installed' })).toMatchObject([
      { status: 'Installed' },
    ]);
    const done = [
      ...next,
      ...given(...next).when('FirmwareStatusNotification', { status: 'Installed' }).decision.events,
    ];
    expect(confirmedBy(done, 'FirmwareStatusNotification', { status: 'Installed' })).toEqual([]);
  });
});
