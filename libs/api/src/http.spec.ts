import { codedError } from '@app/kernel';
import { BadGatewayException, ConflictException, HttpException, InternalServerErrorException } from '@nestjs/common';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { ListeningApi } from './specs/fake-sides';
import { key, listen, problemOf } from './specs/fake-sides';

let api: ListeningApi;
let waited: unknown[] = [];
let seen = true;

beforeAll(async () => {
  api = await listen({
    waitFor: async (...asked) => {
      waited.push(asked);
      return seen;
    },
  });
});
afterAll(() => api.app.close());
beforeEach(() => {
  waited = [];
  seen = true;
  Object.assign(api.sides, { asked: [], told: [], failure: undefined, refusal: undefined, boxes: [] });
  api.sides.logged.length = 0;
});

const authorization = `Bearer ${key}`;

/** Asks without a client that tidies the path up. */
function raw(path: string, method = 'GET'): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: api.port, path, method, headers: { authorization } }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

function sendBytes(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(api.port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('DELETE without a body', () => {
  it.each(['application/json', 'application/json; charset=utf-8'])('may call it %s', async (type) => {
    const path = '/api/id-tags/GONE';
    await api.send('PUT', path, {});
    const remove = () =>
      fetch(`http://127.0.0.1:${api.port}${path}`, {
        method: 'DELETE',
        headers: { authorization, 'content-type': type },
      });
    expect((await remove()).status).toBe(204);
    expect((await problemOf(await remove())).type).toBe('/problems/not-found');
  });
});

describe('A change', () => {
  it('is answered when the read models show it, after two seconds at the most', async () => {
    const response = await api.send('PUT', '/api/charge-boxes/CB-1/registration', { registration: 'Accepted' });
    expect(response.status).toBe(200);
    expect(waited).toEqual([[response.headers.get('x-position'), 2000]]);
    expect(waited).toEqual([[api.sides.position, 2000]]);
  });

  it('is waited for by its position, in the API alone', async () => {
    const at = { 'x-position': '7' };
    expect((await fetch(`${api.url}/health/live`, { headers: at })).status).toBe(200);
    expect(waited).toEqual([]);
    await fetch(`${api.url}/api/charge-boxes`, { headers: { ...at, authorization: `Bearer ${key}` } });
    expect(waited).toEqual([['7', 5000]]);
  });

  it('is answered as pending when they do not', async () => {
    seen = false;
    const registered = await api.send('PUT', '/api/charge-boxes/CB-1/registration', { registration: 'Accepted' });
    expect(registered.status).toBe(202);
    expect(await registered.json()).toEqual({ position: api.sides.position });
    expect(api.sides.asked).toEqual([]);
    const created = await api.send('POST', '/api/id-tags', { idTag: 'LATE' });
    expect(created.status).toBe(202);
  });
});

describe('Hostile identities', () => {
  it.each([
    ['a slash', 'a/b'],
    ['a line break', 'a\r\nX-Evil: 1'],
    ['dots', '../../etc/passwd'],
    ['a percent sign', '100%'],
    ['a colon', ':identity'],
    ['a question mark', 'a?b#c'],
    ['SQL', "'; DROP TABLE x; --"],
    ['markup', '<script>alert(1)</script>'],
    ['a NUL', 'a\u0000b'],
    ['a prototype', '__proto__'],
    ['other scripts', 'Säule 🚗'],
    ['255 characters', '🚗'.repeat(255)],
  ])('with %s reach the command as they are', async (_, identity) => {
    const path = `/api/charge-boxes/${encodeURIComponent(identity)}`;
    const response = await api.send('PUT', `${path}/registration`, { registration: 'Accepted' });
    expect(response.status).toBe(200);
    expect(api.sides.told).toMatchObject([{ identity }]);
    expect(await (await api.get(path)).json()).toMatchObject({ identity, registration: 'Accepted' });
    expect(response.headers.get('x-evil')).toBeNull();
  });

  it('that are but dots are identities too', async () => {
    await raw('/api/charge-boxes/%2e%2e');
    expect(api.sides.asked).toEqual([{ identity: '..' }]);
  });

  it.each([
    ['half a percent sign', '/api/charge-boxes/%', 400],
    ['bytes that are no UTF-8', '/api/charge-boxes/%ff%fe', 400],
    ['an overlong slash', '/api/charge-boxes/%c0%af', 400],
    ['10 kB', `/api/charge-boxes/${'x'.repeat(10_000)}`, 414],
    ['10 kB in the query', `/api/charge-boxes?search=${'x'.repeat(10_000)}`, 414],
    ['20 kB', `/api/charge-boxes/${'x'.repeat(20_000)}`, 431],
  ])('with %s are refused', async (_, path, status) => {
    const answer = await raw(path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status, type: expect.stringMatching(/^\/problems\//) as string });
    expect(api.sides.asked).toEqual([]);
  });

  it('with 256 characters are not recorded', async () => {
    const response = await api.send('PUT', `/api/charge-boxes/${'x'.repeat(256)}/registration`, {
      registration: 'Accepted',
    });
    expect(response.status).toBe(400);
    expect(api.sides.told).toEqual([]);
  });
});

describe('What goes wrong', () => {
  const put = (body: string, type: string) =>
    fetch(`${api.url}/api/charge-boxes/CB-1/registration`, {
      method: 'PUT',
      headers: { authorization, 'content-type': type },
      body,
    });

  it.each([
    ['malformed JSON', ['{"registration":', 'application/json'], '400 malformed-body'],
    ['JSON that poisons prototypes', ['{"__proto__":{}}', 'application/json'], '400 malformed-body'],
    ['no JSON at all', ['', 'application/json'], '400 malformed-body'],
    ['a form', ['registration=Accepted', 'application/x-www-form-urlencoded'], '415 unsupported-media-type'],
    ['text', ['{"registration":"Accepted"}', 'text/plain'], '415 unsupported-media-type'],
    ['CSV where JSON belongs', ['registration', 'text/csv'], '415 unsupported-media-type'],
    ['1.1 MB', [`{"registration":"${'x'.repeat(1_100_000)}"}`, 'application/json'], '413 body-too-large'],
  ])('with %s is told', async (_, [body = '', type = ''], expected) => {
    const { status, type: problem } = await problemOf(await put(body, type));
    expect(`${String(status)} ${String(problem)}`).toBe(expected.replace(' ', ' /problems/'));
    expect(api.sides.told).toEqual([]);
  });

  it('with a type that is not read, says which one is', async () => {
    const { detail } = await problemOf(await put('registration=Accepted', 'application/x-www-form-urlencoded'));
    expect(detail).toBe(
      'Send the body as JSON with the header Content-Type: application/json; only an import of idTags is text/csv.',
    );
  });

  it('is told where no route is', async () => {
    expect(await problemOf(await api.get('/api/nothing'))).toMatchObject({ status: 404, type: '/problems/not-found' });
    expect(await problemOf(await fetch(`${api.url}/favicon.ico`))).toMatchObject({ status: 404 });
    expect(await problemOf(await api.get('/api/charge-boxes/'))).toMatchObject({ status: 404 });
  });

  it.each([
    ['POST', '/api/charge-boxes', 'GET, HEAD'],
    ['DELETE', '/api/charge-boxes/CB-1/registration', 'PUT'],
    ['PUT', '/api/transactions/7?x=1', 'GET, HEAD'],
    ['POST', '/api/id-tags/A', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('is told when %s is not for %s', async (method, path, allow) => {
    const response = await api.send(method, path);
    expect(await problemOf(response)).toMatchObject({ status: 405, type: '/problems/method-not-allowed' });
    expect(response.headers.get('allow')).toBe(allow);
  });

  it('inside is logged and not shown', async () => {
    api.sides.failure = new Error('SELECT secret FROM /var/lib/data');
    const response = await api.get('/api/charge-boxes', { 'x-request-id': 'failing-1' });
    const text = JSON.stringify(await problemOf(response));
    expect(response.status).toBe(500);
    expect(text).not.toMatch(/secret|SELECT|\/var/);
    expect(text).toContain('failing-1');
    const { fields } = api.sides.logged.find(({ sentence }) => sentence === 'A request of the API failed.') ?? {};
    expect(fields).toMatchObject({ requestId: 'failing-1', error: expect.stringContaining('SELECT secret') as string });
  });

  it.each(['store-unavailable', 'store-full', 'overloaded', 'conflict-persists', 'read-models-building'] as const)(
    'for now (%s) asks to try again',
    async (code) => {
      api.sides.failure = codedError(code, 'secret');
      const response = await api.get('/api/charge-boxes');
      const problem = await problemOf(response);
      expect(problem).toMatchObject({ status: 503, type: '/problems/unavailable' });
      expect(problem.detail).not.toMatch(/secret/);
      expect(response.headers.get('retry-after')).toBe('5');
    },
  );

  it.each(['a string', undefined, { statusCode: 418, message: 'teapot' }])(
    'counts as ours when %j is thrown',
    async (thrown) => {
      api.sides.failure = thrown ?? null;
      const response = await api.get('/api/charge-boxes');
      expect(response.status).toBe(500);
    },
  );

  it.each([
    [500, 'internal-error', new InternalServerErrorException('secret')],
    [502, 'internal-error', new BadGatewayException('secret')],
    [409, 'refused', new ConflictException('secret')],
    [418, 'request-failed', new HttpException('Brew coffee elsewhere.', 418)],
  ])('keeps the status %d when Nest names it, as %s', async (status, code, thrown) => {
    api.sides.failure = thrown;
    const problem = await problemOf(await api.get('/api/charge-boxes'));
    expect(problem).toMatchObject({ status, type: `/problems/${code}` });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('is told even where the request is no HTTP', async () => {
    const answer = await sendBytes('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ type: '/problems/malformed-request' });
  });
});

describe('The id of a request', () => {
  it.each(['abc-1', 'A.b_c:d', 'x'.repeat(64)])('is the one that the caller gives: %s', async (id) => {
    const response = await api.get('/api/charge-boxes', { 'x-request-id': id });
    expect(response.headers.get('x-request-id')).toBe(id);
  });

  it.each(['', 'x'.repeat(65), 'a b', '<b>', 'é', '{"a":1}'])('is a new one instead of %j', async (id) => {
    const response = await api.get('/api/charge-boxes', { 'x-request-id': id });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('The log', () => {
  const answered = () =>
    api.sides.logged.filter(({ sentence }) => sentence.startsWith('Answered')).map(({ fields }) => fields);

  it('has one line for each answer', async () => {
    await api.get('/api/charge-boxes/CB%2F1/events?limit=5', { 'x-request-id': 'r-1' });
    await fetch(`${api.url}/api/charge-boxes`);
    expect(answered()).toMatchObject([
      {
        requestId: 'r-1',
        method: 'GET',
        path: '/api/charge-boxes/CB%2F1/events?limit=5',
        status: 404,
        milliseconds: expect.any(Number) as number,
        remoteAddress: '127.0.0.1',
      },
      { status: 401 },
    ]);
  });

  it('never has an idTag, nor the key', async () => {
    await api.get('/api/id-tags/SECRET');
    await api.get('/api/%69d-tags/SECRET');
    await api.get('/api/id-tags/SECRET/more');
    await api.get('/api/id-tags?search=SECRET&parentIdTag=SECRET');
    await api.get('/api/transactions?idTag=SECRET');
    await api.get('/api/transactions?%69dTag=SECRET');
    await api.send('PATCH', '/api/id-tags/SECRET', { note: 'SECRET' });
    await api.send('POST', '/api/id-tags', { idTag: 'SECRET' });
    expect(answered()).toHaveLength(8);
    expect(JSON.stringify(api.sides.logged)).not.toMatch(/SECRET/);
    expect(JSON.stringify(api.sides.logged)).not.toContain(key);
    expect(answered()[0]).toMatchObject({ path: '/api/id-tags/***' });
    expect(answered()[4]).toMatchObject({ path: '/api/transactions?idTag=***' });
  });

  it('has no lines that a caller wrote', async () => {
    await api.get(`/api/charge-boxes/${encodeURIComponent('a\r\n{"level":60}')}`);
    await api.get(`/api/charge-boxes/${'y'.repeat(1000)}`);
    expect(answered()[0]?.path).not.toMatch(/[\r\n]/);
    expect(String(answered()[1]?.path).length).toBeLessThan(400);
  });
});

describe('The headers of an answer', () => {
  it('keep browsers from guessing, framing and storing', async () => {
    const { headers } = await api.get('/api/charge-boxes');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
  });

  it('ask no browser to leave plain http', async () => {
    const { headers } = await fetch(`${api.url}/api/docs`);
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('content-security-policy')).not.toMatch(/upgrade-insecure-requests/);
  });

  it('are on refusals too', async () => {
    const { headers } = await fetch(`${api.url}/api/charge-boxes`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
