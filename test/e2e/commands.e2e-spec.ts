import type { ChargePointOperation, ChargePointResponse } from '@app/ocpp';
import { ocpp15, renderWsdl } from '@app/ocpp';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen as listenSoap } from 'soap';
import type { ReachableBox } from '../support/charge-points';
import { reachableBox } from '../support/charge-points';
import { envelope, boot } from '../support/envelopes';
import { operationRequests } from '../support/operation-requests';
import { hasReference, readReference } from '../support/reference';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';
import { bodyOf, schemaFaults, schemaOf } from '../support/xsd';

// Operations reach charge boxes, ours and one that we did not write, and what they say comes back. Cannot see: real hardware.

interface Operation {
  readonly callId: string;
  readonly status: string;
  readonly response?: object;
  readonly payload?: object;
  readonly failure?: object;
  readonly evidence?: readonly { readonly evidence: string; readonly status?: string }[];
}

const operations = Object.keys(operationRequests) as ChargePointOperation[];

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ OUTBOUND_ALLOW: 'peer 127.0.0.0/8' });
});
afterAll(() => service.stop());

async function send(identity: string, command: string, data: object): Promise<Operation> {
  const { status, body } = await service.api<Operation>('POST', `/api/charge-boxes/${identity}/commands`, {
    command,
    data,
    wait: 20,
  });
  expect([command, status, body.failure]).toEqual([command, 200, undefined]);
  return body;
}

const caughtUp = async () => service.readModels.waitFor(await service.store.head(), 2_000);
const shown = async (callId: string) => {
  await caughtUp();
  return (await service.api<Operation>('GET', `/api/commands/${callId}`)).body;
};

describe('a simulated charge box', () => {
  let asked: ReachableBox;
  beforeAll(async () => {
    asked = await reachableBox(service, 'SIMULATED');
  });
  afterAll(() => asked.point.close());

  it.each(operations)('answers %s', async (operation) => {
    const sent = await send('SIMULATED', operation, operationRequests[operation]);
    expect(sent).toMatchObject({
      status: 'Answered',
      payload: sent.response,
      ocpp: { command: operation, chargeBoxIdentity: 'SIMULATED', data: operationRequests[operation] },
    });
    expect(typeof sent.response).toBe('object');
    await asked.point.settled();
  });

  it('shows what it did about a reset, a start, a stop and a firmware update', async () => {
    const evidenceOf = async (command: string, data: object) => {
      const { callId } = await send('SIMULATED', command, data);
      await asked.point.settled();
      return ((await shown(callId)).evidence ?? []).map(({ evidence, status }) => [evidence, status]);
    };
    await send('SIMULATED', 'ChangeAvailability', { connectorId: 0, type: 'Operative' });
    expect(await evidenceOf('Reset', { type: 'hard' })).toEqual([['ChargeBoxBooted', undefined]]);
    expect(await evidenceOf('RemoteStartTransaction', { idTag: 'AFAR', connectorId: 1 })).toEqual([
      ['TransactionStarted', undefined],
    ]);
    const { body } = await service.api<{ rows: { transactionId: number }[] }>(
      'GET',
      '/api/transactions?identity=SIMULATED&status=open&idTag=AFAR',
    );
    expect(await evidenceOf('RemoteStopTransaction', { transactionId: body.rows[0]?.transactionId })).toEqual([
      ['TransactionStopped', undefined],
    ]);
    expect(
      await evidenceOf('UpdateFirmware', { retrieveDate: '2026-01-01T00:00:00Z', location: 'ftp://127.0.0.1/3' }),
    ).toEqual([
      ['FirmwareStatusReported', 'Downloaded'],
      ['FirmwareStatusReported', 'Installed'],
    ]);
  });

  it('has its configuration, its local list and its reservations known', async () => {
    await send('SIMULATED', 'GetConfiguration', {});
    await send('SIMULATED', 'SendLocalList', { updateType: 'Full', listVersion: 7 });
    await send('SIMULATED', 'ChangeAvailability', { connectorId: 2, type: 'Operative' });
    await send('SIMULATED', 'ReserveNow', {
      connectorId: 2,
      expiryDate: '2099-01-01T00:00:00Z',
      idTag: 'CARD',
      reservationId: 5,
    });
    await send('SIMULATED', 'CancelReservation', { reservationId: 5 });
    await caughtUp();
    const configuration = await service.api<{ rows: object[] }>(
      'GET',
      '/api/charge-boxes/SIMULATED/configuration?search=heartbeat',
    );
    expect(configuration.body.rows).toMatchObject([{ key: 'HeartBeatInterval', value: '60', known: true }]);
    expect((await service.api('GET', '/api/charge-boxes/SIMULATED')).body).toMatchObject({ localListVersion: 7 });
    const reservations = await service.api<{ rows: object[] }>('GET', '/api/reservations?identity=SIMULATED');
    expect(reservations.body.rows).toContainEqual(
      expect.objectContaining({ reservationId: 5, status: 'cancelled', connectorId: 2 }),
    );
  });
});

describe('a key of the caller', () => {
  it('stands for one operation: the same again gives its result, another is refused', async () => {
    await reachableBox(service, 'KEYED');
    const ask = (command: string, data: object) =>
      service.api<{ callId?: string; detail?: string }>('POST', '/api/charge-boxes/KEYED/commands', {
        command,
        data,
        idempotencyKey: 'once',
        wait: 10,
      });
    const first = await ask('ClearCache', {});
    expect(first.status).toBe(200);
    const again = await ask('ClearCache', {});
    expect([again.status, again.body.callId]).toEqual([200, first.body.callId]);
    for (const [command, data] of [
      ['Reset', { type: 'Hard' }],
      ['GetConfiguration', {}],
    ] as const) {
      const other = await ask(command, data);
      expect(other.status).toBe(409);
      expect(other.body.detail).toContain('stands for another operation already: ClearCache');
    }
  });
});

it('a key of the caller stands for the same operation whatever the order of its members', async () => {
  await reachableBox(service, 'ORDERED');
  const ask = (data: object) =>
    service.api('POST', '/api/charge-boxes/ORDERED/commands', {
      command: 'ChangeConfiguration',
      data,
      idempotencyKey: 'order',
      wait: 10,
    });
  expect((await ask({ key: 'HeartBeatInterval', value: '60' })).status).toBe(200);
  expect((await ask({ value: '60', key: 'HeartBeatInterval' })).status).toBe(200);
  expect((await ask({ value: '61', key: 'HeartBeatInterval' })).status).toBe(409);
});

describe('a local list', () => {
  it('reaches the box in parts, and again when the box has lost it', async () => {
    const { point } = await reachableBox(service, 'LISTED');
    const entries = Array.from({ length: 250 }, (_, place) => ({ idTag: `TAG${place}` }));
    const shown = async () => {
      await caughtUp();
      return (await service.api<{ localListWanted?: { confirmedVersion?: number } }>('GET', '/api/charge-boxes/LISTED'))
        .body.localListWanted?.confirmedVersion;
    };
    const confirmed = async (version: number) => {
      for (const end = Date.now() + 10_000; (await shown()) !== version && Date.now() < end;)
        await new Promise((resolve) => setTimeout(resolve, 20));
      return shown();
    };
    try {
      await service.api('PUT', '/api/charge-boxes/LISTED/local-list', { entries });
      expect(await confirmed(3)).toBe(3);
      expect(point.memory.localList.size).toBe(250);
      point.memory.listVersion = 0;
      point.memory.localList.clear();
      await send('LISTED', 'GetLocalListVersion', {});
      expect(await confirmed(7)).toBe(7);
      expect(point.memory.localList.size).toBe(250);
    } finally {
      await point.close();
    }
  });
});

describe('a charge box made with another library on the WSDL that we publish', () => {
  const answers: { readonly [Name in ChargePointOperation]: ChargePointResponse<Name> } = {
    CancelReservation: { status: 'Accepted' },
    ChangeAvailability: { status: 'Scheduled' },
    ChangeConfiguration: { status: 'NotSupported' },
    ClearCache: { status: 'Rejected' },
    DataTransfer: { status: 'UnknownMessageId', data: '<x>&</x>' },
    GetConfiguration: { configurationKey: [{ key: 'a', readonly: true, value: 'b' }], unknownKey: ['c', 'd'] },
    GetDiagnostics: { fileName: 'd.zip' },
    GetLocalListVersion: { listVersion: -1 },
    RemoteStartTransaction: { status: 'Rejected' },
    RemoteStopTransaction: { status: 'Rejected' },
    ReserveNow: { status: 'Occupied' },
    Reset: { status: 'Rejected' },
    SendLocalList: { status: 'HashError', hash: 'x' },
    UnlockConnector: { status: 'Accepted' },
    UpdateFirmware: {},
  };
  const requests: string[] = [];
  const headers: (string | undefined)[] = [];
  let port: number;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const server = createServer((_request, response) => void response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    const operationsOfLibrary = Object.fromEntries(
      operations.map((operation) => [operation, () => answers[operation]]),
    );
    await new Promise<void>((resolve) =>
      listenSoap(server, {
        path: '/point',
        xml: renderWsdl(ocpp15.chargePoint, `http://127.0.0.1:${port}/point`),
        services: { ChargePointService: { ChargePointServiceSoap12: operationsOfLibrary } },
        forceSoap12Headers: true,
        callback: () => resolve(),
      }),
    );
    server.prependListener('request', (request) => {
      headers.push(request.headers['content-type']);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => requests.push(Buffer.concat(chunks).toString()));
    });
    close = () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections()));
    const from = `<wsa:From><wsa:Address>http://127.0.0.1:${port}/point</wsa:Address></wsa:From>`;
    await service.post(envelope({ identity: 'FOREIGN', body: boot, headers: from }));
  });
  afterAll(() => close());

  it.each(operations)('answers %s', async (operation) => {
    const { response } = await send('FOREIGN', operation, operationRequests[operation]);
    expect(response).toEqual(answers[operation]);
  });

  it('is sent nothing but what the schema allows, with the headers that boxes expect', () => {
    expect(requests).toHaveLength(operations.length);
    const schemas = [schemaOf(renderWsdl(ocpp15.chargePoint, 'http://127.0.0.1/'))];
    if (hasReference) schemas.push(schemaOf(readReference('ocpp-wsdl/1.5/OCPP_ChargePointService1.5_final.wsdl')));
    for (const schema of schemas) expect(schemaFaults(schema, requests.map(bodyOf))).toEqual(requests.map(() => ''));
    for (const [place, operation] of operations.entries()) {
      expect(headers[place]).toContain(`action="/${operation}"`);
      const request = requests[place] ?? '';
      expect(request).toMatch(/<chargeBoxIdentity[^>]*>FOREIGN<\/chargeBoxIdentity>/);
      expect(request).toContain(`<wsa:Action>/${operation}</wsa:Action>`);
      expect(request).toMatch(/<wsa:MessageID>urn:uuid:[0-9a-f-]{36}<\/wsa:MessageID>/);
    }
    expect(new Set(requests.map((text) => /urn:uuid:[0-9a-f-]+/.exec(text)?.[0])).size).toBe(operations.length);
  });
});
