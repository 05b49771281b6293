import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envelope } from '../support/envelopes';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';
import { runnableIn, runShell } from './shell';

// The examples about feeds run, and the client is a package of its own. Cannot see: a browser.

const root = join(__dirname, '../..');
let service: TestService;
beforeAll(async () => {
  service = await startTestService({ CHARGE_BOX_REGISTRATION: 'known' });
});
afterAll(() => service.stop());

const environment = () => ({
  KEY: apiKey,
  API: `http://127.0.0.1:${service.apiPort}`,
  SOAP: `http://127.0.0.1:${service.soapPort}`,
});

async function report(status: string): Promise<void> {
  const body = `<cs:statusNotificationRequest><cs:connectorId>1</cs:connectorId><cs:status>${status}</cs:status><cs:errorCode>NoError</cs:errorCode></cs:statusNotificationRequest>`;
  expect((await service.post(envelope({ identity: 'DOCS-1', body }))).status).toBe(200);
  const head = await service.store.head();
  expect(await service.readModels.waitFor(head, 10_000)).toBe(true);
}

it('docs/feeds.md runs', async () => {
  const examples = runnableIn(readFileSync(join(root, 'docs/feeds.md'), 'utf8'));
  const outputs: string[] = [];
  for (const script of examples) {
    const ran = await runShell(script, environment());
    expect({ script, ...ran }).toMatchObject({ code: 0 });
    outputs.push(ran.output);
  }
  expect(outputs).toHaveLength(8);
  expect(outputs[2]).toContain(
    '"data":{"key":"1\\u0000DOCS-1","row":{"identity":"DOCS-1","connectorId":1,"status":"Occupied"',
  );
});

it('docs/examples/follow-connectors.mjs runs with the package as it is published', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-'));
  const place = join(folder, 'node_modules/ocpp-central-system-client');
  mkdirSync(place, { recursive: true });
  copyFileSync(join(root, 'apps/client/package.json'), join(place, 'package.json'));
  copyFileSync(join(root, 'docs/examples/follow-connectors.mjs'), join(folder, 'follow-connectors.mjs'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const config = join(root, 'apps/client/tsconfig.build.json');
  const built = spawnSync(process.execPath, [tsc, '-p', config, '--outDir', join(place, 'dist')], { encoding: 'utf8' });
  expect([built.status, built.stdout]).toEqual([0, '']);
  const child = spawn(process.execPath, [join(folder, 'follow-connectors.mjs')], {
    env: { ...process.env, ...environment() },
  });
  try {
    const said = { text: '' };
    const hears = (line: string) =>
      new Promise<void>((resolve) => {
        const look = () => said.text.includes(line) && resolve();
        child.stdout.on('data', look);
        look();
      });
    child.stdout.on('data', (chunk: Buffer) => (said.text += chunk.toString()));
    await hears('1 connectors are known');
    await report('Faulted');
    await hears('DOCS-1 1: Faulted');
    expect(said.text).toBe('DOCS-1 1: Occupied\n1 connectors are known\nDOCS-1 1: Faulted\n');
  } finally {
    child.kill();
    rmSync(folder, { recursive: true });
  }
});
