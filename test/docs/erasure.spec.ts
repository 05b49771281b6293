import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot, envelope, start } from '../support/envelopes';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';
import { runnableIn, runShell } from './shell';

// The commands of docs/erasure.md on a service that has seen the idTag everywhere. Runs on what `npm run build` made.

const root = join(__dirname, '../..');
const [erase = '', look = ''] = runnableIn(readFileSync(join(root, 'docs/erasure.md'), 'utf8'));
const tag = '04A2B3C4D5';
const sources = mkdtempSync(join(tmpdir(), 'projections-'));
let service: TestService;
beforeAll(async () => {
  copyFileSync(join(root, 'docs/examples/energy-by-day.cjs'), join(sources, 'energy-by-day.cjs'));
  service = await startTestService({
    EVENT_STORE: 'embedded',
    PROJECTIONS_DIR: sources,
    CAPTURE: 'all',
    CAPTURE_ID_TAGS: 'clear',
  });
});
afterAll(async () => {
  await service.stop();
  rmSync(sources, { recursive: true });
});

const run = (script: string) =>
  runShell(script, { KEY: apiKey, API: `http://127.0.0.1:${service.apiPort}`, DATA: service.dataDir });
const post = async (body: string) => (await service.post(envelope({ identity: 'DOCS-1', body }))).body;
const stop = (id: string) =>
  `<cs:stopTransactionRequest><cs:transactionId>${id}</cs:transactionId><cs:idTag>${tag.toLowerCase()}</cs:idTag>` +
  '<cs:timestamp>2026-03-01T13:00:00Z</cs:timestamp><cs:meterStop>2000</cs:meterStop></cs:stopTransactionRequest>';
const filesWith = (text: string) =>
  readdirSync(service.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'latin1').toLowerCase().includes(text.toLowerCase()));

it('docs/erasure.md erases an idTag, and nothing has it afterwards', async () => {
  await post(boot);
  const [, id = ''] = /<transactionId>(\d+)</.exec(await post(start({ idTag: tag, meterStart: 1_000 }))) ?? [];
  expect((await service.api('POST', `/api/id-tags/${tag}/erasure`)).status).toBe(409);
  await post(stop(id));
  // An interrupted rebuild, and rows of a projection that was taken out of the folder.
  for (const left of ['read-models.next.db', join('projections', 'gone.v1.db')])
    writeFileSync(join(service.dataDir, left), `{"idTag":"${tag}"}`);
  const erased = await run(erase);
  expect(erased.code).toBe(0);
  expect(erased.output).toContain('It is still there.');
  expect(erased.output).toContain('TextKeyed in stream');
  expect(erased.output).not.toContain('"captures":0');
  expect(erased.output).toContain('"purged":true');
  const gone = await run(look);
  expect(gone).toMatchObject({ code: 0, output: expect.stringContaining('Nothing has the idTag.') as string });
  expect([...filesWith(tag), ...filesWith('Jo Doe')]).toEqual([]);

  const { body } = await service.api<{ rows: { idTag: string; energy: number }[] }>('GET', '/api/transactions');
  expect(body.rows).toMatchObject([{ idTag: expect.stringMatching(/^erased-/) as string, energy: 1_000 }]);
  expect((await service.api('GET', `/api/id-tags/${tag}`)).status).toBe(404);
  const sound = await run('npm run --silent history -- verify --store "embedded:$DATA"');
  expect(sound.output).toContain('Nothing is wrong.');

  await post(
    '<cs:dataTransferRequest><cs:vendorId>v</cs:vendorId><cs:data>of 04a2b3c4d5</cs:data></cs:dataTransferRequest>',
  );
  const told = await run(look);
  expect(told.code).toBe(1);
  expect(told.output).toContain('DataTransferReceived in stream chargeBox-DOCS-1');
}, 120_000);
