import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ocpp15 } from '@app/ocpp';
import { readText, responseText } from '../../apps/charge-box-simulator/src';
import type { InstanceAtWork } from './instances';
import { apiKey } from './instances';

// Operations to a fleet by way of any instance, and what arrived of them. DataTransfer, because it must never be sent blindly again.

const vendorId = 'org.example.chaos';

/** The charge point sides of a whole fleet at one address. */
export interface FleetDoor {
  readonly url: string;
  /** How often each text arrived. */
  readonly arrived: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function openFleetDoor(): Promise<FleetDoor> {
  const arrived = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const message = readText(Buffer.concat(chunks).toString());
      const { data } = message?.fields ?? {};
      const text = typeof data === 'string' ? data : '';
      arrived.set(text, (arrived.get(text) ?? 0) + 1);
      const xml = responseText(ocpp15.chargePoint, 'DataTransfer', { status: 'Accepted' }, message?.messageId);
      response.writeHead(200, { 'Content-Type': 'application/soap+xml; charset=utf-8' }).end(xml);
    });
  });
  await listening(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrived,
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
}

/** Asks one instance to send a text to a box; true when it said that it will. The same text again is the same operation. */
export async function schedule({ apiUrl }: InstanceAtWork, identity: string, text: string): Promise<boolean> {
  const body = { command: 'DataTransfer', data: { vendorId, data: text }, idempotencyKey: text };
  const answer = await call(apiUrl, `/api/charge-boxes/${identity}/commands`, body);
  return answer !== undefined && answer.status < 300;
}

/** What the API of an instance answers; `undefined` if it cannot be reached in time. */
export async function call(apiUrl: string, path: string, body?: object, headers: Record<string, string> = {}) {
  try {
    const response = await fetch(apiUrl + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { Authorization: `Bearer ${apiKey}`, ...(body && { 'Content-Type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
