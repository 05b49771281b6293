import { createRequestWriter } from '@app/soap';
import { ocpp15 } from '@app/ocpp';
import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';

const write = createRequestWriter(ocpp15.centralSystem);
const epoch = Date.UTC(2026, 0, 1);

export const boxes = 10_000;

export const identityOf = (index: number): string => `BENCH-${index % boxes}`;

/** One request as bytes of HTTP. */
export function httpRequest<Name extends CentralSystemOperation>(
  operation: Name,
  request: CentralSystemRequest<Name>,
  identity: string,
  keepAlive = true,
): Buffer {
  const body = write(operation, request, {
    chargeBoxIdentity: identity,
    messageId: 'urn:uuid:2f1d6a1e-5a0e-4a57-9d0e-0d3f0c1b2a33',
    to: 'http://127.0.0.1:8080/ocpp',
    from: 'http://10.0.0.5:8080/',
  });
  return Buffer.from(
    `POST /ocpp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/soap+xml; charset=utf-8\r\n` +
      `${keepAlive ? '' : 'Connection: close\r\n'}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const at = (index: number): string => new Date(epoch + index * 1_000).toISOString();

/** A start that no other index makes. */
export function start(index: number): CentralSystemRequest<'StartTransaction'> {
  return {
    connectorId: 1 + (Math.floor(index / boxes) % 4),
    idTag: `TAG${index % 5_000}`,
    timestamp: at(index),
    meterStart: 1_000 + index,
  };
}

/** Twenty readings at one moment. */
export function twentyReadings(index: number): CentralSystemRequest<'MeterValues'> {
  const value = Array.from({ length: 20 }, (_, place) => ({
    value: String(1_000 + index + place),
    unit: 'Wh',
    measurand: 'Energy.Active.Import.Register',
    context: 'Sample.Periodic',
    location: 'Outlet',
  }));
  return { connectorId: 1, values: [{ timestamp: at(index), value }] };
}

export type ScenarioName = 'Heartbeat' | 'StartTransaction' | 'MeterValues (20 values)' | 'whole session';

/** The requests of each scenario by index. A session is authorize, start, status, meter values, heartbeat, status. */
export const scenarios: Readonly<Record<ScenarioName, (index: number, keepAlive: boolean) => Buffer>> = {
  Heartbeat: (index, keepAlive) => httpRequest('Heartbeat', {}, identityOf(index), keepAlive),
  StartTransaction: (index, keepAlive) => httpRequest('StartTransaction', start(index), identityOf(index), keepAlive),
  'MeterValues (20 values)': (index, keepAlive) =>
    httpRequest('MeterValues', twentyReadings(index), identityOf(index), keepAlive),
  'whole session': (index, keepAlive) => sessionStep(Math.floor(index / 6), index % 6, keepAlive),
};

function sessionStep(session: number, step: number, keepAlive: boolean): Buffer {
  const identity = identityOf(session);
  const status = { connectorId: 1, errorCode: 'NoError', timestamp: at(session * 6 + step) } as const;
  switch (step) {
    case 0:
      return httpRequest('Authorize', { idTag: `TAG${session % 5_000}` }, identity, keepAlive);
    case 1:
      return httpRequest('StartTransaction', start(session), identity, keepAlive);
    case 2:
      return httpRequest('StatusNotification', { ...status, status: 'Occupied' }, identity, keepAlive);
    case 3:
      return httpRequest('MeterValues', twentyReadings(session), identity, keepAlive);
    case 4:
      return httpRequest(
        'StopTransaction',
        {
          transactionId: session + 1,
          timestamp: at(session + 900),
          meterStop: 2_000 + session,
          idTag: `TAG${session % 5_000}`,
        },
        identity,
        keepAlive,
      );
    default:
      return httpRequest('StatusNotification', { ...status, status: 'Available' }, identity, keepAlive);
  }
}
