import { runFleet } from '../../apps/charge-box-simulator/src';
import { Balancer } from '../support/balancer';
import { boot, envelope, start } from '../support/envelopes';
import { EventStoreDbDouble } from '../support/eventstoredb/double';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

// Several instances on one store of EventStoreDB's protocol, from outside. Cannot see: machines that are far apart.

let double: EventStoreDbDouble;
let running: TestService[];
beforeEach(async () => {
  double = await new EventStoreDbDouble().start();
  running = [];
});
afterEach(async () => {
  for (const service of running) await service.stop();
  await double.stop();
});

const instance = async (name: string, more: Readonly<Record<string, string>> = {}) => {
  const service = await startTestService({
    EVENT_STORE: double.connectionString,
    INSTANCE_NAME: name,
    OUTBOUND_ALLOW: 'peer 127.0.0.0/8',
    ...more,
  });
  running.push(service);
  return service;
};

interface Page<Row> {
  readonly rows: readonly Row[];
}

describe('two instances', () => {
  it('share what a box says: its start at one, its stop at the other, and both show the transaction', async () => {
    const [one, other] = [await instance('one'), await instance('other')];
    await one.post(envelope({ body: boot }));
    const started = await other.post(envelope({ body: start() }));
    const id = /<(?:\w+:)?transactionId>(\d+)</.exec(started.body)?.[1] ?? '';
    const stop = `<cs:stopTransactionRequest><cs:transactionId>${id}</cs:transactionId><cs:timestamp>2026-03-01T13:00:00Z</cs:timestamp><cs:meterStop>2000</cs:meterStop></cs:stopTransactionRequest>`;
    expect((await one.post(envelope({ body: stop }))).status).toBe(200);
    for (const service of [one, other]) {
      const shown = () => service.api<{ status?: string; energy?: number }>('GET', `/api/transactions/${id}`);
      while ((await shown()).body.status !== 'stopped') await aMoment();
      expect((await shown()).body).toMatchObject({ identity: 'BOX-1', status: 'stopped' });
    }
  });

  it('let an answer from outside reach the box, whichever instance hears it', async () => {
    const [one, other] = [await instance('one'), await instance('other')];
    await one.post(envelope({ body: boot }));
    await one.api('PUT', '/api/answering', { answers: { Authorize: 'delegated' } });
    const authorize = '<cs:authorizeRequest><cs:idTag>CARD</cs:idTag></cs:authorizeRequest>';
    const answered = one.post(envelope({ body: authorize }));
    const message = await pendingAt(other);
    const payload = { idTagInfo: { status: 'Blocked' } };
    const told = await other.api('POST', `/api/requests/${message.msgId}/response`, { ...message, payload });
    expect(told.status).toBe(200);
    expect((await answered).body).toContain('<status>Blocked</status>');
  });

  it('show at one what was written at the other, to whom sends the position of the write', async () => {
    const [one, other] = [await instance('one'), await instance('other')];
    for (let count = 0; count < 20; count += 1) {
      const path = `/api/id-tags/CARD${count}`;
      const written = await put(one, path, { blocked: true });
      const position = written.headers.get('x-position') ?? '';
      expect(position).toMatch(/^\d+$/);
      const read = await get(other, path, { 'x-position': position });
      expect(read.status).toBe(200);
    }
  });

  it('say so when a position is not to be had, or is none', async () => {
    const one = await instance('one');
    expect((await get(one, '/api/id-tags', { 'x-position': 'soon' })).status).toBe(400);
    const far = await get(one, '/api/id-tags', { 'x-position': '9'.repeat(40) });
    expect(far.status).toBe(503);
    expect(far.headers.get('retry-after')).toBe('1');
  });

  it('are restarted one after the other without one failed request of a box', async () => {
    const balancer = await new Balancer().start();
    const more = { DRAIN_DELAY: '1' };
    const first = [await instance('one', more), await instance('other', more)];
    for (const service of first) await balancer.add(service);
    const over = new AbortController();
    const fleet = runFleet({
      url: `http://127.0.0.1:${balancer.port}/ocpp`,
      boxes: 12,
      sessions: 10_000,
      seed: 5,
      pace: 150,
      retryFor: 0,
      signal: over.signal,
    });
    for (const [place, name] of ['one', 'other'].entries()) {
      const old = first[place];
      await old?.stop();
      running = running.filter((service) => service !== old);
      if (old !== undefined) balancer.remove(old);
      await balancer.add(await instance(name, more));
    }
    over.abort();
    const report = await fleet;
    await balancer.stop();
    expect(report).toMatchObject({ faults: {}, failures: 0 });
    expect(report.stops.length).toBeGreaterThan(20);
  }, 240_000);

  it('do not share a folder', async () => {
    const one = await instance('one');
    await expect(instance('other', { DATA_DIR: one.dataDir })).rejects.toMatchObject({ code: 'data-dir-in-use' });
  });
});

interface FlowMessage {
  readonly msgId: string;
}

async function pendingAt(service: TestService): Promise<FlowMessage> {
  for (;;) {
    const { body } = await service.api<Page<{ message: FlowMessage }>>('GET', '/api/requests?status=Pending');
    const message = body.rows[0]?.message;
    if (message !== undefined) return message;
    await aMoment();
  }
}

const headersOf = (service: TestService) => ({ Authorization: `Bearer ${service.apiKey}` });

function put(service: TestService, path: string, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${service.apiPort}${path}`, {
    method: 'PUT',
    headers: { ...headersOf(service), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function get(service: TestService, path: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`http://127.0.0.1:${service.apiPort}${path}`, { headers: { ...headersOf(service), ...headers } });
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
