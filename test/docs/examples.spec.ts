import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReachableBox } from '../support/charge-points';
import { reachableBox } from '../support/charge-points';
import { envelope } from '../support/envelopes';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';
import { runnableIn, runShell } from './shell';

// The examples about commands and answers run, with a simulated charge box at the other end.

const root = join(__dirname, '../..');
let service: TestService;
let box: ReachableBox;
beforeAll(async () => {
  service = await startTestService({ OUTBOUND_ALLOW: 'peer 127.0.0.0/8' });
  box = await reachableBox(service, 'DOCS-1');
});
afterAll(async () => {
  await box.point.close();
  await service.stop();
});

const environment = () => ({ KEY: apiKey, API: `http://127.0.0.1:${service.apiPort}` });

/** `before` is called with each example before it runs. */
async function allRun(page: string, before?: (script: string) => void): Promise<number> {
  const examples = runnableIn(readFileSync(join(root, page), 'utf8'));
  for (const script of examples) {
    before?.(script);
    expect({ script, ...(await runShell(script, environment())) }).toMatchObject({ code: 0 });
  }
  return examples.length;
}

it('docs/command-a-box.md runs', async () => {
  expect(await allRun('docs/command-a-box.md')).toBe(8);
  const { body } = await service.api<{ rows: { status: string }[] }>('GET', '/api/commands?command=ClearCache');
  expect(body.rows).toMatchObject([{ status: 'Answered' }]);
});

it('docs/when-a-box-cannot-be-reached.md runs', async () => {
  expect(await allRun('docs/when-a-box-cannot-be-reached.md')).toBe(2);
});

it('docs/answer-from-your-own-flow.md runs, and the box gets the answer of the shell', async () => {
  let asked: ReturnType<TestService['post']> | undefined;
  const authorize = '<cs:authorizeRequest><cs:idTag>ANY</cs:idTag></cs:authorizeRequest>';
  // Not before the rules are those that the page ends with.
  const ask = (script: string) => {
    if (script.includes('status=Pending')) asked = service.post(envelope({ identity: 'DOCS-1', body: authorize }));
  };
  expect(await allRun('docs/answer-from-your-own-flow.md', ask)).toBe(7);
  expect((await asked)?.body).toContain('<status>Accepted</status>');
});

it('docs/examples/answer-requests.mjs answers a boot, an idTag and a start', async () => {
  await service.api('PUT', '/api/answering', {
    answers: { BootNotification: 'delegated', Authorize: 'delegated', StartTransaction: 'delegated' },
  });
  const child = spawn(process.execPath, [join(root, 'docs/examples/answer-requests.mjs')], {
    env: { ...process.env, ...environment() },
  });
  try {
    await new Promise<void>((resolve) =>
      child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('Following') && resolve()),
    );
    const { box: simulated } = box;
    const booted = await simulated.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'Duo' });
    expect(booted).toMatchObject({ response: { status: 'Accepted', heartbeatInterval: 90 } });
    expect(await simulated.call('Authorize', { idTag: '04A2B3C4D5' })).toMatchObject({
      response: { idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY-1' } },
    });
    const start = { connectorId: 1, idTag: 'STRANGER', timestamp: new Date().toISOString(), meterStart: 1 };
    expect(await simulated.call('StartTransaction', start)).toMatchObject({
      response: { transactionId: expect.any(Number) as number, idTagInfo: { status: 'Invalid' } },
    });
  } finally {
    child.kill();
  }
});
