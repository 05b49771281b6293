import type { ListeningApi } from './specs/fake-sides';
import type { AllowList } from '@app/egress';
import { overrideFault, parseAllowList } from '@app/egress';
import { listen, problemOf, violationsOf } from './specs/fake-sides';

let api: ListeningApi;

const allow = parseAllowList('peer:80,443,1024-65535 [::1]:8080') as AllowList;
beforeAll(async () => {
  api = await listen({ overrideFault: (url) => overrideFault(url, allow) });
});
afterAll(() => api.app.close());
beforeEach(() => {
  Object.assign(api.sides, { asked: [], told: [], failure: undefined, refusal: undefined, events: [] });
  api.sides.boxes = ['CB-1', 'CB-2', 'CB-3'].map((identity) => ({
    identity,
    registration: 'Accepted',
    bootCount: 1,
    note: 'known',
    connectors: [
      { identity, connectorId: 1, status: 'Available', errorCode: 'NoError', since: '2026-03-01T08:00:00.000Z' },
    ],
    quirks: [
      { name: 'no-from', count: 2, lastSeenAt: '2026-03-01T08:00:00.000Z' },
      { name: 'from-a-later-version', count: 1, lastSeenAt: '2026-03-01T08:00:00.000Z' },
    ],
    addresses: [{ from: 'http://10.0.0.7/', at: '2026-03-01T08:00:00.000Z' }],
  }));
});

describe('The list of charge boxes', () => {
  it('comes in pages of 100 unless told otherwise', async () => {
    const response = await api.get('/api/charge-boxes');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      rows: [{ identity: 'CB-1' }, { identity: 'CB-2' }, { identity: 'CB-3' }],
    });
    expect(api.sides.asked).toEqual([{ filter: {}, paging: { limit: 100, cursor: undefined } }]);
  });

  it('goes on where the page before ended', async () => {
    const first = (await (await api.get('/api/charge-boxes?limit=2')).json()) as { next: string };
    const second = (await (await api.get(`/api/charge-boxes?limit=2&cursor=${first.next}`)).json()) as {
      rows: unknown[];
    };
    expect(second.rows).toHaveLength(1);
  });

  it('hands every filter to the query, times in UTC', async () => {
    await api.get(
      '/api/charge-boxes?registration=Rejected&vendor=ACME&model=Duo&search=park&silentSince=2026-03-01T02:00:00%2B02:00',
    );
    expect(api.sides.asked).toMatchObject([
      {
        filter: {
          registration: 'Rejected',
          vendor: 'ACME',
          model: 'Duo',
          search: 'park',
          silentSince: '2026-03-01T00:00:00.000Z',
        },
      },
    ]);
  });

  it.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T02:00:00+02:00', '2026-03-01T00:00:00.000Z'],
    ['2026-02-28T23:30:00.5Z', '2026-02-28T23:30:00.500Z'],
  ])('reads %s as %s', async (text, utc) => {
    expect((await api.get(`/api/charge-boxes?silentSince=${text}`)).status).toBe(200);
    expect(api.sides.asked).toMatchObject([{ filter: { silentSince: utc } }]);
  });

  it.each([
    ['limit=0', 'query limit: too-small'],
    ['limit=1001', 'query limit: too-big'],
    ['limit=', 'query limit: invalid-type'],
    ['limit=1e2', 'query limit: invalid-type'],
    ['limit=1&limit=2', 'query limit: invalid-type'],
    ['registration=accepted', 'query registration: invalid-value'],
    ['silentSince=2026-02-30T00:00:00Z', 'query silentSince: invalid-format'],
    ['silentSince=2026-02-01T00:00:00', 'query silentSince: invalid-format'],
    ['status=open', 'query status: unknown'],
    ['__proto__=1', 'query __proto__: unknown'],
    ['cursor=', 'query cursor: too-small'],
  ])('refuses ?%s', async (query, violation) => {
    expect(await violationsOf(await api.get(`/api/charge-boxes?${query}`))).toEqual([violation]);
    expect(api.sides.asked).toEqual([]);
  });

  it('tells all violations at once', async () => {
    expect(await violationsOf(await api.get('/api/charge-boxes?limit=x&registration=y&colour=z&taste=z'))).toEqual([
      'query registration: invalid-value',
      'query limit: invalid-type',
      'query colour: unknown',
      'query taste: unknown',
    ]);
  });

  it('refuses a cursor of another list', async () => {
    api.sides.failure = Object.assign(new Error('secret'), { code: 'invalid-cursor' });
    expect(await violationsOf(await api.get('/api/charge-boxes?cursor=zzz'))).toEqual(['query cursor: invalid-cursor']);
  });
});

describe('Candidates', () => {
  it('are the charge boxes that nobody has decided about', async () => {
    expect((await api.get('/api/candidates?vendor=ACME&limit=5')).status).toBe(200);
    expect(api.sides.asked).toEqual([
      { filter: { registration: 'Unknown', vendor: 'ACME' }, paging: { limit: 5, cursor: undefined } },
    ]);
  });

  it('cannot be asked for by another registration', async () => {
    expect(await violationsOf(await api.get('/api/candidates?registration=Accepted'))).toEqual([
      'query registration: unknown',
    ]);
  });
});

describe('A charge box', () => {
  it('is shown with connectors, addresses, and what its quirks mean', async () => {
    expect(await (await api.get('/api/charge-boxes/CB-1')).json()).toMatchObject({
      identity: 'CB-1',
      connectors: [{ connectorId: 1 }],
      quirks: [
        { name: 'no-from', meaning: 'The message has no wsa:From, so it does not tell where the box can be called.' },
        { name: 'from-a-later-version' },
      ],
      addresses: [{ from: 'http://10.0.0.7/' }],
    });
  });

  it('is not found when nobody knows it', async () => {
    const paths = ['', '/connectors', '/events'];
    for (const path of paths) {
      expect(await problemOf(await api.get(`/api/charge-boxes/CB-9${path}`))).toMatchObject({
        status: 404,
        type: '/problems/not-found',
      });
    }
    expect((await api.send('PATCH', '/api/charge-boxes/CB-9', { note: 'x' })).status).toBe(404);
    expect(api.sides.told).toEqual([]);
  });

  it('has connectors', async () => {
    expect(await (await api.get('/api/charge-boxes/CB-2/connectors')).json()).toMatchObject({
      rows: [{ identity: 'CB-2', connectorId: 1 }],
    });
  });

  it('has events, of some types where asked', async () => {
    await api.get('/api/charge-boxes/CB-2/events?type=A,B&limit=7');
    await api.get('/api/charge-boxes/CB-2/events?type=A&type=B&cursor=3');
    await api.get('/api/charge-boxes/CB-2/events');
    expect(api.sides.asked.filter((query) => 'filter' in query)).toEqual([
      { identity: 'CB-2', filter: { types: ['A', 'B'] }, paging: { limit: 7, cursor: undefined } },
      { identity: 'CB-2', filter: { types: ['A', 'B'] }, paging: { limit: 100, cursor: '3' } },
      { identity: 'CB-2', filter: { types: undefined }, paging: { limit: 100, cursor: undefined } },
    ]);
  });
});

describe('Changing a charge box', () => {
  it('keeps what is not named and clears what is null', async () => {
    const response = await api.send('PATCH', '/api/charge-boxes/CB-1', {
      timeZone: 'Europe/Berlin',
      addressOverride: 'http://10.0.0.9:8080/box',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-position')).toBe(api.sides.position);
    expect(await response.json()).toMatchObject({ identity: 'CB-1', timeZone: 'Europe/Berlin', note: 'known' });
    const cleared = await api.send('PATCH', '/api/charge-boxes/CB-1', { note: null });
    expect(await cleared.json()).not.toHaveProperty('note');
    const at = '2026-03-01T12:00:00.000Z';
    const settings = { timeZone: 'Europe/Berlin', addressOverride: 'http://10.0.0.9:8080/box' };
    expect(api.sides.told.map((command) => ('message' in command ? command.message : {}))).toEqual([
      { kind: 'configure', settings, at },
      { kind: 'configure', settings: { note: '' }, at },
    ]);
  });

  it('tells who asked', async () => {
    const response = await api.send('PATCH', '/api/charge-boxes/CB-1', { note: 'x' });
    expect(api.sides.told).toMatchObject([
      { origin: { requestId: response.headers.get('x-request-id'), remoteAddress: '127.0.0.1' } },
    ]);
  });

  it.each([
    [{}, ['body : no-change']],
    [{ timeZone: 'Mars/Olympus' }, ['body timeZone: time-zone']],
    [{ timeZone: '+01:00' }, ['body timeZone: time-zone']],
    [{ addressOverride: 'ftp://10.0.0.9/' }, ['body addressOverride: invalid-format']],
    [{ addressOverride: 'javascript:alert(1)' }, ['body addressOverride: invalid-format']],
    [{ addressOverride: 'http://user:pass@10.0.0.9/' }, ['body addressOverride: credentials']],
    [{ note: 'long '.repeat(401) }, ['body note: length']],
    [{ note: 7, identity: 'CB-2' }, ['body note: invalid-type', 'body identity: unknown']],
    [[], ['body : invalid-type']],
    [null, ['body : invalid-type']],
  ])('refuses %j', async (body, violations) => {
    expect(await violationsOf(await api.send('PATCH', '/api/charge-boxes/CB-1', body))).toEqual(violations);
    expect(api.sides.told).toEqual([]);
  });

  it.each([
    ['http://169.254.169.254/', /^169\.254\.169\.254 is .*never called; set another address of the box by hand\.$/],
    ['http://2852039166/latest', /^169\.254\.169\.254 is .*never called/],
    ['http://0xa9fea9fe/', /^169\.254\.169\.254 is .*never called/],
    ['http://[::ffff:169.254.169.254]:8080/', /which is 169\.254\.169\.254,.*never called/],
    ['http://[fe80::1]/', /never called/],
    ['http://127.0.0.1:8080/', /loopback address; add 127\.0\.0\.0\/8 to OUTBOUND_ALLOW/],
    ['http://10.0.0.9:8080/#box', /has a fragment/],
  ])('refuses the address %s with the reason', async (addressOverride, reason) => {
    const problem = await problemOf(await api.send('PATCH', '/api/charge-boxes/CB-1', { addressOverride, note: 'x' }));
    expect(problem).toMatchObject({
      status: 400,
      violations: [{ in: 'body', path: 'addressOverride', code: 'address-refused' }],
    });
    const [{ message } = { message: '' }] = problem.violations as readonly { message: string }[];
    expect(message).toMatch(reason);
    expect(api.sides.told).toEqual([]);
  });

  it.each([
    ['of a private network', 'http://10.20.0.7:8080/ocpp'],
    ['by a name, which is judged when it is called', 'http://metadata.internal/'],
    ['of this machine, where that is listed', 'http://[::1]:8080/'],
  ])('takes an address %s', async (_which, addressOverride) => {
    expect((await api.send('PATCH', '/api/charge-boxes/CB-1', { addressOverride })).status).toBe(200);
  });

  it('needs a body', async () => {
    expect(await violationsOf(await api.send('PATCH', '/api/charge-boxes/CB-1'))).toEqual(['body : missing']);
  });

  it('tells violations of path, query and body together', async () => {
    const response = await api.send('PATCH', `/api/charge-boxes/${'x'.repeat(256)}?force=true`, { colour: 'red' });
    expect(await violationsOf(response)).toEqual([
      'path identity: length',
      'query force: unknown',
      'body colour: unknown',
      'body : no-change',
    ]);
  });
});

describe('Changing who answers operations of a charge box', () => {
  it('tells the charge box what changes, and nothing else', async () => {
    const change = { Authorize: 'delegated', Heartbeat: null };
    const response = await api.send('PATCH', '/api/charge-boxes/CB-1/answers', change);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-position')).toBe(api.sides.position);
    expect(await response.json()).toMatchObject({ identity: 'CB-1', answers: { Authorize: 'delegated' } });
    expect(api.sides.told).toMatchObject([{ identity: 'CB-1', message: { kind: 'change-answers', change } }]);
  });

  it.each([
    [{}, ['body : no-change']],
    [{ Dance: 'delegated' }, ['body Dance: unknown', 'body : no-change']],
    [{ Authorize: 'maybe' }, ['body Authorize: invalid-value']],
  ])('refuses %j', async (body, violations) => {
    expect(await violationsOf(await api.send('PATCH', '/api/charge-boxes/CB-1/answers', body))).toEqual(violations);
    expect(api.sides.told).toEqual([]);
  });

  it('is not found where the charge box is unknown', async () => {
    const response = await api.send('PATCH', '/api/charge-boxes/CB-9/answers', { Authorize: 'delegated' });
    expect(response.status).toBe(404);
  });
});

describe('Deciding about a registration', () => {
  it.each(['Accepted', 'Rejected'])('records %s', async (registration) => {
    const response = await api.send('PUT', '/api/charge-boxes/CB-1/registration', { registration });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ identity: 'CB-1', registration });
    expect(api.sides.told).toMatchObject([
      { identity: 'CB-1', message: { kind: 'decide-registration', registration } },
    ]);
  });

  it('registers a charge box never seen', async () => {
    const response = await api.send('PUT', '/api/charge-boxes/CB-NEW/registration', { registration: 'Accepted' });
    expect(await response.json()).toMatchObject({ identity: 'CB-NEW', registration: 'Accepted' });
  });

  it.each([
    [{ registration: 'Unknown' }, ['body registration: invalid-value']],
    [{}, ['body registration: missing']],
    [{ registration: 'Accepted', by: 'me' }, ['body by: unknown']],
  ])('refuses %j', async (body, violations) => {
    expect(await violationsOf(await api.send('PUT', '/api/charge-boxes/CB-1/registration', body))).toEqual(violations);
  });

  it('tells why the charge box refuses', async () => {
    api.sides.refusal = 'Already so.';
    const response = await api.send('PUT', '/api/charge-boxes/CB-1/registration', { registration: 'Accepted' });
    expect(await problemOf(response)).toMatchObject({ status: 409, type: '/problems/refused', detail: 'Already so.' });
  });
});
