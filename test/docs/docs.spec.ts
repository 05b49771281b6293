import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventSchemas } from '@app/charge-box';
import { findingCodes } from '@app/history';
import { variables } from '../../apps/central-system/src/configuration';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';
import { runnableIn, runShell } from './shell';

// The documentation names what exists, and its examples run. Cannot see: whether an explanation is a good one.

/** Variables of the surroundings. */
const others = ['OCPP_REFERENCE', 'NODE_EXTRA_CA_CERTS', 'ESDB_TEST_CONNECTION'];
const root = join(__dirname, '../..');
const pages = ['README.md', ...markdownIn('docs')];
const text = (page: string): string => readFileSync(join(root, page), 'utf8');

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return markdownIn(`${folder}/${entry.name}`);
    return entry.name.endsWith('.md') ? [`${folder}/${entry.name}`] : [];
  });
}

describe.each(pages)('%s', (page) => {
  it('links to what exists', () => {
    const links = [...text(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target ?? '');
    expect(links.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });

  it('names scripts and variables that exist', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    const named = [...text(page).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    const settings = [...text(page).matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`/g)].map(([, name]) => name ?? '');
    expect(settings.filter((name) => !Object.hasOwn(variables, name) && !others.includes(name))).toEqual([]);
  });

  it('names files of the project that exist', () => {
    const files = [...text(page).matchAll(/`((?:libs|apps|test|tools|bench|docs)\/[\w./-]+)`/g)].map(
      ([, file]) => file ?? '',
    );
    expect(files.filter((file) => !file.includes('*') && !existsSync(join(root, file)))).toEqual([]);
  });
});

it('docs/events.md names every type of event', () => {
  const types = Object.keys(eventSchemas);
  expect(types.filter((type) => !text('docs/events.md').includes(`\`${type}\``))).toEqual([]);
});

it('docs/history.md and docs/changed-history.md name every finding of verify', () => {
  const told = text('docs/history.md') + text('docs/changed-history.md');
  expect([...findingCodes].filter((code) => !told.includes(`\`${code}\``))).toEqual([]);
});

describe('the examples for integrators', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ CHARGE_BOX_REGISTRATION: 'known', ID_TAG_POLICY: 'known' });
  });
  afterAll(() => service.stop());

  const examples = runnableIn(text('docs/integrators.md'));
  const run = (script: string) =>
    runShell(script, {
      KEY: apiKey,
      API: `http://127.0.0.1:${service.apiPort}`,
      SOAP: `http://127.0.0.1:${service.soapPort}`,
    });

  it('run one after the other', async () => {
    expect(examples.length).toBeGreaterThan(4);
    for (const script of examples) expect({ script, ...(await run(script)) }).toMatchObject({ code: 0 });
    expect((await run('curl -fsS $API/api/transactions')).code).not.toBe(0);
    const { body } = await service.api<{ rows: unknown[] }>('GET', '/api/transactions?idTag=CARD-1');
    expect(body.rows).toMatchObject([{ identity: 'DOCS-1', idTagStatus: 'Accepted', parentIdTag: 'FAMILY' }]);
  });

  it('are followed by those for operators, who end the transaction by hand', async () => {
    const forOperators = runnableIn(text('docs/operators.md'));
    expect(forOperators).toHaveLength(3);
    for (const script of forOperators) expect({ script, ...(await run(script)) }).toMatchObject({ code: 0 });
    const { body } = await service.api<object>('GET', '/api/transactions/1');
    expect(body).toMatchObject({ status: 'closed', meterStop: 15_000, closeReason: 'The box was replaced.' });
    expect((await service.api<object>('GET', '/api/answering')).body).toMatchObject({ answers: {} });
  });
});
