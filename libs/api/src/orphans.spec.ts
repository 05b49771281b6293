import type { ListeningApi } from './specs/fake-sides';
import { listen, problemOf, violationsOf } from './specs/fake-sides';

let api: ListeningApi;

const orphan = {
  orphanId: 'o-1',
  identity: 'CB/1',
  transactionId: -1,
  stoppedAt: '2026-03-01T08:00:00.000Z',
  receivedAt: '2026-03-01T08:00:01.000Z',
};

beforeAll(async () => {
  api = await listen();
});
afterAll(() => api.app.close());
beforeEach(() => {
  Object.assign(api.sides, { asked: [], told: [], failure: undefined, refusal: undefined, orphans: [orphan] });
});

describe('Orphaned stops', () => {
  it.each([
    ['bound=true', { bound: true }],
    ['bound=false', { bound: false }],
    ['settled=true', { settled: true }],
    ['settled=false', { settled: false }],
  ])('are listed by ?%s', async (query, filter) => {
    expect((await api.get(`/api/orphans?identity=CB-1&${query}`)).status).toBe(200);
    expect(api.sides.asked).toEqual([
      { filter: { identity: 'CB-1', ...filter }, paging: { limit: 100, cursor: undefined } },
    ]);
  });

  it('are bound or not, settled or not, nothing else', async () => {
    expect(await violationsOf(await api.get('/api/orphans?bound=1'))).toEqual(['query bound: invalid-type']);
    expect(await violationsOf(await api.get('/api/orphans?settled=1'))).toEqual(['query settled: invalid-type']);
  });
});

describe('Dismissing an orphaned stop', () => {
  const path = '/api/charge-boxes/CB%2F1/orphans/o-1/dismiss';

  it('tells the charge box that sent it, and shows it', async () => {
    const response = await api.send('POST', path, { reason: 'Of the former system.' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-position')).not.toBeNull();
    expect(await response.json()).toEqual(orphan);
    const message = { kind: 'dismiss-orphan', orphanId: 'o-1', reason: 'Of the former system.' };
    expect(api.sides.told).toMatchObject([
      { identity: 'CB/1', message: { ...message, at: '2026-03-01T12:00:00.000Z' } },
    ]);
  });

  it.each([
    [{}, 'body reason: missing'],
    [{ reason: '' }, 'body reason: length'],
    [{ reason: 'x', orphanId: 'o-2' }, 'body orphanId: unknown'],
  ])('is refused with %j', async (body, violation) => {
    expect(await violationsOf(await api.send('POST', path, body))).toEqual([violation]);
    expect(api.sides.told).toEqual([]);
  });

  it('is refused when the charge box refuses', async () => {
    api.sides.refusal = 'There is no such orphaned stop of this charge box.';
    expect(await problemOf(await api.send('POST', path, { reason: 'x' }))).toMatchObject({
      status: 409,
      detail: 'There is no such orphaned stop of this charge box.',
    });
  });
});
