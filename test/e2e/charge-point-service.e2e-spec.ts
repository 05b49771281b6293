import type { ChargePointOperation, ChargePointRequest } from '@app/ocpp';
import { ocpp15 } from '@app/ocpp';
import { createRequestWriter } from '@app/soap';
import { SimulatedChargeBox, serveChargePoint } from '../../apps/charge-box-simulator/src';
import type { ChargePointService } from '../../apps/charge-box-simulator/src';
import { operationRequests } from '../support/operation-requests';
import type { Answer, TestService } from '../support/service';
import { call, startTestService } from '../support/service';
import { bodyOf, schemaFaults, schemaOf } from '../support/xsd';
import { renderWsdl } from '@app/ocpp';

// The simulated box answers all that a central system may ask, and what follows reaches the central system.

const write = createRequestWriter(ocpp15.chargePoint);
const identity = 'ASKED';

let central: TestService;
let point: ChargePointService;
beforeAll(async () => {
  central = await startTestService();
  point = await serveChargePoint(new SimulatedChargeBox({ identity, url: central.soapUrl }), { connectors: 2 });
});
afterAll(async () => {
  await point.close();
  await central.stop();
});

async function ask<Name extends ChargePointOperation>(
  operation: Name,
  request: ChargePointRequest<Name>,
  chargeBoxIdentity = identity,
): Promise<Answer> {
  const xml = write(operation, request, { chargeBoxIdentity, messageId: 'urn:uuid:1', to: 'http://127.0.0.1/' });
  const answer = await call(point.port, { method: 'POST', path: '/' }, xml);
  await point.settled();
  return answer;
}

const transactions = async () => {
  await central.readModels.waitFor(await central.store.head(), 2_000);
  const { body } = await central.api<{ rows: { transactionId: number; status: string }[] }>(
    'GET',
    `/api/transactions?identity=${identity}`,
  );
  return body.rows;
};

describe('the charge point side of the simulator', () => {
  const later = '2099-01-01T00:00:00Z';
  it('answers all fifteen operations with what the schema allows', async () => {
    const operations = Object.keys(operationRequests) as ChargePointOperation[];
    const answers = [];
    for (const operation of operations) answers.push(await ask(operation, operationRequests[operation] as never));
    expect(answers.map(({ status }) => status)).toEqual(operations.map(() => 200));
    const schema = schemaOf(renderWsdl(ocpp15.chargePoint, 'http://127.0.0.1/'));
    expect(
      schemaFaults(
        schema,
        answers.map(({ body }) => bodyOf(body)),
      ),
    ).toEqual(operations.map(() => ''));
  });

  it('starts and stops a transaction when asked from afar', async () => {
    await ask('ChangeAvailability', { connectorId: 2, type: 'Operative' });
    expect((await ask('RemoteStartTransaction', { idTag: 'AFAR', connectorId: 2 })).body).toContain('Accepted');
    const [open] = await transactions();
    expect(open).toMatchObject({ status: 'open' });
    expect((await ask('ChangeAvailability', { connectorId: 2, type: 'Inoperative' })).body).toContain('Scheduled');
    expect((await ask('RemoteStopTransaction', { transactionId: open?.transactionId ?? 0 })).body).toContain(
      'Accepted',
    );
    expect((await transactions())[0]).toMatchObject({ transactionId: open?.transactionId, status: 'stopped' });
  });

  it('keeps a configuration, a local list and reservations', async () => {
    expect((await ask('GetConfiguration', { key: ['HeartBeatInterval', 'Nothing'] })).body).toMatch(
      /60.*unknownKey>Nothing/s,
    );
    expect((await ask('ChangeConfiguration', { key: 'Nothing', value: '1' })).body).toContain('NotSupported');
    expect((await ask('ChangeConfiguration', { key: 'ChargePointId', value: '1' })).body).toContain('Rejected');
    expect((await ask('SendLocalList', { updateType: 'Differential', listVersion: 3 })).body).toContain(
      'VersionMismatch',
    );
    expect((await ask('GetLocalListVersion', {})).body).toContain('listVersion>3<');
    const reservation = { connectorId: 1, expiryDate: later, idTag: 'CARD', reservationId: 1 };
    expect((await ask('ReserveNow', reservation)).body).toContain('Accepted');
    expect((await ask('ReserveNow', { ...reservation, reservationId: 2 })).body).toContain('Occupied');
    expect((await ask('CancelReservation', { reservationId: 1 })).body).toContain('Accepted');
    expect((await ask('CancelReservation', { reservationId: 1 })).body).toContain('Rejected');
  });

  it('refuses what is not meant for it, what it does not know and what is no message', async () => {
    expect((await ask('ClearCache', {}, 'SOMEBODY')).body).toContain('IdentityMismatch');
    const unknown = await call(
      point.port,
      { method: 'POST', path: '/' },
      write('ClearCache', {}, { chargeBoxIdentity: identity, messageId: 'x', to: 'x' }).replaceAll(
        'clearCache',
        'dance',
      ),
    );
    expect(unknown.body).toContain('NotSupported');
    for (const junk of ['', 'junk', '<a>', '<a/>'])
      expect((await call(point.port, { method: 'POST', path: '/' }, junk)).body).toContain('ProtocolError');
    expect((await ask('ClearCache', {})).status).toBe(200);
  });
});
