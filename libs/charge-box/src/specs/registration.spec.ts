import { given, noon, registered, secondsAfterNoon, usualFacts } from '@app/testing';

const boot = { chargePointVendor: 'Acme', chargePointModel: 'Duo' };
const open = { policy: { ...usualFacts.policy, registration: 'open' as const } };
const rejected = { type: 'RegistrationDecided', data: { registration: 'Rejected', by: 'operator', at: noon } } as const;

describe('BootNotification', () => {
  it('is accepted from a registered box, with the time and the interval', () => {
    given(registered)
      .when('BootNotification', boot)
      .thenAnswers({ status: 'Accepted', currentTime: noon, heartbeatInterval: 300 })
      .thenRecords({ type: 'ChargeBoxBooted', data: { boot, answered: 'Accepted', at: noon } });
  });

  it('is rejected from an unknown box, which becomes a candidate, also with time and interval', () => {
    given()
      .when('BootNotification', boot)
      .thenAnswers({ status: 'Rejected', currentTime: noon, heartbeatInterval: 300 })
      .thenRecords({ type: 'ChargeBoxBooted', data: { answered: 'Rejected' } });
  });

  it('of a candidate says where it is, no more often than it is recorded itself', () => {
    const from = 'http://10.0.0.5:8080/';
    const first = given()
      .when('BootNotification', boot, { from })
      .thenRecords({ type: 'AddressObserved', data: { from } }, { type: 'ChargeBoxBooted' }).decision.events;
    given(...first)
      .when('BootNotification', boot, { from: 'http://10.0.0.6:8080/', at: secondsAfterNoon(5) })
      .thenRecords();
  });

  it('of a refused box is recorded once in ten minutes', () => {
    const first = given().when('BootNotification', boot).thenAgainRecordsNothing().decision.events;
    given(...first)
      .when('BootNotification', boot, { at: secondsAfterNoon(599) })
      .thenRecords();
    given(...first)
      .when('BootNotification', boot, { at: secondsAfterNoon(600) })
      .thenRecords({ type: 'ChargeBoxBooted' });
  });

  it('of a refused box is recorded when the box says something else of itself, but not all the time', () => {
    const first = given().when('BootNotification', boot).decision.events;
    const other = { ...boot, firmwareVersion: '2' };
    given(...first)
      .when('BootNotification', other, { at: secondsAfterNoon(9) })
      .thenRecords();
    given(...first)
      .when('BootNotification', other, { at: secondsAfterNoon(10) })
      .thenRecords({ type: 'ChargeBoxBooted' });
  });

  it('registers an unknown box where registration is open', () => {
    given()
      .when('BootNotification', boot, { facts: open })
      .thenAnswers({ status: 'Accepted', currentTime: noon, heartbeatInterval: 300 })
      .thenRecords({ type: 'RegistrationDecided', data: { by: 'open-registration' } }, { type: 'ChargeBoxBooted' });
  });

  it('stays rejected where registration is open but an operator said no', () => {
    given(rejected)
      .when('BootNotification', boot, { facts: open })
      .thenAnswers({ status: 'Rejected', currentTime: noon, heartbeatInterval: 300 });
  });

  it('leaves transactions as they are', () => {
    const { decision } = given(registered).when('StartTransaction', {
      connectorId: 1,
      idTag: 'A',
      timestamp: noon,
      meterStart: 0,
    });
    const box = given(registered, ...decision.events);
    const booted = box.when('BootNotification', boot).decision.events;
    given(registered, ...decision.events, ...booted)
      .when('StopTransaction', { transactionId: 7, timestamp: secondsAfterNoon(60), meterStop: 100 })
      .thenRecords({ type: 'TransactionStopped' });
  });
});

describe('a box that is not registered', () => {
  it('gets a SecurityError for everything but a boot', () => {
    given().when('Heartbeat', {}).thenFaults('SecurityError').thenRecords();
    given(rejected).when('Authorize', { idTag: 'A' }).thenFaults('SecurityError').thenRecords();
  });

  it('is served without a new boot once it is accepted', () => {
    given(registered).when('Heartbeat', {}).thenAnswers({ currentTime: noon });
  });
});

describe('the address of a box', () => {
  const from = 'http://10.0.0.5:8080/';

  it('is recorded when it is first seen and when it changes', () => {
    const first = given(registered).when('Heartbeat', {}, { from, remoteAddress: '10.0.0.5' });
    first.thenRecords(
      { type: 'AddressObserved', data: { from, remoteAddress: '10.0.0.5' } },
      { type: 'HeartbeatReceived' },
    );
    const box = given(registered, ...first.decision.events);
    box.when('Heartbeat', {}, { from, remoteAddress: '10.0.0.5' }).thenRecords({ type: 'HeartbeatReceived' });
    box
      .when('Heartbeat', {}, { from, remoteAddress: '10.0.0.6' })
      .thenRecords({ type: 'AddressObserved' }, { type: 'HeartbeatReceived' });
  });

  it('stays known when a message does not name it', () => {
    const { events } = given(registered).when('Heartbeat', {}, { from }).decision;
    given(registered, ...events)
      .when('Heartbeat', {})
      .thenRecords({ type: 'HeartbeatReceived' });
  });

  it('is not forgotten for words that are none, which still count when nothing better is known', () => {
    const anonymous = 'http://www.w3.org/2005/08/addressing/anonymous';
    given(registered)
      .when('Heartbeat', {}, { from: anonymous })
      .thenRecords({ type: 'AddressObserved', data: { from: anonymous } }, { type: 'HeartbeatReceived' });
    const { events } = given(registered).when('Heartbeat', {}, { from, replyTo: from }).decision;
    const box = given(registered, ...events);
    for (const said of [anonymous, 'CP-1', 'http://localhost/', 'http:///ocpp'])
      box.when('Heartbeat', {}, { from: said, replyTo: said }).thenRecords({ type: 'HeartbeatReceived' });
  });

  it('is suspect when two take turns', () => {
    const one = given(registered).when('Heartbeat', {}, { remoteAddress: '10.0.0.1' }).decision.events;
    const other = given(registered, ...one).when('Heartbeat', {}, { remoteAddress: '10.0.0.2' }).decision.events;
    given(registered, ...one, ...other)
      .when('Heartbeat', {}, { remoteAddress: '10.0.0.1' })
      .thenRecords({ type: 'AddressObserved', data: { alternating: true } }, { type: 'HeartbeatReceived' });
  });
});
