import { gzipSync } from 'node:zlib';
import { deflateRawSync, deflateSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Log } from '@app/kernel';
import { boot, cs, envelope, start } from '../support/envelopes';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

// Whatever comes over the wire, the service answers or hangs up, and goes on serving others. Cannot see: attacks on TLS, which a proxy ends.

const lines: string[] = [];
const write = (fields: object, sentence: string) => void lines.push(JSON.stringify(fields) + sentence);
const log: Log = { debug: write, info: write, warn: write, error: write };

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ RECEIVE_TIMEOUT: '1', MAX_BODY: '200000', MAX_DECOMPRESSED_BODY: '400000' }, log);
});
afterAll(() => service.stop());

/** Another box is served as if nothing had happened. */
async function expectAlive(): Promise<void> {
  const answer = await service.post(envelope({ identity: 'HEALTHY' }));
  expect(answer.status).toBe(200);
}

describe('XML that is not well-formed', () => {
  const good = envelope();
  it.each([
    ['mismatched tags', good.replace('</s:Body>', '</s:Boddy>')],
    ['a truncated document', good.slice(0, -20)],
    ['two roots', good + good.slice(good.indexOf('<s:Envelope'))],
    ['trailing junk', `${good}junk`],
    ['an unbound prefix', good.replace('<cs:heartbeatRequest/>', '<xx:heartbeatRequest/>')],
    ['an undeclared xsi:nil', envelope({ body: start().replace('<cs:meterStart>', '<cs:meterStart xsi:nil="true">') })],
    ['a duplicate attribute', good.replace('<cs:heartbeatRequest/>', '<cs:heartbeatRequest a="1" a="2"/>')],
    [
      'one attribute under two prefixes',
      good.replace('<cs:heartbeatRequest/>', '<cs:heartbeatRequest xmlns:a="u" xmlns:b="u" a:x="1" b:x="2"/>'),
    ],
    ['a reference to no character', envelope({ identity: 'A&#0;B' })],
    ['a reference to a character that XML has not', envelope({ identity: 'A&#xFFFF;B' })],
    ['an unknown entity', envelope({ identity: 'A&nbsp;B' })],
    ['a bare ampersand', envelope({ identity: 'A & B' })],
    ['a document type', good.replace('<s:Envelope', '<!DOCTYPE s:Envelope><s:Envelope')],
    [
      'entities that grow',
      good
        .replace('<s:Envelope', '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><s:Envelope')
        .replace('BOX-1', '&b;'),
    ],
    [
      'an external entity',
      good
        .replace('<s:Envelope', '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><s:Envelope')
        .replace('BOX-1', '&x;'),
    ],
    ['a processing instruction', good.replace('<s:Body>', '<?php evil() ?><s:Body>')],
    [
      'ten thousand attributes',
      good.replace(
        '<cs:heartbeatRequest/>',
        `<cs:heartbeatRequest ${Array.from({ length: 10_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`,
      ),
    ],
    ['depth', good.replace('<cs:heartbeatRequest/>', '<a>'.repeat(40_000))],
    ['no XML at all', 'hello'],
    ['nothing', ''],
  ])('with %s is a ProtocolError', async (_what, xml) => {
    const begin = performance.now();
    const answer = await service.post(xml);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('ocpp:ProtocolError');
    expect(performance.now() - begin).toBeLessThan(1_000);
    await expectAlive();
  });

  it('with a depth of 100 000 is refused before it costs anything', async () => {
    const roomy = await startTestService({ MAX_BODY: '1000000' });
    const answer = await roomy.post(envelope({ body: '<a>'.repeat(100_000) }));
    expect(answer.body).toContain('nested too deeply');
    await roomy.stop();
  });

  it('says where the fault is', async () => {
    const answer = await service.post(`${envelope()}\njunk`);
    expect(answer.body).toMatch(/2:\d+: text data outside of root node/);
  });
});

describe('bodies', () => {
  it('larger than allowed are cut off, announced or not', async () => {
    const body = 'x'.repeat(300_000);
    expect((await service.post(body)).status).toBe(413);
    const chunked = `POST /ocpp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${'y'.repeat(65_536)}\r\n`.repeat(10)}0\r\n\r\n`;
    expect(await service.raw(chunked)).toContain('413 Payload Too Large');
    await expectAlive();
  });

  it('of 100 MB are not read to their end', async () => {
    const answer = await service.raw(
      `POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n${'z'.repeat(100_000)}`,
    );
    expect(answer).toContain('413 Payload Too Large');
    await expectAlive();
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['deflate', deflateSync(Buffer.alloc(50_000_000))],
  ])('that unpack to a thousand times their size are refused: %s', async (encoding, bomb) => {
    expect(bomb.length).toBeLessThan(100_000);
    const answer = await service.post(bomb, { 'Content-Encoding': encoding });
    expect(answer.status).toBe(413);
    await expectAlive();
  });

  it.each([
    ['broken gzip', 'gzip', Buffer.from('not gzip'), 400],
    ['truncated gzip', 'gzip', gzipSync(envelope()).subarray(0, 50), 400],
    ['broken deflate', 'deflate', Buffer.from([0xff, 0xff, 0xff]), 400],
    ['an unknown encoding', 'br', Buffer.from('x'), 415],
  ])('in %s are refused', async (_what, encoding, body, status) => {
    expect((await service.post(body, { 'Content-Encoding': encoding })).status).toBe(status);
    await expectAlive();
  });

  it.each([
    ['gzip', gzipSync(envelope())],
    ['deflate', deflateSync(envelope())],
    ['deflate', deflateRawSync(envelope())],
  ])('in %s are read', async (encoding, body) => {
    expect((await service.post(body, { 'Content-Encoding': encoding })).status).toBe(200);
  });

  it.each([
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from(envelope().slice(0, -1)), Buffer.from([0xff, 0x3e])]),
      undefined,
    ],
    ['a character set that nobody knows', Buffer.from(envelope()), 'application/soap+xml; charset=klingon'],
  ])('with %s are a ProtocolError', async (_what, body, contentType) => {
    const answer = await service.post(body, contentType === undefined ? {} : { 'Content-Type': contentType });
    expect(answer.body).toContain('ocpp:ProtocolError');
    await expectAlive();
  });
});

describe('senders', () => {
  it('that dribble are cut off while others are served', async () => {
    const slow = Array.from({ length: 20 }, () => {
      const socket = connect(service.soapPort, '127.0.0.1', () =>
        socket.write('POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n'),
      );
      const dribble = setInterval(() => socket.write('a'), 100);
      socket.on('error', () => undefined);
      return new Promise<string>((resolve) => {
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('close', () => (clearInterval(dribble), resolve(text)));
      });
    });
    await expectAlive();
    for (const text of await Promise.all(slow)) expect(text).toContain('408 Request Timeout');
    await expectAlive();
  });

  it('that hold memory together are refused as overload, and usual ones are served', async () => {
    const small = await startTestService({
      MAX_BODIES: '1048576',
      MAX_BODY: '200000',
      MAX_DECOMPRESSED_BODY: '200000',
    });
    const held = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const socket = connect(small.soapPort, '127.0.0.1');
        const head =
          'POST /ocpp HTTP/1.1\r\nHost: a\r\nContent-Type: application/soap+xml\r\nContent-Length: 200000\r\n\r\n';
        const said = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
        socket.on('error', () => undefined);
        await new Promise<void>((resolve) => socket.write(head + 'x'.repeat(199_999), () => resolve()));
        return { socket, said };
      }),
    );
    const refusal = await Promise.race(held.map(({ said }) => said));
    expect(refusal).toContain('HTTP/1.1 503');
    expect(refusal).toContain('Retry-After: 5');
    expect((await small.post(envelope())).status).toBe(200);
    const large = envelope({ body: start().replace('</cs:idTag>', `</cs:idTag><!--${'x'.repeat(150_000)}-->`) });
    expect((await small.post(large)).status).toBe(503);
    for (const { socket } of held) socket.destroy();
    while ((await small.post(large)).status === 503) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await small.post(large)).status).toBe(200);
    await small.stop();
  });

  it.each([
    ['the SOAP port', '/ocpp?wsdl', () => service.soapPort],
    ['the API', '/api/docs-json', () => service.apiPort],
  ])('that are sent by the hundred while no answer is read are cut off at %s', async (_where, path, port) => {
    const socket = connect(port(), '127.0.0.1');
    let answers = '';
    const cut = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(800));
    await expectAlive();
    socket.on('data', (data) => (answers += data.toString('latin1')));
    socket.resume();
    await cut;
    expect(answers.split('HTTP/1.1 200').length - 1).toBeLessThanOrEqual(16);
    await expectAlive();
  });

  it('that promise more than they send are cut off', async () => {
    expect(await service.raw(`POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n${envelope()}`)).toContain(
      '408 Request Timeout',
    );
  });

  it('that promise less than they send are told what could be read of it', async () => {
    const xml = envelope();
    const answer = await service.raw(
      `POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: ${xml.length - 10}\r\n\r\n${xml}`,
    );
    expect(answer).toContain('ocpp:ProtocolError');
    await expectAlive();
  });

  it.each([
    ['no HTTP', 'EHLO example.org\r\n\r\n', '400 Bad Request'],
    ['headers without end', `POST /ocpp HTTP/1.1\r\nX: ${'h'.repeat(40_000)}`, '431 Request Header Fields Too Large'],
    [
      'two lengths',
      'POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
      '400 Bad Request',
    ],
    [
      'a length and chunks',
      'POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400 Bad Request',
    ],
  ])('that send %s are refused', async (_what, bytes, status) => {
    expect(await service.raw(bytes)).toContain(status);
    await expectAlive();
  });

  it('that hang up in the middle do no harm', async () => {
    const socket = connect(service.soapPort, '127.0.0.1', () => {
      socket.write('POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc', () => socket.destroy());
    });
    await new Promise((resolve) => socket.on('close', resolve));
    await expectAlive();
  });
});

describe('places', () => {
  it('are not taken by senders whose requests have not arrived', async () => {
    const small = await startTestService({ MAX_IN_FLIGHT: '5' });
    const slow = Array.from({ length: 40 }, () =>
      connect(small.soapPort, '127.0.0.1', function (this: Socket) {
        this.write('POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<');
      }).on('error', () => undefined),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await small.post(envelope({ body: boot }))).status).toBe(200);
    for (const socket of slow) socket.destroy();
    await small.stop();
  });

  it('and the process survive a connection that is reset while it asks for another protocol', async () => {
    for (let count = 0; count < 50; count += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(service.soapPort, '127.0.0.1', () => {
          socket.write('GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
          setImmediate(() => resolve(void socket.resetAndDestroy()));
        });
        socket.on('error', () => resolve());
      });
    }
    await expectAlive();
  });
});

describe('identities', () => {
  const identities = [
    '../../etc/passwd',
    '<script>alert(1)</script>',
    "x'; DROP TABLE charge_boxes; --",
    '__proto__',
    `long-${'i'.repeat(250)}`,
    'two\r\nlines',
    '"quoted" & more',
  ];

  it.each(identities)('are text and nothing else: %.40s', async (identity) => {
    const escaped = identity.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const answer = await service.post(envelope({ identity: escaped, body: boot }));
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<status>Accepted</status>');
    expect(answer.body).not.toContain('<script>');
    await expectAlive();
  });

  it.each([256, 10_000, 60_000])('of %d characters are refused, and not told whole', async (length) => {
    const before = lines.length;
    const answer = await service.post(envelope({ identity: 'i'.repeat(length), body: boot }));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('it may have 255');
    for (const line of lines.slice(before)) expect(line.length).toBeLessThan(2_000);
    await expectAlive();
  });

  it('never break a log line or reach one as markup', async () => {
    for (const identity of ['two\r\nlines', 'x']) await service.post(envelope({ identity, body: '<cs:nothing/>' }));
    const log = lines.join('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.every((line) => !/[\r\n]/.test(line))).toBe(true);
    expect(log).not.toContain('DROP TABLE charge_boxes');
  });

  it('that are missing are a ProtocolError', async () => {
    for (const xml of [envelope({ identity: '  ' }), envelope().replace(/<s:Header>.*<\/s:Header>/, '')]) {
      const answer = await service.post(xml);
      expect(answer.status).toBe(400);
      expect(answer.body).toContain('chargeBoxIdentity');
    }
  });

  it('show in the API as they are', async () => {
    const { body, status } = await service.api<{ identity: string }>(
      'GET',
      `/api/charge-boxes/${encodeURIComponent('../../etc/passwd')}`,
    );
    expect(status).toBe(200);
    expect(body.identity).toBe('../../etc/passwd');
  });
});

describe('headers that must be understood', () => {
  const must = '<x:trace xmlns:x="urn:other" s:mustUnderstand="1">1</x:trace>';

  it('and are not, are named in a MustUnderstand fault', async () => {
    const answer = await service.post(envelope({ headers: must }));
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('<soap:Value>soap:MustUnderstand</soap:Value>');
    expect(answer.body).toContain('NotUnderstood');
  });

  it('are ignored without that mark', async () => {
    expect((await service.post(envelope({ headers: must.replace('1"', 'false"') }))).status).toBe(200);
  });
});

describe('envelopes of other kinds', () => {
  it('in SOAP 1.1 are answered in SOAP 1.1', async () => {
    const answer = await service.post(envelope({ soap: 'http://schemas.xmlsoap.org/soap/envelope/' }), {
      'Content-Type': 'text/xml',
      SOAPAction: '/Heartbeat',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/xml');
    expect(answer.body).toContain('xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"');
  });

  it('of an unknown kind get VersionMismatch', async () => {
    const answer = await service.post(envelope({ soap: 'urn:soap:9' }));
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('soap:VersionMismatch');
  });

  it('in a namespace that lacks its slash are understood', async () => {
    const answer = await service.post(envelope({ namespace: cs.slice(0, -1) }));
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(`xmlns="${cs.slice(0, -1)}"`);
  });

  it('with every field that is missing named in one fault', async () => {
    const answer = await service.post(envelope({ body: '<cs:bootNotificationRequest/>' }));
    expect(answer.body).toContain('chargePointVendor');
    expect(answer.body).toContain('chargePointModel');
  });
});
