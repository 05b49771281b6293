import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScript } from '../../bench/processes';
import { boot, envelope } from '../support/envelopes';
import { call } from '../support/service';
import type { StoreForTests } from '../support/store-for-tests';
import { storeForTests } from '../support/store-for-tests';

// Webhooks of the service as it is started, at a receiver that fails, is slow, redirects and hangs. Cannot see: TLS.

const key = 'bench-bench-bench-bench';
const secret = 'a secret for the receiver';
const main = join(__dirname, '../../dist/apps/central-system/src/main.js');

interface Got {
  readonly id: string;
  readonly box: string;
  readonly status: string;
  readonly path: string;
  readonly body: string;
}

/** Answers as it is told to; keeps what came with a signature that holds. */
class Receiver {
  readonly got: Got[] = [];
  readonly wrong: string[] = [];
  answer: (got: Got, response: ServerResponse) => void = (_got, response) => response.writeHead(204).end();
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => void this.take(request, response));
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** What boxes showed, in the order in which it came, without what came again. */
  told(box: string): readonly string[] {
    const ids = new Set<string>();
    return this.got.filter((got) => got.box === box && !ids.has(got.id) && ids.add(got.id)).map(({ status }) => status);
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = request.headers;
    const right = createHmac('sha256', secret)
      .update(`${String(timestamp)}.${body}`)
      .digest('hex');
    const event = JSON.parse(body) as { id: string; stream: string; data: { status: string } };
    if (signature !== `v1=${right}` || id !== event.id) this.wrong.push(body);
    const box = event.stream.replace(/^chargeBox-/, '');
    const got = { id: event.id, box, status: event.data.status, path: request.url ?? '', body };
    this.got.push(got);
    this.answer(got, response);
  }
}

const receiver = new Receiver();
let receiverUrl: string;
let folder: string;
let store: StoreForTests;
let service: Awaited<ReturnType<typeof startScript>>;
beforeEach(async () => {
  receiver.got.length = 0;
  receiver.wrong.length = 0;
  receiver.answer = (_got, response) => response.writeHead(204).end();
  receiverUrl = await receiver.start();
  folder = mkdtempSync(join(tmpdir(), 'webhooks-'));
  store = await storeForTests('embedded');
  await start();
});
afterEach(async () => {
  await service.stop('SIGKILL');
  receiver.stop();
  await store.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(receiver.wrong).toEqual([]);
});

async function start(): Promise<void> {
  service = await startOn(store, folder);
}

function startOn({ environment }: StoreForTests, where = folder, more: Readonly<Record<string, string>> = {}) {
  return startScript([main], where, {
    ...environment,
    CHAIN_KEY: 'a key of the chain that is long enough',
    WEBHOOK_ALLOW: '127.0.0.0/8',
    WEBHOOK_TIMEOUT: '1',
    WEBHOOK_RETRY_AFTER: '1',
    WEBHOOK_ATTEMPTS: '3',
    ...more,
  });
}

async function api<Body>(method: string, path: string, body?: object): Promise<{ status: number; body: Body }> {
  const response = await fetch(`http://127.0.0.1:${service.apiPort}/api/webhooks${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Body };
}

async function webhook(filter: object = { type: ['ConnectorStatusReported'] }): Promise<string> {
  const made = { url: `${receiverUrl}/hook`, secret, filter };
  const { status, body } = await api<{ webhook: { id: string } }>('POST', '', made);
  expect(status).toBe(201);
  return body.webhook.id;
}

async function report(identity: string, status: string): Promise<void> {
  const body =
    `<cs:statusNotificationRequest><cs:connectorId>1</cs:connectorId><cs:status>${status}</cs:status>` +
    '<cs:errorCode>NoError</cs:errorCode></cs:statusNotificationRequest>';
  await post(identity, body);
}

async function post(identity: string, body: string): Promise<void> {
  const headers = { 'Content-Type': 'application/soap+xml; charset=utf-8' };
  const answer = await call(service.port, { method: 'POST', path: '/ocpp', headers }, envelope({ identity, body }));
  expect(answer.status).toBe(200);
}

/** Awaits a condition; the limit of the test is for what never holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const statuses = ['Occupied', 'Available', 'Unavailable', 'Faulted', 'Reserved'];

it('tells boxes in order at a receiver that fails, is slow, and hangs', async () => {
  for (const identity of ['A', 'B', 'C']) await post(identity, boot);
  await webhook();
  const seen = new Map<string, number>();
  receiver.answer = ({ id, box }, response) => {
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    if (box === 'A' && times === 1) response.writeHead(503).end();
    else if (box === 'B' && times === 1) return;
    else setTimeout(() => response.writeHead(200).end('{}'), 20);
  };
  for (const status of statuses) for (const identity of ['A', 'B', 'C']) await report(identity, status);
  await until(() => ['A', 'B', 'C'].every((box) => receiver.told(box).length === statuses.length));
  for (const box of ['A', 'B', 'C']) expect(receiver.told(box)).toEqual(statuses);
  // The quick one did not wait for the others.
  const last = receiver.got.findLastIndex(({ box }) => box === 'C');
  expect(receiver.got.slice(last).filter(({ box }) => box !== 'C').length).toBeGreaterThan(2);
}, 240_000);

it('loses nothing when it is killed in the middle, and tells what it tells twice under the same id', async () => {
  for (const identity of ['A', 'B']) await post(identity, boot);
  await webhook();
  let taken = 0;
  receiver.answer = (_got, response) => {
    taken += 1;
    if (taken <= 3) response.writeHead(204).end();
  };
  for (const status of statuses) for (const identity of ['A', 'B']) await report(identity, status);
  await until(() => receiver.got.length >= 5);
  await service.stop('SIGKILL');
  receiver.answer = (_got, response) => response.writeHead(204).end();
  await start();
  await until(() => ['A', 'B'].every((box) => receiver.told(box).length === statuses.length));
  for (const box of ['A', 'B']) expect(receiver.told(box)).toEqual(statuses);
}, 240_000);

it('keeps what is refused as dead letters, which are told when somebody says so, also after a restart', async () => {
  await post('A', boot);
  const id = await webhook();
  receiver.answer = ({ status }, response) => {
    if (status === 'Occupied') response.writeHead(302, { Location: `${receiverUrl}/elsewhere` }).end();
    else if (status === 'Faulted') response.writeHead(500).end();
    else response.writeHead(204).end();
  };
  for (const status of ['Occupied', 'Faulted', 'Available']) await report('A', status);
  await until(() => receiver.told('A').includes('Available'));
  interface Letter {
    readonly deliveryId: string;
    readonly reason: string;
    readonly attempts: number;
  }
  const letters = async () => (await api<{ rows: Letter[] }>('GET', `/${id}/dead-letters`)).body.rows;
  expect(await letters()).toMatchObject([
    { reason: 'http-status', status: 500, attempts: 3 },
    { reason: 'redirected', status: 302, attempts: 1 },
  ]);
  expect(receiver.got.map(({ path }) => path)).not.toContain('/elsewhere');
  await service.stop();
  await start();
  receiver.got.length = 0;
  receiver.answer = (_got, response) => response.writeHead(204).end();
  expect((await api('POST', `/${id}/dead-letters/retry`)).status).toBe(202);
  await until(async () => (await letters()).length === 0);
  expect(receiver.told('A')).toEqual(['Occupied', 'Faulted']);
}, 240_000);

it('tells again from a position, and shows neither secret nor idTags that are not wanted', async () => {
  await post('A', boot);
  const id = await webhook({ identity: 'A', type: ['ConnectorStatusReported', 'IdTagAuthorized'] });
  await report('A', 'Occupied');
  await post('A', '<cs:authorizeRequest><cs:idTag>CARD-SECRET-1</cs:idTag></cs:authorizeRequest>');
  await until(() => receiver.got.length === 2);
  expect((await api('POST', `/${id}/replay`, { from: 'beginning' })).status).toBe(202);
  await until(() => receiver.got.length === 4);
  expect(receiver.got.slice(2).map((got) => got.id)).toEqual(receiver.got.slice(0, 2).map((got) => got.id));
  const bodies = receiver.got.map(({ body }) => body).join();
  expect(bodies).toContain('***T-1');
  expect(bodies).not.toContain('CARD-SECRET-1');
  const shown = [await api('GET', ''), await api('GET', `/${id}`)];
  expect(JSON.stringify(shown)).not.toContain(secret);
}, 240_000);

it('is told by one of two instances, and by the other when that one stops', async () => {
  const shared = await storeForTests('double');
  await service.stop('SIGKILL');
  // Nothing is told twice because an answer was late.
  const patient = { WEBHOOK_TIMEOUT: '10' };
  const folders = ['one', 'two'].map((name) => join(folder, name));
  const [one, two] = [await startOn(shared, folders[0], patient), await startOn(shared, folders[1], patient)];
  try {
    service = one;
    for (const identity of ['A', 'B']) await post(identity, boot);
    await webhook();
    service = two;
    for (const status of statuses) for (const identity of ['A', 'B']) await report(identity, status);
    await until(() => ['A', 'B'].every((box) => receiver.told(box).length === statuses.length));
    expect(receiver.got).toHaveLength(2 * statuses.length);
    await one.stop();
    for (const status of statuses) await report('C', status);
    await until(() => receiver.told('C').length === statuses.length);
    expect(receiver.told('C')).toEqual(statuses);
    expect(receiver.got).toHaveLength(3 * statuses.length);
  } finally {
    await Promise.all([one.stop('SIGKILL'), two.stop('SIGKILL')]);
    await shared.stop();
  }
}, 240_000);

it('is made only for addresses that may be called', async () => {
  const refused = await api<{ violations: object[] }>('POST', '', { url: 'http://169.254.169.254/latest' });
  expect(refused).toMatchObject({ status: 400, body: { violations: [{ in: 'body', path: 'url', code: 'refused' }] } });
});
