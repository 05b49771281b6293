import { BoxCaller, egressDefaults } from '@app/egress';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { residentBytes } from './memory';
import { httpRequest } from './messages';
import type { Running } from './processes';
import { startService, trialFolder } from './processes';

// Operations out to boxes and requests answered from outside, on the durable store. One process here plays all boxes and the flow.

export interface ConversationFigures {
  readonly commands: {
    /** The same calls to the same boxes by the SOAP client alone. */
    readonly floorPerSecond: number;
    readonly perSecond: number;
    readonly ratio: number;
    /** From the call to the API to the last byte at the box, milliseconds. */
    readonly delayP50: number;
    readonly delayP99: number;
  };
  readonly delegated: {
    /** The same request answered by the built-in rules, milliseconds. */
    readonly automaticP50: number;
    readonly p50: number;
    readonly p99: number;
  };
  readonly pending: { readonly requests: number; readonly bytesEach: number };
}

const key = 'bench-bench-bench-bench';
const identityOf = (index: number) => `TALK-${index}`;

/** Boxes that accept everything at once, and note when they were asked. */
async function listeningBoxes() {
  const heard = new Map<string, number>();
  const xml =
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><clearCacheResponse xmlns="urn://Ocpp/Cp/2012/06/"><status>Accepted</status></clearCacheResponse></s:Body></s:Envelope>';
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      heard.set(request.url ?? '', performance.now());
      response.writeHead(200, { 'Content-Type': 'application/soap+xml' }).end(xml);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { heard, port, urlOf: (index: number) => `http://127.0.0.1:${port}/${index}`, close: () => server.close() };
}

type Boxes = Awaited<ReturnType<typeof listeningBoxes>>;

async function api<Body>({ apiPort }: Running, method: string, path: string, body?: object): Promise<Body> {
  const response = await fetch(`http://127.0.0.1:${apiPort}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (response.status >= 400) throw new Error(`${method} ${path}: ${await response.text()}`);
  return (await response.json()) as Body;
}

/** Runs work for every index, so many at a time. */
async function each(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, run));
}

const at = (values: readonly number[], share: number) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? 0;

function requestOf(index: number, boxes?: Boxes): Buffer {
  const bytes = httpRequest('Authorize', { idTag: 'CARD' }, identityOf(index));
  if (boxes === undefined) return bytes;
  const [head = '', body = ''] = bytes.toString().split('\r\n\r\n');
  const moved = body.replace('http://10.0.0.5:8080/', boxes.urlOf(index));
  return Buffer.from(
    `${head.replace(/Content-Length: \d+/, `Content-Length: ${Buffer.byteLength(moved)}`)}\r\n\r\n${moved}`,
  );
}

/** One request on a connection of its own; the time that it took, milliseconds. */
function ask(port: number, bytes: Buffer): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(bytes));
    socket.once('error', reject).once('data', () => {
      socket.destroy();
      resolve(performance.now() - begin);
    });
  });
}

async function commandFloor(boxes: Boxes, count: number): Promise<number> {
  const caller = new BoxCaller({ entries: [] }, egressDefaults);
  const begin = performance.now();
  await each(count, 256, async (index) => {
    await caller.call({
      url: boxes.urlOf(index),
      address: '127.0.0.1',
      operation: 'ClearCache',
      request: {},
      chargeBoxIdentity: identityOf(index),
      messageId: `urn:uuid:${index}`,
      mayReuse: true,
      respondWithin: 30_000,
    });
  });
  const seconds = (performance.now() - begin) / 1_000;
  caller.close();
  return count / seconds;
}

async function benchCommands(service: Running, boxes: Boxes, count: number): Promise<ConversationFigures['commands']> {
  await each(count, 64, async (index) => void (await ask(service.port, requestOf(index, boxes))));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const floorPerSecond = await commandFloor(boxes, count);
  boxes.heard.clear();
  const begin = performance.now();
  await api(service, 'POST', '/api/commands', { command: 'ClearCache', filter: {} });
  for (const end = begin + 120_000; boxes.heard.size < count && performance.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const perSecond = boxes.heard.size / ((Math.max(...boxes.heard.values()) - begin) / 1_000);
  const delays: number[] = [];
  for (let index = 0; index < Math.min(500, count); index += 1) {
    boxes.heard.clear();
    const asked = performance.now();
    await api(service, 'POST', `/api/charge-boxes/${identityOf(index)}/commands`, { command: 'ClearCache', wait: 20 });
    delays.push((boxes.heard.get(`/${index}`) ?? Infinity) - asked);
  }
  return {
    floorPerSecond,
    perSecond,
    ratio: perSecond / floorPerSecond,
    delayP50: at(delays, 0.5),
    delayP99: at(delays, 0.99),
  };
}

/** A flow that accepts every idTag as it is offered. */
async function flow(service: Running): Promise<() => void> {
  const stopping = new AbortController();
  const response = await fetch(`http://127.0.0.1:${service.apiPort}/api/requests/feed?responder=bench`, {
    headers: { Authorization: `Bearer ${key}` },
    signal: stopping.signal,
  });
  const follow = async () => {
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const msgId = /^event: request\ndata: \{"msgId":"([^"]+)/m.exec(event)?.[1];
        if (msgId === undefined) continue;
        const payload = { idTagInfo: { status: 'Accepted' } };
        void api(service, 'POST', `/api/requests/${msgId}/response`, { payload }).catch(() => undefined);
      }
    }
  };
  follow().catch(() => undefined);
  return () => stopping.abort();
}

async function benchDelegated(service: Running, count: number): Promise<ConversationFigures['delegated']> {
  const timesOf = async () => {
    const times: number[] = [];
    await each(count, 4, async (index) => void times.push(await ask(service.port, requestOf(index))));
    return times;
  };
  await timesOf();
  const automatic = await timesOf();
  await api(service, 'PUT', '/api/answering', { answers: { Authorize: 'delegated' }, lease: 60 });
  const stop = await flow(service);
  await timesOf();
  const delegated = await timesOf();
  stop();
  return { automaticP50: at(automatic, 0.5), p50: at(delegated, 0.5), p99: at(delegated, 0.99) };
}

/** Memory that requests take while they wait, each on a connection of its own. */
async function benchPending(service: Running, requests: number): Promise<ConversationFigures['pending']> {
  const bodies = (count: number) => Array.from({ length: count }, (_, index) => requestOf(100_000 + index));
  // Their boxes are known and kept before, so that only what waits is measured.
  await api(service, 'PUT', '/api/answering', {});
  await each(requests, 64, async (index) => void (await ask(service.port, requestOf(100_000 + index))));
  await api(service, 'PUT', '/api/answering', {
    answers: { Authorize: 'delegated' },
    respondWithin: { Authorize: 600 },
  });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const before = residentBytes(service.pid);
  const sockets: Socket[] = [];
  for (const bytes of bodies(requests)) {
    const socket = connect({ port: service.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => undefined).write(bytes);
    sockets.push(socket);
    if (sockets.length % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const metrics = await fetch(`http://127.0.0.1:${service.apiPort}/metrics`, {
      headers: { Authorization: `Bearer ${key}` },
    });
    const count = Number(/^requests_pending (\d+)/m.exec(await metrics.text())?.[1] ?? 0);
    if (count >= requests) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const bytesEach = (residentBytes(service.pid) - before) / requests;
  for (const socket of sockets) socket.destroy();
  return { requests, bytesEach };
}

export async function benchConversation(boxCount: number, pending: number): Promise<ConversationFigures> {
  const folder = trialFolder();
  const boxes = await listeningBoxes();
  const service = await startService(folder.path, { OUTBOUND_ALLOW: 'peer 127.0.0.0/8', MAX_CONNECTIONS: '50000' });
  try {
    const commands = await benchCommands(service, boxes, boxCount);
    const delegated = await benchDelegated(service, Math.min(2_000, boxCount));
    return { commands, delegated, pending: await benchPending(service, pending) };
  } finally {
    await service.stop();
    boxes.close();
    folder.remove();
  }
}
