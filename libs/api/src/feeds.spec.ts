import type { Feeds, FeedRequest, Sink } from '@app/feeds';
import { feedFilters } from '@app/feeds';
import { codedError } from '@app/kernel';
import type { ListeningApi } from './specs/fake-sides';
import { listen, problemOf, violationsOf } from './specs/fake-sides';

// What the API makes of feeds. What feeds do is theirs to show.

let api: ListeningApi;
let asked: (readonly [string, FeedRequest])[] = [];
let left = 0;
let closed = 0;
const feeds = {
  isFull: false,
  own: () => [{ name: 'energy', version: 2, columns: ['identity', 'day'] }],
  filtersOf: (name: string): readonly string[] | undefined => {
    if (name === 'late') throw codedError('projection-building', name);
    return name === 'energy' ? ['id'] : (feedFilters as Readonly<Record<string, readonly string[]>>)[name];
  },
  open: async (name: string, request: FeedRequest) => {
    asked.push([name, request]);
    return {
      follow: (sink: Sink) => {
        sink.write(`${request.format}\n`);
        if (request.untilCaughtUp) sink.end();
        return () => (left += 1);
      },
    };
  },
  close: () => (closed += 1),
};

beforeAll(async () => {
  api = await listen({ feeds: feeds as unknown as Feeds });
});
afterAll(async () => {
  await api.app.close();
  expect(closed).toBe(1);
});
beforeEach(() => {
  [asked, left] = [[], 0];
  feeds.isFull = false;
});

describe('Feeds', () => {
  it('are listed with what they have and by what they can be chosen from', async () => {
    const { rows } = (await (await api.get('/api/feeds')).json()) as { rows: { name: string }[] };
    expect(rows).toHaveLength(14);
    expect(rows.at(-1)).toEqual({
      name: 'energy',
      href: '/api/feeds/energy',
      filters: ['id'],
      columns: ['identity', 'day'],
      version: 2,
    });
    expect(rows.find(({ name }) => name === 'presets')).toEqual({
      name: 'presets',
      href: '/api/feeds/presets',
      filters: ['id'],
      columns: ['name', 'command', 'data', 'note', 'changedAt'],
    });
  });

  it('come as Server-Sent Events, or as lines for who asks', async () => {
    const events = await api.get('/api/feeds/transactions?until=caught-up&identity=A&connectorId=2');
    expect(events.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await events.text()).toBe('sse\n');
    const lines = await api.get('/api/feeds/events?until=caught-up&type=A,B', { accept: 'application/x-ndjson' });
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(await lines.text()).toBe('ndjson\n');
    expect(asked).toMatchObject([
      ['transactions', { filter: { identity: 'A', connectorId: 2 }, format: 'sse', untilCaughtUp: true }],
      ['events', { filter: { type: ['A', 'B'] }, format: 'ndjson' }],
    ]);
  });

  it('go on behind the id in the header, else behind the one in the query', async () => {
    await (await api.get('/api/feeds/events?until=caught-up&after=one')).text();
    await (await api.get('/api/feeds/events?until=caught-up&after=one', { 'last-event-id': 'two' })).text();
    expect(asked.map(([, { after }]) => after)).toEqual(['one', 'two']);
  });

  it('may leave out what is recorded already, which no feed of rows does', async () => {
    await (await api.get('/api/feeds/events?until=caught-up&from=now')).text();
    await (await api.get('/api/feeds/events?until=caught-up')).text();
    expect(asked.map(([, { fromNow }]) => fromNow)).toEqual([true, false]);
    expect((await violationsOf(await api.get('/api/feeds/transactions?from=now')))[0]).toContain('from');
    const { violations } = await problemOf(await api.get('/api/feeds/events?from=yesterday'));
    expect(violations).toMatchObject([
      { in: 'query', path: 'from', message: expect.stringContaining('`now`') as string },
    ]);
  });

  it('are left when the connection goes', async () => {
    const response = await api.get('/api/feeds/events');
    await response.body?.cancel();
    while (left === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(left).toBe(1);
  });

  it.each([
    ['/api/feeds/energy?identity=A', ['query identity: unknown']],
    ['/api/feeds/presets?identity=A', ['query identity: unknown']],
    ['/api/feeds/events?until=noon', ['query until: invalid-value']],
    ['/api/feeds/events?command=Reset', ['query command: unknown']],
    [`/api/feeds/events?type=${'x'.repeat(101)}`, ['query type.0: too-big']],
  ])('%s is refused', async (path, violations) => {
    expect(await violationsOf(await api.get(path))).toEqual(violations);
    expect(asked).toEqual([]);
  });

  it.each([
    ['nonsense', 404],
    ['late', 503],
  ])('of the name %s are answered with %i', async (name, status) => {
    expect(await problemOf(await api.get(`/api/feeds/${name}`))).toMatchObject({ status });
    expect(asked).toEqual([]);
  });

  it('of a projection from outside are followed by its name', async () => {
    await (await api.get('/api/feeds/energy?until=caught-up&id=A%20B')).text();
    expect(asked).toMatchObject([['energy', { filter: { id: 'A B' } }]]);
  });

  it('are refused for the moment when there are as many subscribers as there may be', async () => {
    feeds.isFull = true;
    const response = await api.get('/api/feeds/events');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await problemOf(response)).toMatchObject({ detail: expect.stringContaining('FEED_SUBSCRIBERS') as string });
  });
});
