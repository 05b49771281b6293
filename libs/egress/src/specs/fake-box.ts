import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { ReadAnswer } from '../index';

// For specs: charge boxes as they answer over the network, and a reader that knows no more XML than they need.

/** A charge box that listens on this machine, and all that was sent to it. */
export interface FakeBox {
  readonly port: number;
  readonly requests: readonly { readonly headers: IncomingMessage['headers']; readonly body: string }[];
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const boxes = new Set<FakeBox>();

export async function closeBoxes(): Promise<void> {
  await Promise.all([...boxes].map((box) => box.close()));
}

/** A box that speaks HTTP. */
export function httpBox(answer: Answer, tls?: { key: string; cert: string }): Promise<FakeBox> {
  const requests: { headers: IncomingMessage['headers']; body: string }[] = [];
  const heard = (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      requests.push({ headers: request.headers, body });
      answer(response, request);
    });
  };
  const server: HttpServer = tls === undefined ? createHttpServer(heard) : createHttpsServer(tls, heard);
  return listening(server, requests);
}

/** A box that does with its connections whatever it likes. */
export const rawBox = (connected: (socket: Socket) => void): Promise<FakeBox> => listening(createServer(connected), []);

async function listening(server: Server, requests: FakeBox['requests']): Promise<FakeBox> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    boxes.delete(box);
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const box: FakeBox = { port: (server.address() as AddressInfo).port, requests, sockets, close };
  boxes.add(box);
  return box;
}

/** A port on which nothing listens. */
export async function deafPort(): Promise<number> {
  const box = await rawBox(() => undefined);
  await box.close();
  return box.port;
}

const envelope = (body: string) =>
  `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`;

export const accepted = envelope(
  '<resetResponse xmlns="urn://Ocpp/Cp/2012/06/"><status>Accepted</status></resetResponse>',
);
export const fault = envelope(
  '<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>InternalError</s:Value></s:Subcode></s:Code>' +
    '<s:Reason><s:Text>Out of order</s:Text></s:Reason></s:Fault>',
);
export const foreign = envelope('<clearCacheResponse><status>Accepted</status></clearCacheResponse>');
export const wrong = envelope('<resetResponse><status>Perhaps</status></resetResponse>');

/** Stands for the reader of answers in `@app/soap`. */
export const readAnswer: ReadAnswer = (source, { operation }) => {
  const text = source.toString();
  const unreadable = (reason: 'not-xml' | 'not-soap' | 'wrong-response' | 'invalid', detail: string) =>
    ({ kind: 'unreadable', reason, detail }) as const;
  if (!/^<.*>$/s.test(text)) return unreadable('not-xml', 'This is no XML.');
  if (!text.includes('Envelope>')) return unreadable('not-soap', 'This is no envelope.');
  const [, name = '', detail] = /<s:Subcode><s:Value>(\w+).*<s:Text>(.*)<\/s:Text>/.exec(text) ?? [];
  if (detail !== undefined) return { kind: 'fault', fault: name, detail };
  if (!text.toLowerCase().includes(`<${operation.toLowerCase()}response`))
    return unreadable('wrong-response', 'This is the response of another operation.');
  const status = /<status>(\w+)<\/status>/.exec(text)?.[1] ?? '';
  if (status !== 'Accepted') return unreadable('invalid', 'The status is none of Reset.');
  return { kind: 'response', response: { status }, quirks: [] };
};
