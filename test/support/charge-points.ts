import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatedChargeBox, serveChargePoint } from '../../apps/charge-box-simulator/src';
import type { ChargePointService } from '../../apps/charge-box-simulator/src';
import type { TestService } from './service';

/** A simulated box that has booted and can be called where it says. */
export interface ReachableBox {
  readonly box: SimulatedChargeBox;
  readonly point: ChargePointService;
}

export async function reachableBox(service: Pick<TestService, 'soapUrl'>, identity: string): Promise<ReachableBox> {
  let port = 0;
  const box = new SimulatedChargeBox({
    identity,
    url: service.soapUrl,
    get from() {
      return `http://127.0.0.1:${port}/`;
    },
  });
  const point = await serveChargePoint(box, { connectors: 2 });
  port = point.port;
  await box.call('BootNotification', { chargePointVendor: 'Simulated', chargePointModel: 'Box' });
  return { box, point };
}

/** A box of few words: answers every call by hand. */
export interface HandmadeBox {
  readonly port: number;
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function handmadeBox(
  answer: (body: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<HandmadeBox> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push(body);
      answer(body, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
}

/** The envelope of a response of a charge box. */
export function responseOf(content: string): string {
  return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body xmlns="urn://Ocpp/Cp/2012/06/">${content}</s:Body></s:Envelope>`;
}

/** A port on which nothing listens. */
export async function deafPort(): Promise<number> {
  const box = await handmadeBox(() => undefined);
  await box.close();
  return box.port;
}
