import { gunzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { boot, envelope } from '../support/envelopes';
import type { TestService } from '../support/service';
import { call, startTestService } from '../support/service';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('the listener for charge boxes', () => {
  it.each(['/ocpp', '/OCPP', '/Ocpp/', '/ocpp?TenantID=1', 'http://central.example/ocpp'])(
    'serves POST at %s',
    async (path) => {
      expect((await service.post(envelope(), {}, path)).status).toBe(200);
    },
  );

  it.each(['application/soap+xml; charset=utf-8; action="/Heartbeat"', 'TEXT/XML', 'application/xml', ''])(
    'takes the media type %j',
    async (type) => {
      const answer = await service.post(envelope(), { 'Content-Type': type });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/soap+xml; charset=utf-8');
    },
  );

  it('says what it is where a path is unknown', async () => {
    const answer = await service.get('/nothing');
    expect(answer.status).toBe(404);
    expect(answer.body).toContain('/ocpp');
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('answers %s with 405 and what is allowed', async (method) => {
    const answer = await call(service.soapPort, { method, path: '/ocpp' });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    expect(answer.body).toContain('?wsdl');
  });

  it('tells a box that opens a WebSocket that it speaks JSON', async () => {
    const answer = await service.raw(
      'GET /ocpp/BOX HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    expect(answer).toContain('405 Method Not Allowed');
    expect(answer).toContain('This box speaks JSON');
    expect(answer).toContain('Connection: close');
  });

  it.each(['h2c', 'TLS/1.0', 'h2c, HTTP/2.0'])('serves over HTTP/1.1 whoever offers %s', async (protocol) => {
    const offer = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: protocol, 'HTTP2-Settings': 'AAMAAABkAAQAoAAA' };
    const answer = await service.post(envelope(), offer);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('heartbeatResponse');
  });

  it.each([
    ['/ocpp?wsdl', 'CentralSystemService'],
    ['/OCPP?WSDL', 'CentralSystemService'],
    ['/ocpp?wsdl=ChargePointService', 'ChargePointService'],
  ])('describes a service at %s', async (path, name) => {
    const answer = await service.get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/xml');
    expect(answer.body).toContain(`<wsdl:service name="${name}">`);
    expect(answer.body).toContain(`location="http://127.0.0.1:${service.soapPort}/ocpp"`);
  });

  it('answers HTTP/1.0 with a length and closes', async () => {
    const xml = envelope();
    const answer = await service.raw(`POST /ocpp HTTP/1.0\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`);
    expect(answer).toContain('200 OK');
    expect(answer).toMatch(/Content-Length: \d+/);
    expect(answer).toContain('Connection: close');
  });

  it('reads chunked bodies, and says 100 Continue when asked', async () => {
    const xml = envelope();
    const chunks = `${xml.length.toString(16)}\r\n${xml}\r\n0\r\n\r\n`;
    const answer = await service.raw(
      `POST /ocpp HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    );
    expect(answer).toContain('100 Continue');
    expect(answer).toContain('heartbeatResponse');
  });

  it('compresses long answers for those who accept it, and only then', async () => {
    const long = envelope({ headers: `<wsa:MessageID>urn:${'m'.repeat(1_500)}</wsa:MessageID>` });
    const packed = await service.post(long, { 'Accept-Encoding': 'gzip, deflate' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(Buffer.from(packed.body, 'latin1')).toString()).toContain('heartbeatResponse');
    expect((await service.post(long)).headers['content-encoding']).toBeUndefined();
    expect((await service.post(envelope(), { 'Accept-Encoding': 'gzip' })).headers['content-encoding']).toBeUndefined();
  });

  it('keeps a connection for the next request of a box, longer than servers usually do', async () => {
    const xml = envelope();
    const request = `POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`;
    const socket = connect(service.soapPort, '127.0.0.1');
    const answers: string[] = [];
    socket.on('data', (chunk) => answers.push(chunk.toString()));
    socket.write(request);
    // Five seconds is where Node closes by default, under the nose of a box that is about to send.
    await new Promise((resolve) => setTimeout(resolve, 6_500));
    expect(socket.destroyed || socket.readableEnded).toBe(false);
    socket.write(request);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    expect(answers.join('')).toContain('Keep-Alive: timeout=75');
    expect(answers.join('').match(/heartbeatResponse xmlns/g)).toHaveLength(2);
  });
});

describe('registration', () => {
  it('of known boxes only: a stranger becomes a candidate, is accepted, and is served', async () => {
    const strict = await startTestService({ CHARGE_BOX_REGISTRATION: 'known' });
    const identity = 'NEW / BOX';
    expect((await strict.post(envelope({ identity, body: boot }))).body).toContain('<status>Rejected</status>');
    const refused = await strict.post(envelope({ identity }));
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('SecurityError');
    await strict.readModels.waitFor(await strict.store.head(), 2_000);
    const candidates = await strict.api<{ rows: { identity: string }[] }>('GET', '/api/candidates');
    expect(candidates.body.rows.map((row) => row.identity)).toEqual([identity]);
    const path = `/api/charge-boxes/${encodeURIComponent(identity)}/registration`;
    expect((await strict.api('PUT', path, { registration: 'Accepted' })).status).toBe(200);
    expect((await strict.post(envelope({ identity }))).status).toBe(200);
    expect((await strict.post(envelope({ identity, body: boot }))).body).toContain('<status>Accepted</status>');
    expect((await strict.api<{ rows: unknown[] }>('GET', '/api/candidates')).body.rows).toEqual([]);
    expect((await strict.api('PUT', path, { registration: 'Rejected' })).status).toBe(200);
    expect((await strict.post(envelope({ identity }))).body).toContain('SecurityError');
    await strict.stop();
  });

  it('records no more candidates than allowed', async () => {
    const strict = await startTestService({ CHARGE_BOX_REGISTRATION: 'known', MAX_CANDIDATES: '3' });
    for (let index = 0; index < 6; index += 1) {
      expect((await strict.post(envelope({ identity: `S-${index}`, body: boot }))).body).toContain('Rejected');
    }
    await strict.readModels.waitFor(await strict.store.head(), 2_000);
    expect((await strict.api<{ rows: unknown[] }>('GET', '/api/candidates')).body.rows).toHaveLength(3);
    await strict.stop();
  });
});

describe('deviations', () => {
  it('of heartbeats and of refused requests are shown with their box', async () => {
    const identity = 'ODD';
    await service.post(envelope({ identity, body: boot }));
    await service.post(envelope({ identity, headers: '' }));
    const soap = 'http://schemas.xmlsoap.org/soap/envelope/';
    expect((await service.post(envelope({ identity, soap, body: '<cs:danceRequest/>' }))).body).toContain('Fault');
    const shown = async () => {
      await service.readModels.waitFor(await service.store.head(), 2_000);
      const box = await service.api<{ quirks: { name: string }[] }>('GET', `/api/charge-boxes/${identity}`);
      return box.body.quirks.map(({ name }) => name);
    };
    // The refusal does not wait until its deviations are noted.
    for (const end = Date.now() + 10_000; !(await shown()).includes('soap-1.1') && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await shown()).toEqual(expect.arrayContaining(['no-action', 'no-from', 'no-message-id', 'soap-1.1']));
  });
});

describe('strict mode', () => {
  it('turns a deviation into a fault that names it', async () => {
    const strict = await startTestService({ OCPP_STRICT: 'true' });
    const odd = await strict.post(envelope({ headers: '' }));
    expect(odd.status).toBe(400);
    expect(odd.body).toContain('Strict mode refuses: no-message-id; no-action');
    expect((await strict.post(envelope())).status).toBe(200);
    await strict.stop();
  });
});
