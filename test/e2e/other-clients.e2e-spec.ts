import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SOAPConnection from '@voltbras/ts-ocpp/dist/soap/connection';
import type { ActionName, Request, Response } from '@voltbras/ts-ocpp/dist/messages';
import { createClientAsync } from 'soap';
import type { Client } from 'soap';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

// Clients that we did not write go through a whole session. Cannot see: clients in other languages.

// Clocks that are long behind are suspect.
const toSecond = (moment: number) => `${new Date(moment).toISOString().slice(0, 19)}Z`;
const now = Date.now();
const [at, end] = [toSecond(now - 3_600_000), toSecond(now)];

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ DATA_TRANSFER_VENDORS: 'org.example' });
});
afterAll(() => service.stop());

type Call = (operation: string, request: Record<string, unknown>) => Promise<Record<string, unknown>>;

async function expectSession(call: Call, identity: string): Promise<void> {
  const booted = await call('BootNotification', {
    chargePointVendor: 'Acme',
    chargePointModel: 'Duo',
    firmwareVersion: '1.0',
  });
  expect(booted).toMatchObject({ status: 'Accepted', heartbeatInterval: 300 });
  expect(new Date(booted.currentTime as string).getTime()).toBeGreaterThan(Date.parse('2026-01-01'));
  expect(await call('Authorize', { idTag: 'CARD' })).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  const started = await call('StartTransaction', { connectorId: 1, idTag: 'CARD', timestamp: at, meterStart: 1_000 });
  expect(started).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  const transactionId = Number(started.transactionId);
  expect(transactionId).toBeGreaterThan(0);
  await call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError', timestamp: at });
  await call('MeterValues', {
    connectorId: 1,
    transactionId,
    values: [{ timestamp: at, value: [{ attributes: { unit: 'Wh' }, $value: '1100' }] }],
  });
  expect(
    await call('StopTransaction', {
      transactionId,
      idTag: 'CARD',
      timestamp: end,
      meterStop: 3_000,
    }),
  ).toMatchObject({
    idTagInfo: { status: 'Accepted' },
  });
  expect(await call('Heartbeat', {})).toHaveProperty('currentTime');
  expect(await call('DataTransfer', { vendorId: 'org.example', data: '<x>&</x>' })).toMatchObject({
    status: 'Accepted',
  });
  await call('FirmwareStatusNotification', { status: 'Installed' });
  await call('DiagnosticsStatusNotification', { status: 'Uploaded' });

  await service.readModels.waitFor(await service.store.head(), 2_000);
  const { body } = await service.api('GET', `/api/transactions/${transactionId}`);
  expect(body).toMatchObject({
    identity,
    status: 'stopped',
    energy: 2_000,
    duration: 3_600,
    meterStart: 1_000,
    suspicions: [],
  });
  const values = await service.api<{ rows: { value: string }[] }>(
    'GET',
    `/api/meter-values?transactionId=${transactionId}`,
  );
  expect(values.body.rows.length).toBeGreaterThan(0);
}

interface UncheckedBox {
  readonly soapClient: { MeterValuesAsync(request: object): Promise<[Record<string, unknown>]> };
}

async function uncheckedCall(
  box: SOAPConnection,
  operation: 'MeterValues',
  request: object,
): Promise<Record<string, unknown>> {
  const { soapClient } = box as unknown as UncheckedBox;
  const [response] = await soapClient[`${operation}Async`](request);
  return response ?? {};
}

describe('npm soap with the WSDL that we serve', () => {
  it('goes through a session', async () => {
    const wsdl = join(mkdtempSync(join(tmpdir(), 'wsdl-')), 'served.wsdl');
    writeFileSync(wsdl, (await service.get('/ocpp?wsdl')).body);
    const client: Client = await createClientAsync(wsdl, { forceSoap12Headers: true });
    expect(client.describe()).toHaveProperty('CentralSystemService.CentralSystemServiceSoap12.StartTransaction');
    client.addSoapHeader({ chargeBoxIdentity: 'NPM-SOAP' }, '', 'tns', 'urn://Ocpp/Cs/2012/06/');
    await expectSession(async (operation, request) => {
      const call = client[`${operation}Async`] as (request: object) => Promise<[Record<string, unknown>]>;
      const [response] = await call(request);
      return response ?? {};
    }, 'NPM-SOAP');
  });
});

describe('a published OCPP 1.5 implementation', () => {
  it('goes through a session as a charge box', async () => {
    const box = await SOAPConnection.connect(service.soapUrl, 'cs', 'TS-OCPP');
    await expectSession(async (operation, request) => {
      // Its own check wants the fields of 1.6 for meter values, so these go through its client without that check.
      if (operation === 'MeterValues') return uncheckedCall(box, operation, request);
      const action = operation as ActionName<'v1.5-soap'>;
      const message = { ...request, action, ocppVersion: 'v1.5-soap' } as unknown as Request<
        ActionName<'v1.5-soap'>,
        'v1.5-soap'
      >;
      const outcome = await box.sendRequest(action, message).run();
      const response: unknown = outcome.either<unknown>(
        (error) => {
          throw new Error(String(error));
        },
        (value: Response<ActionName<'v1.5-soap'>, 'v1.5-soap'>) => value,
      );
      return (response ?? {}) as Record<string, unknown>;
    }, 'TS-OCPP');
  });
});
