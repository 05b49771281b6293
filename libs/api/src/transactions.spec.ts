import type { MeterValueRow, TransactionRow } from '@app/read-models';
import { parse } from 'csv-parse/sync';
import { request } from 'node:http';
import type { ListeningApi } from './specs/fake-sides';
import { key, listen, problemOf, violationsOf } from './specs/fake-sides';

let api: ListeningApi;

const row = (transactionId: number): TransactionRow => ({
  transactionId,
  identity: 'CB-1',
  connectorId: 1,
  idTag: 'TAG',
  idTagStatus: 'Accepted',
  status: 'open',
  startedAt: '2026-03-01T08:00:00.000Z',
  startReceivedAt: '2026-03-01T08:00:01.000Z',
  suspicions: [],
});

const reading = (value: string): MeterValueRow => ({
  identity: 'CB-1',
  timestamp: '2026-03-01T08:00:00.000Z',
  receivedAt: '2026-03-01T08:00:00.000Z',
  value,
  context: 'Sample.Periodic',
  format: 'Raw',
  measurand: 'Energy.Active.Import.Register',
  location: 'Outlet',
  source: 'MeterValues',
});

beforeAll(async () => {
  api = await listen();
});
afterAll(() => api.app.close());
beforeEach(() => {
  Object.assign(api.sides, { asked: [], told: [], failure: undefined, refusal: undefined, meterValues: [] });
  api.sides.transactions = [3, 2, 1].map(row);
});

describe('The list of transactions', () => {
  it('hands every filter to the query', async () => {
    const query =
      'identity=CB%2F1&connectorId=2&idTag=TAG&status=open&from=2026-03-01&to=2026-04-01&suspicion=meter-backwards&limit=2&cursor=1';
    const response = await api.get(`/api/transactions?${query}`);
    expect(await response.json()).toMatchObject({ rows: [{ transactionId: 2 }, { transactionId: 1 }] });
    expect(api.sides.asked).toEqual([
      {
        filter: {
          identity: 'CB/1',
          connectorId: 2,
          idTag: 'TAG',
          status: 'open',
          from: '2026-03-01T00:00:00.000Z',
          to: '2026-04-01T00:00:00.000Z',
          suspicion: 'meter-backwards',
        },
        paging: { limit: 2, cursor: '1' },
      },
    ]);
  });

  it('takes any suspicion', async () => {
    await api.get('/api/transactions?suspicion=any');
    expect(api.sides.asked).toMatchObject([{ filter: { suspicion: 'any' } }]);
  });

  it.each([
    ['connectorId=-1', 'query connectorId: too-small'],
    ['connectorId=', 'query connectorId: invalid-type'],
    ['status=Open', 'query status: invalid-value'],
    ['suspicion=bad', 'query suspicion: invalid-value'],
    ['format=xml', 'query format: invalid-value'],
    ['from=yesterday', 'query from: invalid-format'],
  ])('refuses ?%s', async (query, violation) => {
    expect(await violationsOf(await api.get(`/api/transactions?${query}`))).toEqual([violation]);
  });

  it('says how a time is written', async () => {
    const messages = async (response: Response) =>
      ((await problemOf(response)).violations as { message: string }[]).map(({ message }) => message);
    expect(await messages(await api.get('/api/transactions?from=yesterday'))).toEqual([
      'This is no time. Write 2026-03-01T12:00:00Z, 2026-03-01T13:00:00+01:00, or 2026-03-01 for its midnight in UTC.',
    ]);
    const closing = { stoppedAt: '2026-03-01', reason: 'x' };
    expect(await messages(await api.send('POST', '/api/transactions/1/close', closing))).toEqual([
      'This is no time. Write 2026-03-01T12:00:00Z or 2026-03-01T13:00:00+01:00.',
    ]);
  });
});

describe('Transactions as CSV', () => {
  const csvOf = async (response: Response) => parse<Record<string, string>>(await response.text(), { columns: true });

  it.each([
    ['text/csv', 'text/csv'],
    ['text/csv, application/json;q=0.9', 'text/csv'],
    ['text/*;q=0.5, application/json;q=0.4', 'text/csv'],
    ['application/json, text/csv', 'application/json'],
    ['text/csv;q=0.1, */*', 'application/json'],
    ['*/*', 'application/json'],
    ['image/png', 'application/json'],
  ])('come when "%s" asks for them: %s', async (accept, type) => {
    const response = await api.get('/api/transactions', { accept });
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(type);
    expect(response.headers.get('vary')).toBe('accept');
  });

  it('come whatever Accept says when the query asks for them', async () => {
    const response = await api.get('/api/transactions?format=csv', { accept: 'application/json' });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="transactions.csv"');
    expect(
      (await api.get('/api/transactions?format=json', { accept: 'text/csv' })).headers.get('content-type'),
    ).toMatch(/json/);
  });

  it('have all rows that match, page by page', async () => {
    api.sides.transactions = Array.from({ length: 25_000 }, (_, index) => row(25_000 - index));
    const rows = await csvOf(await api.get('/api/transactions?format=csv&limit=3&cursor=2&status=open'));
    expect(rows).toHaveLength(25_000);
    expect(rows.at(-1)).toMatchObject({ transactionId: '1' });
    expect(api.sides.asked).toHaveLength(25);
    expect(api.sides.asked[24]).toEqual({ filter: { status: 'open' }, paging: { limit: 1000, cursor: '24000' } });
  });

  it('are not read on when the caller has gone', async () => {
    const wide = { ...row(1), closeReason: 'x'.repeat(2000) };
    api.sides.transactions = Array.from({ length: 200_000 }, () => wide);
    await new Promise<void>((resolve, reject) => {
      const asking = request(`${api.url}/api/transactions?format=csv`, { headers: { authorization: `Bearer ${key}` } });
      asking.on('response', (response) => {
        response.once('data', () => {
          response.destroy();
          resolve();
        });
      });
      asking.on('error', reject).end();
    });
    await api.get('/health/live');
    expect(api.sides.asked.length).toBeLessThan(20);
  });

  it('are refused as a problem when the first page fails', async () => {
    api.sides.failure = new Error('disk on fire');
    expect(await problemOf(await api.get('/api/transactions?format=csv'))).toMatchObject({ status: 500 });
  });

  it('keep separators, quotes and line breaks inside a cell', async () => {
    const closeReason = 'a, "b"\r\nc;d\te';
    api.sides.transactions = [{ ...row(1), closeReason, suspicions: ['meter-backwards', 'meter-jump'] }];
    const response = await api.get('/api/transactions?format=csv');
    expect(await csvOf(response)).toMatchObject([
      { closeReason, suspicions: 'meter-backwards meter-jump', meterStart: '' },
    ]);
  });

  it('end their lines as RFC 4180 has it', async () => {
    const lines = (await (await api.get('/api/transactions?format=csv')).text()).split('\r\n');
    expect(lines[0]).toMatch(/^transactionId,identity,connectorId,/);
    expect(lines).toHaveLength(5);
  });

  it.each(['=1+1', '+SUM(A1)', '-2+3', '@cmd', '\t=1', '\r=1', '\uff1d1', "'=1"])(
    'show %j as text, not as a formula',
    async (idTag) => {
      api.sides.transactions = [{ ...row(1), idTag }];
      expect(await csvOf(await api.get('/api/transactions?format=csv'))).toMatchObject([{ idTag: `'${idTag}` }]);
    },
  );

  it.each(['-12.5', '+3', '1e-3', '-0'])('keep the number %s', async (value) => {
    api.sides.meterValues = [reading(value)];
    expect(await csvOf(await api.get('/api/meter-values?format=csv'))).toMatchObject([{ value }]);
  });
});

describe('A transaction', () => {
  it('is shown with what its suspicions mean', async () => {
    api.sides.transactions = [{ ...row(7), suspicions: ['meter-backwards'] }];
    expect(await (await api.get('/api/transactions/7')).json()).toEqual({
      ...row(7),
      suspicions: ['meter-backwards'],
      explanations: [{ suspicion: 'meter-backwards', meaning: 'A register shows less than before.' }],
    });
  });

  it('is not found when nobody knows it', async () => {
    for (const path of ['/api/transactions/99', '/api/transactions/99/meter-values']) {
      expect(await problemOf(await api.get(path))).toMatchObject({ status: 404, type: '/problems/not-found' });
    }
    const response = await api.send('POST', '/api/transactions/99/close', { reason: 'x' });
    expect(response.status).toBe(404);
  });

  it.each(['abc', '0', '-1', '2147483648', '1.5', '%20', '1e3'])('cannot have the id %s', async (id) => {
    const violations = await violationsOf(await api.get(`/api/transactions/${id}`));
    expect(violations).toEqual([expect.stringMatching(/^path id: /)]);
  });
});

describe('Closing a transaction', () => {
  it('tells the charge box that it belongs to', async () => {
    const body = { meterStop: 1200, stoppedAt: '2026-03-01T10:00:00+01:00', orphanId: 'o-1', reason: 'Replaced.' };
    const response = await api.send('POST', '/api/transactions/2/close', body);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-position')).not.toBeNull();
    expect(await response.json()).toMatchObject({ transactionId: 2, explanations: [] });
    expect(api.sides.told).toMatchObject([
      {
        identity: 'CB-1',
        message: {
          kind: 'close-transaction',
          transactionId: 2,
          meterStop: 1200,
          stoppedAt: '2026-03-01T09:00:00.000Z',
          orphanId: 'o-1',
          reason: 'Replaced.',
          at: '2026-03-01T12:00:00.000Z',
        },
      },
    ]);
  });

  it.each([
    [{}, ['body reason: missing']],
    [{ reason: '' }, ['body reason: length']],
    [{ reason: 'x', meterStop: -1 }, ['body meterStop: too-small']],
    [{ reason: 'x', meterStop: 1.5 }, ['body meterStop: invalid-type']],
    [
      { reason: 'x', stoppedAt: 'now', transactionId: 3 },
      ['body stoppedAt: invalid-format', 'body transactionId: unknown'],
    ],
  ])('is refused with %j', async (body, violations) => {
    expect(await violationsOf(await api.send('POST', '/api/transactions/2/close', body))).toEqual(violations);
    expect(api.sides.told).toEqual([]);
  });

  it('is refused when the charge box refuses', async () => {
    api.sides.refusal = 'The transaction is over.';
    const response = await api.send('POST', '/api/transactions/2/close', { reason: 'x' });
    expect(await problemOf(response)).toMatchObject({ status: 409, detail: 'The transaction is over.' });
  });
});

describe('Meter values', () => {
  it('are listed by filter', async () => {
    api.sides.meterValues = [reading('1')];
    const query = 'identity=CB-1&connectorId=1&transactionId=2&measurand=Voltage&from=2026-03-01&to=2026-03-02&limit=5';
    expect(await (await api.get(`/api/meter-values?${query}`)).json()).toEqual({ rows: [reading('1')] });
    expect(api.sides.asked).toEqual([
      {
        filter: {
          identity: 'CB-1',
          connectorId: 1,
          transactionId: 2,
          measurand: 'Voltage',
          from: '2026-03-01T00:00:00.000Z',
          to: '2026-03-02T00:00:00.000Z',
        },
        paging: { limit: 5, cursor: undefined },
      },
    ]);
  });

  it('are listed by transaction', async () => {
    await api.get('/api/transactions/2/meter-values?measurand=Voltage');
    expect(api.sides.asked).toMatchObject([
      { transactionId: 2 },
      { filter: { transactionId: 2, measurand: 'Voltage' }, paging: { limit: 100 } },
    ]);
  });

  it('of a transaction come as CSV too', async () => {
    api.sides.meterValues = [reading('1')];
    const response = await api.get('/api/transactions/2/meter-values', { accept: 'text/csv' });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="meter-values.csv"');
    expect(api.sides.asked[1]).toMatchObject({ filter: { transactionId: 2 }, paging: { limit: 1000 } });
  });
});
