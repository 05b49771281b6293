import type { ListeningApi } from './specs/fake-sides';
import { key, listen, problemOf } from './specs/fake-sides';

let api: ListeningApi;
let now = 0;

beforeEach(async () => {
  now = Date.parse('2026-03-01T12:00:00Z');
  api = await listen({ clock: { now: () => now } });
});
afterEach(() => api.app.close());

const ask = (path: string, authorization?: string, method = 'GET') =>
  fetch(api.url + path, { method, headers: authorization === undefined ? {} : { authorization } });

describe('The key', () => {
  it.each([`Bearer ${key}`, `bearer ${key}`, `Bearer   ${key}`])('opens the API as "%s"', async (authorization) => {
    expect((await ask('/api/charge-boxes', authorization)).status).toBe(200);
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', `Basic ${key}`, key, `Bearer ${key} ${key}`])(
    'is missed in %j',
    async (authorization) => {
      const response = await ask('/api/charge-boxes', authorization);
      expect(await problemOf(response)).toMatchObject({ status: 401, type: '/problems/unauthorized' });
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="ocpp-central-system"');
      expect(api.sides.asked).toEqual([]);
    },
  );

  it.each(['Bearer wrong', `Bearer ${key}x`, `Bearer ${key.slice(0, -1)}`])('is not "%s"', async (authorization) => {
    const response = await ask('/api/charge-boxes', authorization);
    expect(await problemOf(response)).toMatchObject({ status: 401, type: '/problems/wrong-key' });
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="ocpp-central-system", error="invalid_token"');
    expect(api.sides.asked).toEqual([]);
  });

  it.each([
    '/api/charge-boxes',
    '/api/%63harge-boxes',
    '/api/nothing',
    '/API/charge-boxes',
    '/api/docs-json-and-more',
    '/api',
    '/metrics',
    '/api/id-tags/x?y=/api/docs',
    '/api/docs/../charge-boxes',
  ])('is needed for %s', async (path) => {
    expect((await ask(path)).status).toBe(401);
  });

  it.each(['/health/live', '/health/ready', '/api/docs', '/api/docs-json'])('is not needed for %s', async (path) => {
    expect((await ask(path)).status).toBe(200);
  });

  it('is asked for before the body is read', async () => {
    const response = await fetch(`${api.url}/api/id-tags/import`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: 'x'.repeat(1000),
    });
    expect(response.status).toBe(401);
    const malformed = await fetch(`${api.url}/api/id-tags`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(malformed.status).toBe(401);
  });

  it('cannot be guessed: after ten wrong ones in a minute the peer waits, even with the right one', async () => {
    for (let count = 0; count < 10; count += 1)
      expect((await ask('/api/charge-boxes', 'Bearer wrong')).status).toBe(401);
    now += 20_000;
    const response = await ask('/api/charge-boxes', `Bearer ${key}`);
    expect(await problemOf(response)).toMatchObject({ status: 429, type: '/problems/too-many-wrong-keys' });
    expect(response.headers.get('retry-after')).toBe('40');
    expect((await ask('/health/live')).status).toBe(200);
    now += 40_000;
    expect((await ask('/api/charge-boxes', `Bearer ${key}`)).status).toBe(200);
  });

  it('is not guessed by those who send none', async () => {
    for (let count = 0; count < 15; count += 1) await ask('/api/charge-boxes');
    expect((await ask('/api/charge-boxes', `Bearer ${key}`)).status).toBe(200);
  });
});

describe('What the settings open', () => {
  it('needs no key', async () => {
    const open = await listen({ metricsPublic: true, open: ['/api/candidates'] });
    expect((await fetch(`${open.url}/metrics`)).status).toBe(200);
    expect((await fetch(`${open.url}/api/candidates`)).status).toBe(200);
    expect((await fetch(`${open.url}/api/charge-boxes`)).status).toBe(401);
    await open.app.close();
  });
});
