'use strict';

const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { createServer } = require('node:https');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { Api } = require('../lib/api');

// The service behind TLS with a certificate of one's own. Cannot see: certificates of clients.

let folder;
let server;
let url;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tls-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    if (request.url !== '/base/api/requests/feed') return response.end('{"fine":true}');
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    return response.end('event: request\ndata: {"msgId":"m1"}\n\n');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${server.address().port}/base/`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

it('is called and followed where its certificate is known', async () => {
  const api = new Api({ url, key: 'k', tls: { ca: readFileSync(path.join(folder, 'cert.pem')) } });
  expect((await api.call('GET', '/api/answering')).body).toEqual({ fine: true });
  const messages = [];
  for await (const message of api.events('/api/requests/feed', { signal: new AbortController().signal }))
    messages.push(message);
  expect(messages).toMatchObject([{ event: 'request', data: { msgId: 'm1' } }]);
  api.close();
});

it('is refused where its certificate is unknown', async () => {
  const api = new Api({ url, key: 'k' });
  await expect(api.call('GET', '/api/answering')).rejects.toThrow(
    /cannot be reached: (DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY)/,
  );
  api.close();
});

it.each(['ftp://127.0.0.1/', 'nowhere', '', undefined, 7, {}])('an address is one of the web, not %p', (address) => {
  expect(() => new Api({ url: address })).toThrow(/address of a service|begins with http/);
});
