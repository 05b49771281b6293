import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { FakeBox } from './specs/fake-box';
import { accepted, closeBoxes, deafPort, fault, foreign, httpBox, rawBox, readAnswer, wrong } from './specs/fake-box';
import { certificate, certificateKey } from './specs/fake-box-certificate';
import type { EgressSettings, SentOutcome, SoapCall } from './index';
import { egressDefaults, SoapClient } from './index';

// Protects that every call has an outcome in time, and the right one. Cannot see: networks between this machine and itself.

const clients: SoapClient[] = [];
const clientWith = (settings: Partial<EgressSettings> = {}, read = readAnswer) => {
  const client = new SoapClient(read, { ...egressDefaults, ...settings });
  clients.push(client);
  return client;
};

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await closeBoxes();
});

const reset = (port: number, changes: Partial<SoapCall> = {}): SoapCall => ({
  url: `http://box.example:${port}/cp?id=1`,
  address: '127.0.0.1',
  operation: 'Reset',
  request: { type: 'Soft' },
  chargeBoxIdentity: 'BOX & 1',
  messageId: 'urn:uuid:1',
  mayReuse: false,
  respondWithin: 5_000,
  ...changes,
});
const soap = 'application/soap+xml; charset=utf-8';
const answers =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = { 'Content-Type': soap }) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end(body);
const callOnce = async (answer: (response: ServerResponse) => void, changes: Partial<SoapCall> = {}) => {
  const box = await httpBox(answer);
  return clientWith().call(reset(box.port, changes));
};
const kindOf = (outcome: SentOutcome) => ('reason' in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind);
const detailOf = (outcome: SentOutcome) => ('detail' in outcome ? outcome.detail : '');
const response = { status: 'Accepted' };
const ended = (socket: Socket) =>
  socket.destroyed ? Promise.resolve() : new Promise<void>((resolve) => socket.once('close', () => resolve()));

describe('a request', () => {
  it('is POSTed to the pinned address with the name of the URL', async () => {
    const box = await httpBox(answers(200, accepted));
    await expect(clientWith().call(reset(box.port))).resolves.toEqual({ kind: 'answered', response });
    const [request] = box.requests;
    expect(request?.headers).toEqual({
      host: `box.example:${box.port}`,
      'content-type': 'application/soap+xml; charset=utf-8; action="/Reset"',
      'content-length': String(Buffer.byteLength(request?.body ?? '')),
      'accept-encoding': 'gzip, deflate',
      connection: 'close',
    });
    expect(request?.body).toContain('<type>Soft</type></resetRequest>');
    expect(request?.body).toContain('>BOX &amp; 1</chargeBoxIdentity>');
    expect(request?.body).toContain(`<wsa:To>http://box.example:${box.port}/cp?id=1</wsa:To>`);
  });

  it('goes to the path and the query of the URL', async () => {
    let target: string | undefined;
    const box = await httpBox((answer, { url, method }) => {
      target = `${method} ${url}`;
      answers(200, accepted)(answer);
    });
    await clientWith().call(reset(box.port, { url: `http://box.example:${box.port}/a%20b/ü?id=1` }));
    expect(target).toBe('POST /a%20b/%C3%BC?id=1');
  });

  it.each<[string, Partial<SoapCall>, string]>([
    ['to a name in place of an address', { address: 'localhost' }, 'not-sent address-refused'],
    ['to a URL that is none', { url: 'ftp://127.0.0.1/' }, 'not-sent address-refused'],
    ['of an operation that no box has', { operation: 'Explode' }, 'not-sent connection-failed'],
  ])('is not sent %s', async (_, changes, kind) => {
    const box = await httpBox(answers(200, accepted));
    expect(kindOf(await clientWith().call(reset(box.port, changes)))).toBe(kind);
    expect(box.sockets.size).toBe(0);
  });
});

describe('an answer', () => {
  it.each<[what: string, http: [status: number, body: string], kind: string, detail: RegExp]>([
    ['a fault with 500', [500, fault], 'failed fault', /^Out of order$/],
    ['a fault with 400', [400, fault], 'failed fault', /^Out of order$/],
    ['a fault with 200', [200, fault], 'failed fault', /^Out of order$/],
    ['a response with 201', [201, accepted], 'answered', /^$/],
    ['a response with 500', [500, accepted], 'failed http-status', /contains a response/],
    ['the response of another operation', [200, foreign], 'failed wrong-response', /another operation/],
    ['the response of another operation with 500', [500, foreign], 'failed wrong-response', /another operation/],
    ['a response with a wrong value', [200, wrong], 'failed invalid', /none of Reset/],
    ['text', [200, 'OK'], 'failed not-xml', /no XML/],
    ['other XML', [200, '<ok/>'], 'failed not-soap', /no envelope/],
    ['nothing', [200, ''], 'failed empty', /without content, where Reset has a response/],
    ['nothing with 201', [201, ''], 'failed empty', /HTTP 201/],
    ['nothing with 500', [500, ''], 'failed http-status', /HTTP 500: the box failed/],
    ['404', [404, '<html/>'], 'failed http-status', /path of the address is wrong/],
    ['401', [401, 'who?'], 'failed http-status', /credentials/],
    ['403', [403, 'no'], 'failed http-status', /forbidden/],
    ['502', [502, '<html/>'], 'failed http-status', /proxy/],
    ['503', [503, ''], 'failed http-status', /proxy/],
    ['418', [418, 'tea'], 'failed http-status', /HTTP 418: the answer is no SOAP/],
    ['304', [304, ''], 'failed http-status', /HTTP 304/],
  ])('that is %s', async (_, [status, body], kind, detail) => {
    const outcome = await callOnce(answers(status, body));
    expect(kindOf(outcome)).toBe(kind);
    expect(detailOf(outcome)).toMatch(detail);
    expect(outcome).toEqual(kind === 'answered' ? { kind, response } : expect.objectContaining({ status }));
  });

  it.each([
    ['that ends with its connection', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['after a notice that it will come', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ])('%s is whole', async (_, head) => {
    const box = await rawBox((socket) => void socket.once('data', () => socket.end(head + accepted)));
    const client = clientWith();
    for (const mayReuse of [false, true, true])
      await expect(client.call(reset(box.port, { mayReuse }))).resolves.toEqual({ kind: 'answered', response });
  });

  it('that is a fault names it', async () => {
    const expected = { kind: 'failed', reason: 'fault', fault: 'InternalError', detail: 'Out of order', status: 500 };
    await expect(callOnce(answers(500, fault))).resolves.toEqual(expected);
  });

  it('that is a web page with 200 tells where to look', async () => {
    const outcome = await callOnce(answers(200, '<html></html>', { 'Content-Type': 'text/html' }));
    expect(kindOf(outcome)).toBe('failed not-soap');
    expect(detailOf(outcome)).toMatch(/web page: the path/);
  });

  it.each([200, 202, 204])(
    'without content is enough with %d when the response has no mandatory field',
    async (status) => {
      const request = { location: 'ftp://x/', retrieveDate: '2026-01-01T00:00:00Z' };
      const update = { operation: 'UpdateFirmware', request };
      await expect(callOnce(answers(status), update)).resolves.toEqual({ kind: 'answered', response: {} });
      const read = { operation: 'GetConfiguration', request: { key: [] } };
      await expect(callOnce(answers(status), read)).resolves.toEqual({ kind: 'answered', response: {} });
      expect(kindOf(await callOnce(answers(status)))).toBe('failed empty');
    },
  );

  it.each([301, 302, 303, 307, 308])('that redirects with %d is not followed', async (status) => {
    const other = await httpBox(answers(200, accepted));
    const outcome = await callOnce(answers(status, accepted, { Location: `http://127.0.0.1:${other.port}/cp` }));
    expect(kindOf(outcome)).toBe('failed redirected');
    expect(detailOf(outcome)).toContain(`to "http://127.0.0.1:${other.port}/cp", which is not followed`);
    expect(other.sockets.size).toBe(0);
  });

  it.each([
    ['gzip', gzipSync(accepted)],
    ['x-gzip', gzipSync(accepted)],
    ['deflate', deflateSync(accepted)],
    ['Deflate', deflateRawSync(accepted)],
    ['identity', Buffer.from(accepted)],
  ])('is read from %s', async (coding, body) => {
    await expect(callOnce(answers(200, body, { 'Content-Encoding': coding }))).resolves.toEqual({
      kind: 'answered',
      response,
    });
  });

  it.each([
    ['gzip', 200, 'failed not-xml', /not valid gzip/],
    ['deflate', 200, 'failed not-xml', /not valid deflate/],
    ['br', 200, 'failed not-xml', /"br" of the answer is not known/],
    ['gzip', 502, 'failed http-status', /proxy/],
  ])('that is not the %s it claims to be, with %d', async (coding, status, kind, detail) => {
    const outcome = await callOnce(answers(status, accepted, { 'Content-Encoding': coding }));
    expect(kindOf(outcome)).toBe(kind);
    expect(detailOf(outcome)).toMatch(detail);
  });

  it('that breaks its reader is an outcome all the same', async () => {
    const box = await httpBox(answers(200, accepted));
    const client = clientWith({}, () => {
      throw new Error('broken');
    });
    expect(kindOf(await client.call(reset(box.port)))).toBe('failed invalid');
  });

  it('is handed to its reader with its operation and type', async () => {
    const box = await httpBox(answers(200, accepted));
    const asked: unknown[] = [];
    const client = clientWith({}, (source, of) => (asked.push(of), readAnswer(source, of)));
    await client.call(reset(box.port));
    expect(asked).toEqual([{ operation: 'Reset', contentType: soap }]);
  });
});

describe('an answer that is too large', () => {
  const large = 'x'.repeat(2_000);

  it.each<[string, (response: ServerResponse) => void]>([
    ['by its length', (answer) => void answer.writeHead(200, { 'Content-Length': 10_000_000 }).write('<')],
    ['without a length', (answer) => void answer.writeHead(200).write(large)],
    ['when unpacked', answers(200, gzipSync(Buffer.alloc(1_000_000)), { 'Content-Encoding': 'gzip' })],
    ['when inflated', answers(200, deflateSync(Buffer.alloc(1_000_000)), { 'Content-Encoding': 'deflate' })],
    ['with an error', (answer) => void answer.writeHead(500).write(large)],
  ])('%s ends the connection', async (_, answer) => {
    const box = await httpBox(answer);
    const outcome = await clientWith({ maximumAnswer: 1_100 }).call(reset(box.port));
    expect(kindOf(outcome)).toBe('failed too-large');
    expect(detailOf(outcome)).toContain('1100 bytes');
    await Promise.all([...box.sockets].map(ended));
  });

  it('is one byte larger than the largest', async () => {
    const box = await httpBox(answers(200, accepted));
    const limit = Buffer.byteLength(accepted);
    expect(kindOf(await clientWith({ maximumAnswer: limit }).call(reset(box.port)))).toBe('answered');
    expect(kindOf(await clientWith({ maximumAnswer: limit - 1 }).call(reset(box.port)))).toBe('failed too-large');
  });
});

describe('a box that does not answer', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n';

  it.each<[string, Parameters<typeof rawBox>[0], RegExp]>([
    ['because it hangs', () => undefined, /within 200 ms/],
    ['because it hangs within the head', (socket) => void socket.write(head), /within 200 ms/],
    [
      'because it hangs within the body',
      (socket) => void socket.write(`${head}Content-Length: 99\r\n\r\n<`),
      /within 200 ms/,
    ],
    [
      'because it resets',
      (socket) => void socket.once('data', () => socket.resetAndDestroy()),
      /lost before the answer/,
    ],
    ['because it closes', (socket) => void socket.once('data', () => socket.end()), /lost before the answer/],
    ['because it breaks off', (socket) => void socket.end(`${head}Content-Length: 99\r\n\r\n<s`), /broke off/],
    ['because it speaks no HTTP', (socket) => void socket.end('220 ftp ready\r\n'), /lost before the answer/],
    ['because it sends a head without end', (socket) => void socket.write(head + 'X: y\r\n'.repeat(9_000)), /lost/],
    [
      'because it changes protocols',
      (socket) => void socket.write('HTTP/1.1 101 Other\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
      /another protocol/,
    ],
  ])('%s', async (_, connected, detail) => {
    const box = await rawBox((socket) => {
      socket.resume();
      connected(socket);
    });
    const outcome = await clientWith().call(reset(box.port, { respondWithin: 200 }));
    expect(kindOf(outcome)).toBe('no-answer');
    expect(detailOf(outcome)).toMatch(detail);
    await Promise.all([...box.sockets].map(ended));
  });

  it('because it drips, byte by byte', async () => {
    const drips: NodeJS.Timeout[] = [];
    const box = await rawBox((socket) => {
      socket.resume().write(`${head}\r\n`);
      drips.push(setInterval(() => void socket.write('<'), 20));
    });
    const outcome = await clientWith().call(reset(box.port, { respondWithin: 200 }));
    for (const drip of drips) clearInterval(drip);
    expect(kindOf(outcome)).toBe('no-answer');
  });
});

describe('a box that cannot be reached', () => {
  it('refuses the connection', async () => {
    const outcome = await clientWith().call(reset(await deafPort()));
    expect(kindOf(outcome)).toBe('not-sent connection-refused');
    expect(detailOf(outcome)).toMatch(/127\.0\.0\.1 port \d+ refused the connection/);
  });

  it('has no route', async () => {
    const unroutable = { address: '255.255.255.255', url: 'http://box.example/' };
    expect(kindOf(await clientWith().call(reset(80, unroutable)))).toBe('not-sent connection-failed');
  });

  it('lets a connection come up too slowly', async () => {
    // A connection with TLS is up when both sides have shaken hands.
    const box = await rawBox((socket) => void socket.resume());
    const outcome = await clientWith({ connectTimeout: 100 }).call(
      reset(box.port, { url: `https://box.example:${box.port}/` }),
    );
    expect(kindOf(outcome)).toBe('not-sent connection-timeout');
    await Promise.all([...box.sockets].map(ended));
  });

  it('lets a connection come up later than the answer is due', async () => {
    const box = await rawBox((socket) => void socket.resume());
    const secure = { url: `https://box.example:${box.port}/`, respondWithin: 100 };
    expect(kindOf(await clientWith().call(reset(box.port, secure)))).toBe('not-sent connection-timeout');
  });

  it('speaks no TLS', async () => {
    const box = await httpBox(answers(200, accepted));
    const outcome = await clientWith().call(reset(box.port, { url: `https://box.example:${box.port}/` }));
    expect(kindOf(outcome)).toBe('not-sent connection-failed');
  });
});

describe('TLS', () => {
  const tls = { key: certificateKey, cert: certificate };
  const secure = (port: number, name = 'box.example', mayReuse = false) =>
    reset(port, { url: `https://${name}:${port}/`, mayReuse });

  it('is held with the name of the URL at the pinned address', async () => {
    const names: unknown[] = [];
    const box = await httpBox((answer, { socket }) => {
      names.push((socket as { servername?: unknown }).servername);
      answers(200, accepted)(answer);
    }, tls);
    const client = clientWith({ certificateAuthorities: certificate });
    await expect(client.call(secure(box.port))).resolves.toEqual({ kind: 'answered', response });
    await expect(client.call(secure(box.port, 'box.example.', true))).resolves.toEqual({ kind: 'answered', response });
    expect(names).toEqual(['box.example', 'box.example']);
    expect(box.requests[0]?.headers.host).toBe(`box.example:${box.port}`);
  });

  it.each([
    ['of another name', 'other.example', certificate, /other\.example/],
    ['of no name', '127.0.0.1', certificate, /127\.0\.0\.1/],
    ['of an unknown authority', 'box.example', undefined, /self-signed/],
  ])('ends before anything is sent with a certificate %s', async (_, name, authorities, detail) => {
    const box = await httpBox(answers(200, accepted), tls);
    const trust = authorities === undefined ? {} : { certificateAuthorities: authorities };
    const outcome = await clientWith(trust).call(secure(box.port, name));
    expect(kindOf(outcome)).toBe('not-sent connection-failed');
    expect(detailOf(outcome)).toMatch(detail);
    expect(box.requests).toHaveLength(0);
  });
});

describe('a kept connection', () => {
  it('carries one request after another', async () => {
    const box = await httpBox(answers(200, accepted));
    const client = clientWith();
    for (let count = 0; count < 3; count += 1)
      expect(kindOf(await client.call(reset(box.port, { mayReuse: true })))).toBe('answered');
    expect(box.requests).toHaveLength(3);
    expect(box.requests[0]?.headers.connection).toBe('keep-alive');
    expect(box.sockets.size).toBe(1);
  });

  it('never carries a request that must not be repeated', async () => {
    const box = await httpBox(answers(200, accepted));
    const client = clientWith();
    await client.call(reset(box.port, { mayReuse: true }));
    for (let count = 0; count < 3; count += 1) await client.call(reset(box.port));
    await client.call(reset(box.port, { mayReuse: true }));
    expect(box.requests).toHaveLength(5);
    expect(box.sockets.size).toBe(4);
  });

  it('ends when it has been idle', async () => {
    const box = await httpBox(answers(200, accepted));
    await clientWith({ keepAliveTimeout: 50 }).call(reset(box.port, { mayReuse: true }));
    await Promise.all([...box.sockets].map(ended));
    expect(box.sockets.size).toBe(1);
  });

  /** Answers the first request of all, then does something to the second on the same connection. */
  const dying = (die: (response: ServerResponse) => void) => {
    let count = 0;
    return httpBox((answer) => ((count += 1) === 2 ? die(answer) : answers(200, accepted)(answer)));
  };
  const twice = async (box: FakeBox, changes: Partial<SoapCall> = {}) => {
    const client = clientWith();
    await client.call(reset(box.port, { mayReuse: true }));
    return client.call(reset(box.port, { mayReuse: true, ...changes }));
  };

  it.each<[string, (response: ServerResponse) => void]>([
    ['is reset', ({ socket }) => void socket?.resetAndDestroy()],
    ['is closed', ({ socket }) => void socket?.destroy()],
  ])('that %s before an answer is replaced once by a fresh one', async (_, die) => {
    const box = await dying(die);
    await expect(twice(box)).resolves.toEqual({ kind: 'answered', response });
    expect(box.requests.map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'keep-alive', 'close']);
    expect(box.sockets.size).toBe(2);
  });

  it('that dies within an answer is not replaced', async () => {
    const box = await dying(({ socket }) => void socket?.end('HTTP/1.1 2'));
    expect(kindOf(await twice(box))).toBe('no-answer');
    expect(box.requests).toHaveLength(2);
  });

  it('that hangs is not replaced', async () => {
    const box = await dying(() => undefined);
    expect(kindOf(await twice(box, { respondWithin: 100 }))).toBe('no-answer');
    expect(box.requests).toHaveLength(2);
  });

  it('is replaced no more than once', async () => {
    let count = 0;
    const box = await httpBox((answer) =>
      (count += 1) > 1 ? answer.socket?.destroy() : answers(200, accepted)(answer),
    );
    expect(kindOf(await twice(box))).toBe('no-answer');
    expect(box.requests).toHaveLength(3);
  });

  it('that was refused a replacement leaves open what was read', async () => {
    const box: FakeBox = await dying(() => void box.close());
    expect(kindOf(await twice(box))).toBe('no-answer');
  });

  it('does not hold up a request to another box behind the same address', async () => {
    const box = await httpBox((response, request) => {
      if (request.headers.host?.startsWith('quick')) response.writeHead(200, { 'Content-Type': soap }).end(accepted);
    });
    const client = clientWith();
    const slow = client.call(reset(box.port, { mayReuse: true, respondWithin: 300 }));
    const url = `http://quick.example:${box.port}/`;
    expect(kindOf(await client.call(reset(box.port, { url, mayReuse: true })))).toBe('answered');
    expect(kindOf(await slow)).toBe('no-answer');
  });

  it('is not handed to a name that was resolved to another address', async () => {
    const box = await httpBox(answers(200, accepted));
    const client = clientWith();
    await client.call(reset(box.port, { mayReuse: true }));
    expect(kindOf(await client.call(reset(box.port, { mayReuse: true, address: '127.0.0.2' })))).toMatch(/^not-sent/);
    expect(box.requests).toHaveLength(1);
  });
});

describe('a client that is closed', () => {
  it('ends what is under way, and sends no more', async () => {
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const box = await httpBox(() => arrived());
    const client = clientWith();
    const call = client.call(reset(box.port));
    await arrival;
    client.close();
    expect(kindOf(await call)).toBe('no-answer');
    expect(kindOf(await client.call(reset(box.port)))).toBe('not-sent connection-failed');
    expect(box.requests).toHaveLength(1);
  });

  it('lets go of kept connections', async () => {
    const box = await httpBox(answers(200, accepted));
    const client = clientWith();
    await client.call(reset(box.port, { mayReuse: true }));
    client.close();
    await Promise.all([...box.sockets].map(ended));
    expect(box.sockets.size).toBe(1);
  });
});
