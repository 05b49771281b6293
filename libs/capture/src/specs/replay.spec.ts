import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CapturedExchange } from '../captured';
import { replay, TargetUnreachable } from '../replay/replay';

interface Seen {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  readonly at: number;
}

/** An instance that takes its time and answers what it is told to. */
class Target {
  readonly seen: Seen[] = [];
  inFlight = 0;
  mostInFlight = 0;
  latency = 0;
  answer: (body: string) => string = () => heartbeat;
  private readonly server: Server = createServer((request, response) => {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      this.seen.push({ body, headers: request.headers, at: performance.now() });
      setTimeout(() => {
        this.inFlight -= 1;
        response.end(this.answer(body));
      }, this.latency);
    });
  });
  url = new URL('http://127.0.0.1/');

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/ocpp`);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const around = (body: string) =>
  `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns="urn://Ocpp/Cs/2012/06/"><s:Body>${body}</s:Body></s:Envelope>`;
const heartbeat = around('<heartbeatResponse><currentTime>2026-03-01T12:00:00Z</currentTime></heartbeatResponse>');
const started = (id: number) =>
  around(
    `<startTransactionResponse><transactionId>${id}</transactionId><idTagInfo><status>Accepted</status></idTagInfo></startTransactionResponse>`,
  );

const exchange = (id: number, changed: Partial<CapturedExchange> = {}): CapturedExchange => ({
  id,
  at: new Date(Date.parse('2026-03-01T12:00:00Z') + id).toISOString(),
  milliseconds: 2,
  requestId: `r-${id}`,
  identity: 'BOX-1',
  operation: 'Heartbeat',
  status: 200,
  quirks: [],
  masked: true,
  headers: { 'content-type': 'text/xml; charset=utf-16', soapaction: '"/Heartbeat"', 'content-encoding': 'gzip' },
  request: { text: around(`<heartbeatRequest n="${id}"/>`) },
  response: { text: heartbeat },
  ...changed,
});

let target: Target;
beforeEach(async () => {
  target = new Target();
  await target.listen();
});
afterEach(() => target.close());

const run = (exchanges: Iterable<CapturedExchange>, options: Partial<Parameters<typeof replay>[1]> = {}) =>
  replay(exchanges, { to: target.url, speed: 'max', ...options });
const numbersSeen = () => target.seen.map(({ body }) => Number(/n="(\d+)"/.exec(body)?.[1]));

describe('a replay', () => {
  it('sends requests as they were, in plain UTF-8, and compares the answers', async () => {
    const report = await run([exchange(1)]);
    expect(target.seen[0]).toMatchObject({
      body: around('<heartbeatRequest n="1"/>'),
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '"/Heartbeat"' },
    });
    expect(target.seen[0]?.headers).not.toHaveProperty('content-encoding');
    expect(report).toMatchObject({ sent: 1, withheld: 0, identical: true });
    expect(report.operations).toEqual({ Heartbeat: { same: 1, differs: 0, unanswered: 0, examples: [] } });
  });

  it('sends bytes in clear as they were', async () => {
    await run([exchange(1, { masked: false, request: { base64: Buffer.from('<a/>').toString('base64') } })]);
    expect(target.seen[0]).toMatchObject({ body: '<a/>', headers: { 'content-type': 'text/xml; charset=utf-16' } });
  });

  it('keeps the order of each box, with others at the same time but not too many', async () => {
    const boxes = Array.from({ length: 100 }, (_, box) => `BOX-${box}`);
    const exchanges = Array.from({ length: 600 }, (_, id) => exchange(id, { identity: boxes[id % 100] }));
    target.latency = 50;
    const report = await run(exchanges);
    expect(report.operations.Heartbeat?.same).toBe(600);
    for (let box = 0; box < 100; box += 1) {
      const ofBox = numbersSeen().filter((id) => id % 100 === box);
      expect(ofBox).toEqual(ofBox.toSorted((one, other) => one - other));
    }
    expect(target.mostInFlight).toBeGreaterThan(1);
    expect(target.mostInFlight).toBeLessThanOrEqual(64);
  });

  it('pauses as the boxes did where that is asked for', async () => {
    const begin = performance.now();
    await run([exchange(0), exchange(300)], { speed: 'recorded' });
    expect((target.seen[1]?.at ?? 0) - begin).toBeGreaterThanOrEqual(299);
  });

  it('is for chosen boxes where some are named', async () => {
    const report = await run([exchange(1), exchange(2, { identity: 'BOX-2' }), exchange(3, { identity: undefined })], {
      boxes: new Set(['BOX-2']),
    });
    expect(numbersSeen()).toEqual([2]);
    expect(report.sent).toBe(1);
  });

  it('speaks of transactions by the ids that they have now', async () => {
    const start = { operation: 'StartTransaction', response: { text: started(7) } };
    const stop = (id: number, identity: string) =>
      exchange(id, { identity, request: { text: around(`<stop n="${id}"><transactionId>7</transactionId></stop>`) } });
    target.answer = (body) => (body.includes('heartbeat') ? started(4711) : heartbeat);
    await run([exchange(1, start), stop(2, 'BOX-1'), stop(3, 'BOX-2')]);
    const idOf = (number: number) =>
      /Id>(\d+)</.exec(target.seen.find(({ body }) => body.includes(`n="${number}"`))?.body ?? '')?.[1];
    expect([idOf(2), idOf(3)]).toEqual(['4711', '7']);
  });

  it('tells of the first five that differ, and counts the rest', async () => {
    target.answer = () => 'elsewhere';
    const report = await run(Array.from({ length: 8 }, (_, id) => exchange(id)));
    expect(report.identical).toBe(false);
    expect(report.operations.Heartbeat).toMatchObject({ same: 0, differs: 8 });
    expect(report.operations.Heartbeat?.examples.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
  });

  it('leaves out what was not kept, and says so', async () => {
    const withheld = { withheld: { bytes: 1, digest: '', reason: '' } };
    const report = await run([exchange(1, { request: withheld }), exchange(2, { response: withheld }), exchange(3)]);
    expect(numbersSeen()).toEqual([3]);
    expect(report).toMatchObject({ sent: 1, withheld: 2, identical: true });
  });

  it('counts what is not answered any more', async () => {
    target.answer = (body) => {
      if (body.includes('n="2"')) target.close();
      return heartbeat;
    };
    const report = await run([exchange(1), exchange(2)]);
    expect(report.operations.Heartbeat).toMatchObject({ unanswered: 1 });
    expect(report.identical).toBe(false);
  });

  it('ends at once where nobody answers', async () => {
    target.close();
    const refused = run(Array.from({ length: 5_000 }, (_, id) => exchange(id)));
    await expect(refused).rejects.toThrow(TargetUnreachable);
    await expect(refused).rejects.toThrow('ECONNREFUSED');
  });
});
