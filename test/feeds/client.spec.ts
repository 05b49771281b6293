import { CentralSystemClient } from '../../apps/client/src';

// What the client makes of a service that ends connections and sends items again. Cannot see: what a service of ours sends.

const row = (id: string) => ({ event: 'row', id, data: { key: id, row: {} } });

/** A service that gives each connection its lines, and notes what ids they came with. */
function clientOf(connections: readonly (readonly object[])[]) {
  const asked: (string | null)[] = [];
  const waiting = [...connections];
  const answer = (_url: unknown, request?: RequestInit) => {
    asked.push(new Headers(request?.headers).get('last-event-id'));
    const lines = waiting.shift()?.map((line) => `${JSON.stringify(line)}\n`) ?? [];
    return Promise.resolve(new Response(lines.join('')));
  };
  const client = new CentralSystemClient({ url: 'http://service', key: 'k', retryAfter: 1, fetch: answer });
  return { client, asked };
}

async function heard(client: CentralSystemClient): Promise<readonly string[]> {
  const said: string[] = [];
  for await (const { event, id } of client.feed('connectors', { until: 'caught-up' })) said.push(`${event} ${id}`);
  return said;
}

describe('The client', () => {
  it('tells an item once that is sent again', async () => {
    const { client, asked } = clientOf([
      [row('1'), row('2')],
      [row('2'), row('3'), { heartbeat: '', id: 'beat' }],
      [row('3'), { event: 'caught-up', id: '3', data: { position: '3' } }],
    ]);
    expect(await heard(client)).toEqual(['row 1', 'row 2', 'row 3', 'caught-up 3']);
    expect(asked).toEqual([null, '2', 'beat']);
  });

  it('tells everything again after a reset', async () => {
    const { client } = clientOf([
      [row('1'), row('2')],
      [{ event: 'reset', data: { reason: 'other rows' } }, row('2'), { event: 'caught-up', id: '2', data: {} }],
    ]);
    expect(await heard(client)).toEqual(['row 1', 'row 2', 'reset undefined', 'row 2', 'caught-up 2']);
  });
});
