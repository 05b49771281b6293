import type { DeadLetter } from '@app/webhooks';
import type { ListeningApi } from './specs/fake-sides';
import { listen, problemOf, violationsOf } from './specs/fake-sides';
import { FakeWebhooks, row } from './specs/fake-webhooks';

// What the API makes of webhooks. What they do is theirs to show.

let api: ListeningApi;
const webhooks = new FakeWebhooks();
beforeAll(async () => {
  api = await listen({ webhooks });
});
afterAll(() => api.app.close());
beforeEach(() => {
  Object.assign(webhooks, new FakeWebhooks());
});

const letter = (n: number): DeadLetter => ({
  deliveryId: `event-${n}`,
  type: 'ChargeBoxBooted',
  position: String(n),
  after: '0',
  attempts: 1,
  reason: 'http-status',
  detail: 'HTTP 400: the receiver refuses it.',
  status: 400,
  firstAt: '2026-03-01T12:00:00.000Z',
  at: '2026-03-01T12:00:00.000Z',
  retrying: false,
});

describe('Webhooks', () => {
  it('are listed and shown', async () => {
    expect(await (await api.get('/api/webhooks')).json()).toEqual({ rows: [row] });
    expect(await (await api.get('/api/webhooks/hook-1')).json()).toEqual(row);
    expect(await problemOf(await api.get('/api/webhooks/hook-2'))).toMatchObject({ status: 404 });
  });

  it('are made with what is usual where nothing is said', async () => {
    webhooks.outcome = { outcome: 'done', position: '0008', webhook: row, secret: 'made' };
    const answer = await api.send('POST', '/api/webhooks', { url: 'https://example.com/hook' });
    expect([answer.status, answer.headers.get('x-position')]).toEqual([201, '0008']);
    expect(await answer.json()).toEqual({ webhook: row, secret: 'made' });
    expect(webhooks.asked).toEqual([
      ['create', { url: 'https://example.com/hook', filter: {}, idTags: 'masked', active: true, from: 'now' }],
    ]);
  });

  it('are changed in what is named', async () => {
    const answer = await api.send('PATCH', '/api/webhooks/hook-1', { note: null, secret: null });
    expect([answer.status, await answer.json()]).toEqual([200, { webhook: row }]);
    expect(webhooks.asked).toEqual([['change', 'hook-1', { note: null, secret: null }]]);
  });

  it('are removed', async () => {
    const answer = await api.send('DELETE', '/api/webhooks/hook-1');
    expect([answer.status, await answer.text(), webhooks.asked]).toEqual([204, '', [['remove', 'hook-1']]]);
  });

  it('are replayed from a position', async () => {
    const answer = await api.send('POST', '/api/webhooks/hook-1/replay', { from: '0005' });
    expect([answer.status, await answer.json()]).toEqual([202, { position: '0008' }]);
    expect(webhooks.asked).toEqual([['replay', 'hook-1', '0005']]);
  });

  it.each([
    ['POST', '/api/webhooks', {}, ['body url: missing']],
    [
      'POST',
      '/api/webhooks',
      {
        url: 'https://a.example',
        secret: 'short',
        from: 'noon',
        idTags: 'all',
        filter: { type: ['Nonsense'], box: 1 },
      },
      [
        'body filter.type.0: unknown-type',
        'body filter.box: unknown',
        'body idTags: invalid-value',
        'body secret: too-small',
        'body from: invalid-format',
      ],
    ],
    [
      'POST',
      '/api/webhooks',
      { url: 'https://a.example', filter: { type: ['WebhookSaved'] } },
      ['body filter.type.0: unknown-type'],
    ],
    ['PATCH', '/api/webhooks/hook-1', { from: 'now' }, ['body from: unknown']],
    ['POST', '/api/webhooks/hook-1/replay', {}, ['body from: missing']],
  ])('%s %s of %j is refused with all that is wrong', async (method, path, body, violations) => {
    expect(await violationsOf(await api.send(method, path, body))).toEqual(violations);
    expect(webhooks.asked).toEqual([]);
  });

  it('tell where an address may not be called, and what else is refused', async () => {
    webhooks.outcome = { outcome: 'invalid', path: 'url', message: 'It may not be called.' };
    const create = () => api.send('POST', '/api/webhooks', { url: 'http://10.0.0.1/' });
    expect(await violationsOf(await create())).toEqual(['body url: refused']);
    webhooks.outcome = { outcome: 'refused', reason: 'There are too many.' };
    expect(await problemOf(await create())).toMatchObject({ status: 409, detail: 'There are too many.' });
  });

  it.each([
    ['PATCH', '/api/webhooks/hook-2', { active: false }],
    ['DELETE', '/api/webhooks/hook-2', undefined],
    ['POST', '/api/webhooks/hook-2/replay', { from: 'now' }],
    ['POST', '/api/webhooks/hook-2/dead-letters/retry', undefined],
    ['POST', '/api/webhooks/hook-1/dead-letters/nothing/retry', undefined],
  ])('%s %s is not found', async (method, path, body) => {
    webhooks.outcome = { outcome: 'unknown' };
    expect(await problemOf(await api.send(method, path, body))).toMatchObject({ status: 404 });
  });

  it('are for those who have the key', async () => {
    expect((await fetch(`${api.url}/api/webhooks`)).status).toBe(401);
    expect((await fetch(`${api.url}/api/webhooks`, { method: 'POST' })).status).toBe(401);
  });
});

describe('Dead letters', () => {
  it('are listed page by page', async () => {
    webhooks.letters = [3, 2, 1].map(letter);
    const first = (await (await api.get('/api/webhooks/hook-1/dead-letters?limit=2')).json()) as { next: string };
    expect(first).toMatchObject({ rows: [letter(3), letter(2)] });
    const rest = await api.get(`/api/webhooks/hook-1/dead-letters?limit=2&cursor=${first.next}`);
    expect(await rest.json()).toEqual({ rows: [letter(1)] });
    expect(await violationsOf(await api.get('/api/webhooks/hook-1/dead-letters?cursor=nonsense'))).toEqual([
      'query cursor: invalid-cursor',
    ]);
    expect(await problemOf(await api.get('/api/webhooks/hook-2/dead-letters'))).toMatchObject({ status: 404 });
  });

  it('are tried once more, one or all', async () => {
    const one = await api.send('POST', '/api/webhooks/hook-1/dead-letters/event-1/retry');
    const all = await api.send('POST', '/api/webhooks/hook-1/dead-letters/retry');
    expect([one.status, all.status]).toEqual([202, 202]);
    expect(webhooks.asked).toEqual([
      ['retry', 'hook-1', 'event-1'],
      ['retry', 'hook-1', undefined],
    ]);
  });
});
