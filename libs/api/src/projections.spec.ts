import { codedError } from '@app/kernel';
import type { ListeningApi } from './specs/fake-sides';
import { listen, problemOf, violationsOf } from './specs/fake-sides';

let api: ListeningApi;
beforeAll(async () => {
  api = await listen();
});
afterAll(() => api.app.close());

const energy = {
  file: 'energy.cjs',
  name: 'energy',
  version: 2,
  columns: ['identity', 'day'],
  state: 'running' as const,
  position: '0000000000000007',
  rows: 3,
  lag: 0,
  skipped: 1,
};
const row = (key: string) => ({ key, row: { energy: 7 } });

describe('projections from outside', () => {
  beforeEach(() => {
    api.sides.own = [energy];
    api.sides.ownRows = [row('A'), row('B'), row('C/D E')];
    api.sides.asked = [];
  });

  it('are listed with how they are doing', async () => {
    api.sides.own = [energy, { ...energy, file: 'bad.cjs', state: 'stopped', fault: 'name must be a text' }];
    expect(await (await api.get('/api/projections')).json()).toEqual({ rows: api.sides.own });
  });

  it('give their rows in pages, by columns that they declare', async () => {
    const page = (await (await api.get('/api/projections/energy?limit=2&day=2026-03-01')).json()) as object;
    expect(page).toEqual({ rows: [row('A'), row('B')], next: '2' });
    expect(api.sides.asked).toMatchObject([{ name: 'energy', filter: { day: '2026-03-01' }, paging: { limit: 2 } }]);
    const rest = await api.get('/api/projections/energy?limit=2&day=2026-03-01&cursor=2');
    expect(await rest.json()).toEqual({ rows: [row('C/D E')] });
  });

  it('give one row by its key', async () => {
    expect(await (await api.get(`/api/projections/energy/${encodeURIComponent('C/D E')}`)).json()).toEqual(
      row('C/D E'),
    );
  });

  it('refuse what is not there', async () => {
    expect(await violationsOf(await api.get('/api/projections/energy?colour=red&limit=0'))).toEqual([
      'query limit: too-small',
    ]);
    expect(await violationsOf(await api.get('/api/projections/energy?colour=red'))).toEqual(['query colour: unknown']);
    expect(await violationsOf(await api.get('/api/projections/energy?day=1&day=2'))).toEqual([
      'query day: invalid-type',
    ]);
    for (const path of ['nothing', 'energy/nothing'])
      expect(await problemOf(await api.get(`/api/projections/${path}`))).toMatchObject({ status: 404 });
  });

  it('have no rows to show until they are built', async () => {
    api.sides.failure = codedError('projection-building');
    const answers = [await api.get('/api/projections/energy'), await api.get('/api/projections/energy/A')];
    api.sides.failure = undefined;
    for (const answer of answers) expect(await problemOf(answer)).toMatchObject({ status: 503 });
  });

  it('are for those who have the key', async () => {
    for (const path of ['', '/energy', '/energy/A'])
      expect((await fetch(`${api.url}/api/projections${path}`)).status).toBe(401);
  });
});
