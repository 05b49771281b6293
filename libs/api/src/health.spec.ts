import type { ReadinessReport } from './options';
import type { ListeningApi } from './specs/fake-sides';
import { listen } from './specs/fake-sides';

let api: ListeningApi;
let report: () => ReadinessReport;

beforeAll(async () => {
  api = await listen({ readiness: () => report() });
});
afterAll(() => api.app.close());

const ready = async () => {
  const response = await fetch(`${api.url}/health/ready`);
  return { status: response.status, body: await response.json() };
};

describe('Health', () => {
  it('is live as soon as it listens', async () => {
    const response = await fetch(`${api.url}/health/live?probe=1`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'live' });
  });

  it('is ready when all checks say so', async () => {
    report = () => ({ ready: true, checks: { store: { status: 'up' }, readModels: { status: 'up', lag: 3 } } });
    expect(await ready()).toEqual({
      status: 200,
      body: {
        status: 'ready',
        version: '1.2.3',
        checks: { store: { status: 'up' }, readModels: { status: 'up', lag: 3 } },
      },
    });
  });

  it('is not ready when a check fails', async () => {
    report = () => ({ ready: false, checks: { store: { status: 'down', detail: 'The disk is full.' } } });
    expect(await ready()).toMatchObject({
      status: 503,
      body: { status: 'not-ready', checks: { store: { status: 'down' } } },
    });
  });

  it('is not ready when a check cannot be made', async () => {
    report = () => {
      throw new Error('secret');
    };
    const answer = await ready();
    expect(answer).toMatchObject({ status: 503, body: { status: 'not-ready' } });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

describe('Figures', () => {
  it('are given as Prometheus reads them', async () => {
    const response = await api.get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe('figures 1\n');
  });
});
