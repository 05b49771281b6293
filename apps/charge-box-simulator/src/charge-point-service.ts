import type { ChargePointOperation, ChargePointRequest } from '@app/ocpp';
import { ocpp15, wrapperName } from '@app/ocpp';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BoxMemory } from './box-memory';
import type { SimulatedChargeBox } from './charge-box';
import type { AskedBox } from './charge-point-operations';
import { chargePointOperations } from './charge-point-operations';
import { faultText, readText, responseText, typed } from './soap-text';

const service = ocpp15.chargePoint;
const byWrapper = new Map(
  Object.keys(service.operations).map((operation) => [
    wrapperName(operation, 'request').toLowerCase(),
    operation as ChargePointOperation,
  ]),
);
const largestBody = 1024 * 1024;

export interface ChargePointService {
  readonly port: number;
  readonly memory: BoxMemory;
  /** Resolves when the box has done what it promised in its answers so far. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Serves the charge point side of a box on the loopback address: all fifteen operations, answered as a box would. */
export async function serveChargePoint(
  box: SimulatedChargeBox,
  { port = 0, connectors = 2 } = {},
): Promise<ChargePointService> {
  let work = Promise.resolve<unknown>(undefined);
  const memory = new BoxMemory(connectors);
  // What a box promised it may fail to do; that is no reason to stop serving.
  const later = (task: () => Promise<unknown>) => void (work = work.then(task).catch(() => undefined));
  const server = createServer((request, response) => void serve(request, response, { memory, box, later }));
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    memory,
    settled: async () => void (await work),
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, asked: AskedBox): Promise<void> {
  const body = await read(request).catch(() => undefined);
  if (body === undefined) return void response.writeHead(413).end();
  const { status, xml } = answer(body, asked);
  response
    .writeHead(status, {
      'Content-Type': 'application/soap+xml; charset=utf-8',
      'Content-Length': Buffer.byteLength(xml),
    })
    .end(xml);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new RangeError('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function answer(body: string, asked: AskedBox): { readonly status: number; readonly xml: string } {
  const message = readText(body);
  if (message === undefined)
    return { status: 400, xml: faultText(service, 'Sender', 'ProtocolError', 'This is no SOAP message.') };
  if (message.identity !== asked.box.options.identity) {
    return {
      status: 400,
      xml: faultText(service, 'Sender', 'IdentityMismatch', 'The message is meant for another charge box.'),
    };
  }
  const operation = byWrapper.get(message.wrapper.toLowerCase());
  if (operation === undefined)
    return { status: 500, xml: faultText(service, 'Receiver', 'NotSupported', 'This operation is not served.') };
  const request = typed(service.operations[operation].request, message.fields);
  const missing = missingOf(operation, request as Record<string, unknown>);
  if (missing !== undefined)
    return { status: 400, xml: faultText(service, 'Sender', 'ProtocolError', `The field ${missing} is missing.`) };
  const perform = chargePointOperations[operation] as (
    request: ChargePointRequest,
    asked: AskedBox,
  ) => Record<string, unknown>;
  return {
    status: 200,
    xml: responseText(service, operation, perform(request as ChargePointRequest, asked), message.messageId),
  };
}

function missingOf(operation: ChargePointOperation, request: Record<string, unknown>): string | undefined {
  const { fields } = service.operations[operation].request;
  return Object.entries(fields as Record<string, object>).find(
    ([name, entry]) => !('occurs' in entry) && request[name] === undefined,
  )?.[0];
}
