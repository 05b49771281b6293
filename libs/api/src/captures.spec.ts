import type { CapturedExchange } from '@app/capture';
import { codedError } from '@app/kernel';
import type { ListeningApi } from './specs/fake-sides';
import { listen, problemOf, violationsOf } from './specs/fake-sides';

let api: ListeningApi;
beforeAll(async () => {
  api = await listen();
});
afterAll(() => api.app.close());

const captured = (id: number): CapturedExchange => ({
  id,
  at: '2026-03-01T12:00:00.000Z',
  milliseconds: 2,
  requestId: `r-${id}`,
  identity: id % 2 === 0 ? 'EVEN' : 'ODD',
  status: 200,
  quirks: [],
  masked: true,
  headers: {},
  request: { text: '<a/>' },
  response: { text: '<b/>' },
});

describe('captured messages', () => {
  const captures = () => api.sides.captures;
  beforeEach(() => {
    captures().exchanges = [5, 4, 3, 2, 1].map(captured);
    captures().asked = [];
  });

  const idsOf = ({ rows }: { rows: { id: number }[] }) => rows.map(({ id }) => id);

  it('are listed page by page without their texts', async () => {
    const seen: number[] = [];
    let path = '/api/captures?limit=2';
    for (let next: string | undefined = ''; next !== undefined; path = `/api/captures?limit=2&cursor=${next}`) {
      const page = (await (await api.get(path)).json()) as { rows: { id: number }[]; next?: string };
      expect(JSON.stringify(page.rows)).not.toContain('<a/>');
      seen.push(...idsOf(page));
      next = page.next;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it('are asked for by box, operation, time and oddity', async () => {
    const query = 'identity=EVEN&operation=Authorize&from=2026-03-01&to=2026-03-02T00:00:00Z&only=faults';
    expect((await api.get(`/api/captures?${query}`)).status).toBe(200);
    expect(captures().asked).toEqual([
      {
        identity: 'EVEN',
        operation: 'Authorize',
        from: '2026-03-01T00:00:00.000Z',
        to: '2026-03-02T00:00:00.000Z',
        only: 'faults',
      },
    ]);
  });

  it('are refused to whom asks for what there is not', async () => {
    expect(await violationsOf(await api.get('/api/captures?only=all&limit=0&from=soon'))).toEqual([
      'query from: invalid-format',
      'query only: invalid-value',
      'query limit: too-small',
    ]);
    const { next } = (await (await api.get('/api/captures?limit=1')).json()) as { next: string };
    const other = await api.get(`/api/captures?identity=EVEN&cursor=${next}`);
    expect(await violationsOf(other)).toEqual(['query cursor: invalid-cursor']);
    expect(await violationsOf(await api.get('/api/captures/first'))).toEqual(['path id: invalid-type']);
  });

  it('are shown whole, one at a time', async () => {
    expect(await (await api.get('/api/captures/3')).json()).toEqual(captured(3));
    expect(await problemOf(await api.get('/api/captures/99'))).toMatchObject({
      status: 404,
      detail: 'No message is kept under this id.',
    });
  });

  it('of a box are removed', async () => {
    const answer = await api.send('DELETE', '/api/captures?identity=EVEN');
    expect([answer.status, await answer.json()]).toEqual([200, { removed: 2 }]);
    expect(captures().exchanges.map(({ id }) => id)).toEqual([5, 3, 1]);
  });

  it('are not removed without the name of a box', async () => {
    expect(await violationsOf(await api.send('DELETE', '/api/captures'))).toEqual(['query identity: missing']);
    expect(captures().exchanges).toHaveLength(5);
  });

  it('that cannot be reached for a moment are told of', async () => {
    const spy = jest.spyOn(captures(), 'forget').mockRejectedValue(codedError('captures-unavailable'));
    const answer = await api.send('DELETE', '/api/captures?identity=EVEN');
    spy.mockRestore();
    expect(await problemOf(answer)).toMatchObject({ status: 503, type: '/problems/unavailable' });
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  it('are for those who have the key', async () => {
    const calls = [
      fetch(`${api.url}/api/captures`),
      fetch(`${api.url}/api/captures/3`),
      fetch(`${api.url}/api/captures?identity=EVEN`, { method: 'DELETE' }),
    ];
    for (const answer of await Promise.all(calls)) expect(answer.status).toBe(401);
    expect(captures().exchanges).toHaveLength(5);
  });
});
