import type { IdTagRow } from '@app/read-models';
import type { ListeningApi } from './specs/fake-sides';
import { key, listen, problemOf, violationsOf } from './specs/fake-sides';

let api: ListeningApi;

const row = (idTag: string, rest: Partial<IdTagRow> = {}): IdTagRow => ({
  idTag,
  blocked: false,
  concurrentTransactions: false,
  changedAt: '2026-03-01T08:00:00.000Z',
  openTransactions: 0,
  ...rest,
});

beforeAll(async () => {
  api = await listen();
});
afterAll(() => api.app.close());
beforeEach(() => {
  Object.assign(api.sides, { asked: [], told: [], failure: undefined, refusal: undefined });
  api.sides.idTags.clear();
  api.sides.idTags.set('a', row('A', { note: 'known', parentIdTag: 'FLEET' }));
});

const captured = {
  id: 1,
  at: '2026-03-01T08:00:00.000Z',
  milliseconds: 1,
  requestId: 'r',
  status: 200,
  quirks: [],
  masked: false,
  headers: {},
};

const upload = (csv: string | Buffer, type = 'text/csv') =>
  fetch(`${api.url}/api/id-tags/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': type },
    body: csv as string,
  });

describe('IdTags', () => {
  it('are listed by filter', async () => {
    expect(await (await api.get('/api/id-tags?search=x&blocked=true&parentIdTag=FLEET&limit=3')).json()).toMatchObject({
      rows: [{ idTag: 'A' }],
    });
    expect(api.sides.asked).toEqual([
      { filter: { search: 'x', blocked: true, parentIdTag: 'FLEET' }, paging: { limit: 3, cursor: undefined } },
    ]);
  });

  it('are exported in the columns of an import', async () => {
    const text = await (await api.get('/api/id-tags?format=csv')).text();
    expect(text).toBe(
      'idTag,parentIdTag,expiryDate,blocked,concurrentTransactions,note\r\nA,FLEET,,false,false,known\r\n',
    );
  });

  it('are shown one by one', async () => {
    expect(await (await api.get('/api/id-tags/a')).json()).toMatchObject({ idTag: 'A', openTransactions: 0 });
    expect(await problemOf(await api.get('/api/id-tags/B'))).toMatchObject({
      status: 404,
      type: '/problems/not-found',
    });
  });

  it('are created once', async () => {
    const response = await api.send('POST', '/api/id-tags', { idTag: 'B', expiryDate: '2027-01-01T01:00:00+01:00' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ idTag: 'B', blocked: false, expiryDate: '2027-01-01T00:00:00.000Z' });
    expect(await problemOf(await api.send('POST', '/api/id-tags', { idTag: 'b' }))).toMatchObject({
      status: 409,
      type: '/problems/refused',
      detail: 'The idTag exists.',
    });
  });

  it('are put in place of what is there', async () => {
    expect((await api.send('PUT', '/api/id-tags/B%2F1', { blocked: true })).status).toBe(201);
    const replaced = await api.send('PUT', '/api/id-tags/A', { blocked: true, idTag: 'a' });
    expect(replaced.status).toBe(200);
    expect(replaced.headers.get('x-position')).not.toBeNull();
    expect(await replaced.json()).toEqual(row('A', { blocked: true }));
    expect(api.sides.told).toMatchObject([
      { details: { idTag: 'B/1', blocked: true }, expected: 'any' },
      { details: { idTag: 'A' } },
    ]);
  });

  it('cannot be put under another name', async () => {
    expect(await violationsOf(await api.send('PUT', '/api/id-tags/A', { idTag: 'B' }))).toEqual([
      'body idTag: contradiction',
    ]);
  });

  it('are changed in part', async () => {
    const response = await api.send('PATCH', '/api/id-tags/A', { blocked: true, note: null });
    expect(await response.json()).toEqual(row('A', { blocked: true, parentIdTag: 'FLEET' }));
    expect(api.sides.told).toMatchObject([{ details: { idTag: 'A', parentIdTag: 'FLEET', blocked: true } }]);
    expect((await api.send('PATCH', '/api/id-tags/B', { blocked: true })).status).toBe(404);
  });

  it('are removed', async () => {
    const response = await api.send('DELETE', '/api/id-tags/a');
    expect(response.status).toBe(204);
    expect(response.headers.get('x-position')).not.toBeNull();
    expect(api.sides.told).toMatchObject([{ idTag: 'A' }]);
    expect((await api.send('DELETE', '/api/id-tags/a')).status).toBe(404);
  });

  it.each([
    ['POST', '/api/id-tags', {}, ['body idTag: missing']],
    ['POST', '/api/id-tags', { idTag: '' }, ['body idTag: length']],
    [
      'POST',
      '/api/id-tags',
      { idTag: 'x'.repeat(21), parentIdTag: 'a\u0000' },
      ['body idTag: length', 'body parentIdTag: control-character'],
    ],
    [
      'POST',
      '/api/id-tags',
      { idTag: 'a', blocked: 'yes', expiry: 1 },
      ['body blocked: invalid-type', 'body expiry: unknown'],
    ],
    [
      'PUT',
      `/api/id-tags/${'x'.repeat(21)}`,
      { expiryDate: 'never' },
      ['path idTag: length', 'body expiryDate: invalid-format'],
    ],
    ['PUT', '/api/id-tags/a%0Ab', {}, ['path idTag: control-character']],
    ['PATCH', '/api/id-tags/A', {}, ['body : no-change']],
    ['PATCH', '/api/id-tags/A', { blocked: null, idTag: 'B' }, ['body blocked: invalid-type', 'body idTag: unknown']],
  ])('%s %s is refused with %j', async (method, path, body, violations) => {
    expect(await violationsOf(await api.send(method, path, body))).toEqual(violations);
    expect(api.sides.told).toEqual([]);
  });

  it('are erased, with what was captured of them', async () => {
    const text = { text: '<idTag>A</idTag>' };
    api.sides.captures.exchanges = [{ ...captured, request: text, response: text }];
    const answer = await api.send('POST', '/api/id-tags/A/erasure');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-position')).toBe('7');
    expect(await answer.json()).toEqual({
      removed: true,
      tokens: 2,
      pseudonym: 'erased-0f3a9c51d2e4',
      captures: 1,
      purged: true,
    });
    expect(api.sides.captures.exchanges).toEqual([]);
    expect(await (await api.send('POST', '/api/id-tags/A/erasure')).json()).toMatchObject({
      removed: false,
      tokens: 0,
    });
  });

  it('with open transactions are erased only by force', async () => {
    const refused = await api.send('POST', '/api/id-tags/BUSY/erasure');
    expect(await problemOf(refused)).toMatchObject({ detail: 'The idTag has transactions open (7).' });
    expect((await api.send('POST', '/api/id-tags/BUSY/erasure?force=true')).status).toBe(200);
    expect(await violationsOf(await api.send('POST', '/api/id-tags/BUSY/erasure?force=maybe'))).toEqual([
      'query force: invalid-type',
    ]);
  });

  it('count the characters of an idTag as people do', async () => {
    expect((await api.send('POST', '/api/id-tags', { idTag: '🚗'.repeat(20) })).status).toBe(201);
  });
});

describe('An import of idTags', () => {
  it('creates, changes, and leaves what is so already', async () => {
    api.sides.idTags.set('b', row('B', { note: 'old' }));
    const csv = '"idTag";note;blocked\nA;known;false\n\nB;new;TRUE\n C ; "a;b" ;1\n';
    const response = await upload(`\ufeff${csv}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ created: 1, changed: 1, unchanged: 1 });
    expect(response.headers.get('x-position')).toBe(api.sides.position);
    expect(api.sides.told.map((command) => ('details' in command ? command.details : {}))).toEqual([
      { idTag: 'B', note: 'new', blocked: true, concurrentTransactions: false },
      { idTag: 'C', note: 'a;b', blocked: true, concurrentTransactions: false },
    ]);
  });

  it('leaves what it has no column for, and clears what its cell is empty', async () => {
    await upload('idTag,note\nA,\n');
    expect(api.sides.told).toMatchObject([{ details: { idTag: 'A', parentIdTag: 'FLEET' } }]);
    expect(api.sides.told[0]).not.toHaveProperty('details.note');
  });

  it('takes back what an export gave', async () => {
    for (const [index, note] of ['=1+1', "'=1", "'x", '-5', 'a,"b"\r\nc', '@'].entries()) {
      await api.send('PUT', `/api/id-tags/=T${index}`, { note, expiryDate: '2027-01-01T00:00:00Z' });
    }
    const text = await (await api.get('/api/id-tags?format=csv')).text();
    expect(text).toContain("'=T0,");
    api.sides.told = [];
    expect(await (await upload(text)).json()).toEqual({ created: 0, changed: 0, unchanged: 7 });
    expect(api.sides.told).toEqual([]);
  });

  it('is refused whole, with every violation by line and column', async () => {
    const csv = [
      'idTag,parentIdTag,expiryDate,blocked,concurrentTransactions,note',
      'GOOD,,,,,',
      ',,2026-13-01,maybe,false,',
      `${'x'.repeat(21)},p\u0007,2026-01-01,0,2,"two`,
      `lines"`,
      `good,,,,,${'n'.repeat(501)}`,
      'B,,',
    ].join('\n');
    const response = await upload(csv);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 400, type: '/problems/invalid-request' });
    const violations = problem.violations as { line: number; column?: string; code: string; path: string }[];
    expect(violations.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'idTag', 'length'],
      [3, 'expiryDate', 'invalid-format'],
      [3, 'blocked', 'invalid-type'],
      [5, 'idTag', 'length'],
      [5, 'parentIdTag', 'control-character'],
      [5, 'concurrentTransactions', 'invalid-type'],
      [6, 'note', 'length'],
      [6, 'idTag', 'repeated'],
      [7, undefined, 'cell-count'],
    ]);
    expect(violations[0]?.path).toBe('line 3, idTag');
    expect(api.sides.told).toEqual([]);
  });

  it.each([
    ['', [[1, undefined, 'no-heading']]],
    ['note\nx\n', [[1, 'idTag', 'missing']]],
    [
      'idTag,colour,idTag\nA,red,A\n',
      [
        [1, 'colour', 'unknown'],
        [1, 'idTag', 'repeated'],
      ],
    ],
    ['idTag,note\nA,"open\n', [[2, undefined, 'csv-quote-not-closed']]],
    ['idTag,note\nA,"x"y\n', [[2, undefined, 'csv-invalid-closing-quote']]],
    [Buffer.from([0x69, 0x64, 0x54, 0x61, 0x67, 0x0a, 0xff, 0xfe]), [[1, undefined, 'encoding']]],
  ])('refuses %j', async (csv, expected) => {
    const { violations } = (await problemOf(await upload(csv))) as {
      violations: { line: number; column?: string; code: string }[];
    };
    expect(violations.map(({ line, column, code }) => [line, column, code])).toEqual(expected);
    expect(api.sides.told).toEqual([]);
  });

  it('takes 100 000 lines and not one more', async () => {
    const lines = (count: number) => `idTag\n${Array.from({ length: count }, (_, index) => `T${index}`).join('\n')}\n`;
    expect(await (await upload(lines(100_000))).json()).toEqual({ created: 100_000, changed: 0, unchanged: 0 });
    const { violations } = await problemOf(await upload(lines(100_001)));
    expect(violations).toMatchObject([{ line: 100_002, code: 'too-many-lines' }]);
  });

  it('takes more than other bodies, but not everything', async () => {
    const wide = `idTag,note\n${Array.from({ length: 20_000 }, (_, index) => `T${index},${'n'.repeat(200)}`).join('\n')}`;
    expect((await upload(wide)).status).toBe(200);
    expect(await problemOf(await upload(Buffer.alloc(17 * 1_048_576, 'x')))).toMatchObject({ status: 413 });
  });

  it('lists ten thousand violations and counts the rest', async () => {
    const problem = await problemOf(await upload(`idTag,blocked\n${',maybe\n'.repeat(10_000)}`));
    expect(problem.violations).toHaveLength(10_000);
    expect(problem.violationCount).toBe(20_000);
  });

  it('reads CSV only', async () => {
    expect(await problemOf(await upload('{"idTag":"A"}', 'application/json'))).toMatchObject({ status: 415 });
  });

  it('tells when a change is refused', async () => {
    api.sides.refusal = 'Not now.';
    expect(await problemOf(await upload('idTag\nB\n'))).toMatchObject({ status: 409, detail: 'Not now.' });
  });
});
