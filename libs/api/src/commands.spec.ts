import type { OperationRow } from '@app/read-models';
import type { ListeningApi } from './specs/fake-sides';
import { listen, problemOf, violationsOf } from './specs/fake-sides';

// Operations as operators ask for them. Cannot see: what charge boxes make of them.

let api: ListeningApi;
beforeEach(async () => {
  api = await listen();
  const box = { bootCount: 1, connectors: [], quirks: [], addresses: [] };
  api.sides.boxes = [
    { ...box, identity: 'CB-1', registration: 'Accepted' },
    { ...box, identity: 'CB-2', registration: 'Accepted' },
    { ...box, identity: 'CB-3', registration: 'Unknown' },
  ];
});
afterEach(() => api.app.close());

const one = '/api/charge-boxes/CB-1/commands';
const row = (more: Partial<OperationRow> = {}): OperationRow => ({
  callId: 'c1',
  identity: 'CB-1',
  operation: 'Reset',
  data: { type: 'Soft' },
  status: 'Scheduled',
  scheduledAt: '2026-03-01T12:00:00.000Z',
  expiresAt: '2026-03-01T13:00:00.000Z',
  by: 'operator',
  attempts: 0,
  ...more,
});
interface Told {
  readonly identity: string;
  readonly message: { readonly kind: string; readonly call: Record<string, unknown> & { readonly callId: string } };
}
const told = () => api.sides.told as unknown as Told[];

describe('a command to one box', () => {
  it('is scheduled and answered with where to follow it', async () => {
    const response = await api.send('POST', one, { command: 'reset', data: { type: 'soft' } });
    const [{ message }] = told() as [Told];
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/api/commands/${message.call.callId}`);
    expect(response.headers.get('x-position')).toBe('000001');
    expect(await response.json()).toEqual({ callId: message.call.callId, identity: 'CB-1', operation: 'Reset' });
    expect(message).toMatchObject({
      kind: 'schedule',
      call: {
        operation: 'Reset',
        request: { type: 'Soft' },
        expiresAt: '2026-03-01T13:00:00.000Z',
        by: 'operator',
        at: '2026-03-01T12:00:00.000Z',
      },
    });
  });

  it('that is over while the caller waits is answered with its result, as a flow takes it', async () => {
    const response = api.send('POST', one, { command: 'Reset', data: { type: 'Soft' }, wait: 20 });
    const { settlements } = api.sides.conversation;
    while (told().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { callId } = (told()[0] as Told).message.call;
    const settled = {
      settledAt: '2026-03-01T12:00:01.000Z',
      response: { status: 'Accepted' },
      url: 'http://10.0.0.5/',
    };
    api.sides.conversation.operations = [row({ callId, status: 'Answered', ...settled })];
    settlements.settle(callId, { position: '000002' });
    expect((await response).status).toBe(200);
    expect(await (await response).json()).toMatchObject({
      status: 'Answered',
      ocpp: { command: 'Reset', chargeBoxIdentity: 'CB-1', url: 'http://10.0.0.5/', data: { type: 'Soft' } },
      payload: { status: 'Accepted' },
    });
    expect(settlements.size).toBe(0);
  });

  it.each([
    [{}, ['body command: missing']],
    [{ command: 'Dance' }, ['body command: literal']],
    [{ command: 'Reset' }, ['body data.type: missing']],
    [{ command: 'Reset', data: { type: 'Firm', why: 1 } }, ['body data.type: literal', 'body data.why: unknown']],
    [
      { command: 'ReserveNow', data: { connectorId: -1, idTag: 'x'.repeat(21), expiryDate: 'soon', reservationId: 1 } },
      ['body data.connectorId: range', 'body data.expiryDate: instant', 'body data.idTag: too-long'],
    ],
    [{ command: 'Reset', data: [] }, ['body data: invalid-type']],
    [{ command: 'ClearCache', wait: 301, timeToLive: 0 }, ['body timeToLive: too-small', 'body wait: too-big']],
    [{ command: 'ClearCache', preset: 'none' }, ['body preset: unknown-preset']],
    [{ command: 'ClearCache', when: 'now' }, ['body when: unknown']],
  ])('%j is refused with everything that is wrong', async (body, violations) => {
    expect((await violationsOf(await api.send('POST', one, body))).sort()).toEqual(violations);
    expect(told()).toEqual([]);
  });

  it('may come as the message of a flow; what stands beside the payload counts first', async () => {
    await api.send('POST', one, { payload: { command: 'ChangeConfiguration', data: { key: 'a', value: 'b' } } });
    await api.send('POST', one, { command: 'Reset', payload: { command: 'ClearCache', data: { type: 'HARD' } } });
    expect(told().map(({ message: { call } }) => [call.operation, call.request])).toEqual([
      ['ChangeConfiguration', { key: 'a', value: 'b' }],
      ['Reset', { type: 'Hard' }],
    ]);
  });

  it('takes what it leaves out from a preset, each part whole', async () => {
    await api.send('PUT', '/api/presets/restart', { command: 'Reset', data: { type: 'soft' } });
    api.sides.told = [];
    await api.send('POST', one, { preset: 'restart' });
    await api.send('POST', one, { preset: 'restart', data: { type: 'Hard' } });
    expect(told().map(({ message: { call } }) => call.request)).toEqual([{ type: 'Soft' }, { type: 'Hard' }]);
    // Nothing of the preset is merged into what is given.
    expect(await violationsOf(await api.send('POST', one, { preset: 'restart', data: {} }))).toEqual([
      'body data.type: missing',
    ]);
  });

  it('has its own times', async () => {
    await api.send('POST', one, { command: 'ClearCache', notBefore: '2026-03-01T14:00:00+01:00', timeToLive: 60 });
    expect((told()[0] as Told).message.call).toMatchObject({
      notBefore: '2026-03-01T13:00:00.000Z',
      expiresAt: '2026-03-01T13:01:00.000Z',
    });
  });

  it('is the same one under the same key of the caller, for one box', async () => {
    const body = { command: 'ClearCache', idempotencyKey: 'k' };
    for (const box of ['CB-1', 'CB-1', 'CB-2']) await api.send('POST', `/api/charge-boxes/${box}/commands`, body);
    const [first, again, other] = told().map(({ message }) => message.call.callId);
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('to a box that nobody knows, or that will not have it, is refused', async () => {
    expect(
      (await problemOf(await api.send('POST', '/api/charge-boxes/NOBODY/commands', { command: 'ClearCache' }))).type,
    ).toBe('/problems/not-found');
    api.sides.refusal = 'The charge box is not accepted. Accept it first.';
    const problem = await problemOf(await api.send('POST', one, { command: 'ClearCache' }));
    expect(problem).toMatchObject({ status: 409, detail: api.sides.refusal });
    expect(api.sides.conversation.settlements.size).toBe(0);
  });
});

describe('a command to many boxes', () => {
  const clear = { command: 'ClearCache' };

  it('goes to those named, once each, under one id', async () => {
    const response = await api.send('POST', '/api/commands', { ...clear, identities: ['CB-1', 'CB-2', 'CB-1'] });
    const batch = (await response.json()) as { batchId: string };
    expect(batch).toMatchObject({ scheduled: 2, refused: [] });
    expect(response.headers.get('location')).toBe(`/api/commands?batchId=${batch.batchId}`);
    expect(told().map(({ identity, message }) => [identity, message.call.batchId])).toEqual([
      ['CB-1', batch.batchId],
      ['CB-2', batch.batchId],
    ]);
  });

  it('goes to all accepted ones that match', async () => {
    await api.send('POST', '/api/commands', { ...clear, filter: { model: 'Duo', silent: true } });
    expect(api.sides.asked).toContainEqual(
      expect.objectContaining({ filter: { model: 'Duo', silent: true, registration: 'Accepted' } }),
    );
    expect(told().length).toBeGreaterThan(0);
  });

  it('tells which boxes will not have it', async () => {
    api.sides.refusal = '200 operations wait for this charge box already.';
    const response = await api.send('POST', '/api/commands', { ...clear, identities: ['CB-1'] });
    expect(await response.json()).toMatchObject({ scheduled: 0, refused: [{ identity: 'CB-1' }] });
  });

  it.each([
    [clear, ['body : target']],
    [{ ...clear, identities: ['CB-1'], filter: {} }, ['body : target']],
    [{ ...clear, identities: [] }, ['body identities: too-small']],
    [
      { ...clear, identities: ['CB-1', 'CB-3', 'X'] },
      ['body identities.1: unknown-charge-box', 'body identities.2: unknown-charge-box'],
    ],
    [{ ...clear, identities: Array.from({ length: 10_001 }, (_, index) => `B${index}`) }, ['body identities: too-big']],
    [{ command: 'Reset', filter: {} }, ['body data.type: missing']],
  ])('is refused whole', async (body, violations) => {
    expect(await violationsOf(await api.send('POST', '/api/commands', body))).toEqual(violations);
    expect(told()).toEqual([]);
  });
});

describe('operations', () => {
  it('are listed, by box and over all', async () => {
    api.sides.conversation.operations = [row()];
    const query = 'command=Reset&status=Scheduled&batchId=b&outcomeUnknown=false&from=2026-03-01';
    const { rows } = (await (await api.get(`/api/commands?${query}`)).json()) as { rows: object[] };
    expect(rows).toMatchObject([{ callId: 'c1', ocpp: { command: 'Reset', chargeBoxIdentity: 'CB-1' } }]);
    expect(api.sides.asked.at(-1)).toMatchObject({
      filter: {
        command: 'Reset',
        status: 'Scheduled',
        batchId: 'b',
        outcomeUnknown: false,
        from: '2026-03-01T00:00:00.000Z',
      },
    });
    await api.get(one);
    expect(api.sides.asked.at(-1)).toMatchObject({ filter: { identity: 'CB-1' } });
    expect((await api.get('/api/charge-boxes/NOBODY/commands')).status).toBe(404);
    expect(await violationsOf(await api.get('/api/commands?status=Lost&limit=0'))).toEqual([
      'query status: invalid-value',
      'query limit: too-small',
    ]);
  });

  it('are shown and cancelled by id', async () => {
    api.sides.conversation.operations = [row()];
    expect((await api.get('/api/commands/c1')).status).toBe(200);
    expect((await api.get('/api/commands/c2')).status).toBe(404);
    expect((await api.send('DELETE', '/api/commands/c1?reason=Mistake.')).status).toBe(200);
    expect(told()[0]).toMatchObject({
      identity: 'CB-1',
      message: { kind: 'cancel', callId: 'c1', reason: 'Mistake.' },
    });
    api.sides.refusal = 'The operation is over already.';
    expect((await problemOf(await api.send('DELETE', '/api/commands/c1'))).status).toBe(409);
    expect((await api.send('DELETE', '/api/commands/c2')).status).toBe(404);
  });

  it('have reservations and a configuration as their consequences', async () => {
    await api.get('/api/reservations?identity=CB-1&status=active');
    expect(api.sides.asked.at(-1)).toMatchObject({ filter: { identity: 'CB-1', status: 'active' } });
    await api.get('/api/charge-boxes/CB-1/configuration?search=beat');
    expect(api.sides.asked.at(-1)).toMatchObject({ filter: { identity: 'CB-1', search: 'beat' } });
    expect((await api.get('/api/charge-boxes/NOBODY/configuration')).status).toBe(404);
  });
});

describe('a local list', () => {
  const path = '/api/charge-boxes/CB-1/local-list';

  it('is wanted with its entries', async () => {
    const entries = [
      { idTag: 'A' },
      { idTag: 'B', status: 'Blocked', parentIdTag: 'P', expiryDate: '2027-01-01T00:00:00Z' },
    ];
    expect((await api.send('PUT', path, { entries })).status).toBe(200);
    expect(api.sides.told[0]).toMatchObject({
      identity: 'CB-1',
      chunk: 100,
      entries: [
        { idTag: 'A', idTagInfo: { status: 'Accepted' } },
        { idTag: 'B', idTagInfo: { status: 'Blocked', parentIdTag: 'P', expiryDate: '2027-01-01T00:00:00.000Z' } },
      ],
    });
  });

  it('may be all idTags that are known', async () => {
    const rest = { concurrentTransactions: false, changedAt: '2026-03-01T08:00:00.000Z', openTransactions: 0 };
    api.sides.idTags.set('a', { idTag: 'A', blocked: true, ...rest });
    await api.send('PUT', path, { from: 'id-tags', chunk: 5 });
    expect(api.sides.told[0]).toMatchObject({ chunk: 5, entries: [{ idTag: 'A', idTagInfo: { status: 'Blocked' } }] });
  });

  it('may have 50 000 entries with all that an entry can have, and no more', async () => {
    const entry = (place: number) => ({
      idTag: `${place}`.padStart(20, 'X'),
      status: 'ConcurrentTx',
      expiryDate: '2030-01-01T00:00:00.000+00:00',
      parentIdTag: 'P'.repeat(20),
    });
    const entries = Array.from({ length: 50_000 }, (_, place) => entry(place));
    expect((await api.send('PUT', path, { entries })).status).toBe(200);
    expect(api.sides.told).toHaveLength(1);
    expect(await violationsOf(await api.send('PUT', path, { entries: [...entries, entry(50_000)] }))).toEqual([
      'body entries: too-big',
    ]);
  });

  it('of all idTags is refused where they are more than a list may have', async () => {
    const rest = { concurrentTransactions: false, changedAt: '2026-03-01T08:00:00.000Z', openTransactions: 0 };
    for (let place = 0; place <= 50_000; place += 1)
      api.sides.idTags.set(`${place}`, { idTag: `${place}`, blocked: true, ...rest });
    const problem = await problemOf(await api.send('PUT', path, { from: 'id-tags' }));
    expect(problem).toMatchObject({ status: 409, detail: expect.stringContaining('50000') as string });
    expect(api.sides.told).toEqual([]);
  });

  it.each([
    [{}, ['body : source']],
    [{ entries: [], from: 'id-tags' }, ['body : source']],
    [{ entries: [{ idTag: 'a' }, { idTag: 'A' }] }, ['body entries: repeated']],
    [
      { entries: [{ idTag: 'x'.repeat(21), status: 'Fine' }], chunk: 0 },
      ['body entries.0.idTag: length', 'body entries.0.status: invalid-value', 'body chunk: too-small'],
    ],
  ])('that cannot be is refused: %j', async (body, violations) => {
    expect(await violationsOf(await api.send('PUT', path, body))).toEqual(violations);
  });
});

describe('presets', () => {
  it('are made, changed, listed and removed', async () => {
    const path = '/api/presets/soft-reset';
    expect((await api.get(path)).status).toBe(404);
    expect(
      await (await api.send('PUT', path, { command: 'Reset', data: { type: 'Soft' }, note: 'n' })).json(),
    ).toMatchObject({
      name: 'soft-reset',
      command: 'Reset',
      note: 'n',
    });
    await api.send('PUT', path, { data: { type: 'Hard' } });
    expect(await (await api.get('/api/presets')).json()).toMatchObject({
      rows: [{ name: 'soft-reset', data: { type: 'Hard' } }],
    });
    expect((await api.send('DELETE', path)).status).toBe(204);
    expect((await api.send('DELETE', path)).status).toBe(404);
  });

  it.each([
    [{ command: 'Dance' }, ['body command: literal']],
    [{ command: 'Reset', data: { type: 'Firm' } }, ['body data.type: literal']],
    [{ commands: 'Reset' }, ['body commands: unknown']],
  ])('that could never be sent are refused: %j', async (body, violations) => {
    expect(await violationsOf(await api.send('PUT', '/api/presets/p', body))).toEqual(violations);
  });
});
