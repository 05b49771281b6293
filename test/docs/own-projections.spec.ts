import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot, envelope, start } from '../support/envelopes';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';
import { runnableIn, runShell } from './shell';

// The examples of docs/own-projections.md run as written, from a folder outside of the repository.

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/own-projections.md'), 'utf8');
const sources = mkdtempSync(join(tmpdir(), 'projections-'));
let service: TestService;
beforeAll(async () => {
  copyFileSync(join(root, 'docs/examples/energy-by-day.cjs'), join(sources, 'energy-by-day.cjs'));
  writeFileSync(join(sources, 'starts.cjs'), /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
  service = await startTestService({ EVENT_STORE: 'embedded', PROJECTIONS_DIR: sources });
});
afterAll(async () => {
  await service.stop();
  rmSync(sources, { recursive: true });
});

async function post(body: string): Promise<string> {
  const answer = await service.post(envelope({ identity: 'DOCS-1', body }));
  expect(answer.status).toBe(200);
  return answer.body;
}

async function shown(name: string): Promise<void> {
  for (;;) {
    const { body } = await service.api<{ rows: { name?: string; state: string; lag: number }[] }>(
      'GET',
      '/api/projections',
    );
    const row = body.rows.find((each) => each.name === name);
    if (row?.state === 'running' && row.lag === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const meterValues = (at: string, kilowattHours: string, transactionId: string) =>
  `<cs:meterValuesRequest><cs:connectorId>1</cs:connectorId><cs:transactionId>${transactionId}</cs:transactionId>` +
  `<cs:values><cs:timestamp>${at}</cs:timestamp><cs:value unit="kWh">${kilowattHours}</cs:value></cs:values></cs:meterValuesRequest>`;

it('docs/own-projections.md and docs/examples/energy-by-day.cjs run', async () => {
  await post(boot);
  const [, id = ''] =
    /<transactionId>(\d+)</.exec(await post(start({ timestamp: '2026-03-01T22:00:00Z', meterStart: 1_000 }))) ?? [];
  await post(meterValues('2026-03-01T23:59:00Z', '4.5', id));
  await post(meterValues('2026-03-02T00:01:00Z', '4.5', id));
  await post(
    `<cs:stopTransactionRequest><cs:transactionId>${id}</cs:transactionId><cs:timestamp>2026-03-02T01:00:00Z</cs:timestamp>` +
      '<cs:meterStop>7000</cs:meterStop></cs:stopTransactionRequest>',
  );
  const environment = { KEY: apiKey, API: `http://127.0.0.1:${service.apiPort}` };
  const outputs: string[] = [];
  for (const script of runnableIn(page)) {
    const ran = await runShell(script, environment);
    expect({ script, ...ran }).toMatchObject({ code: 0 });
    outputs.push(ran.output);
  }
  expect(outputs).toHaveLength(3);
  // What comes behind the first of two rows.
  expect(outputs[2]?.match(/^event: .*/gm)).toEqual(['event: row', 'event: caught-up']);
  await shown('starts');
  const { body } = await service.api<{ rows: { row: object }[] }>(
    'GET',
    '/api/projections/energy-by-day?identity=DOCS-1',
  );
  expect(body.rows.map(({ row }) => row)).toEqual([
    { identity: 'DOCS-1', day: '2026-03-01', energy: 3_500, registers: { 1: 4_500 } },
    { identity: 'DOCS-1', day: '2026-03-02', energy: 2_500, registers: { 1: 7_000 } },
  ]);
  const starts = await service.api('GET', '/api/projections/starts');
  expect(starts.body).toEqual({ rows: [{ key: 'DOCS-1 1', row: { identity: 'DOCS-1', starts: 1 } }] });
}, 60_000);
