import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot, envelope } from '../support/envelopes';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';
import { runnableIn, runShell } from './shell';

// The examples about webhooks run, and the receiver of the documentation takes what is ours alone. Cannot see: what others build on it.

const root = join(__dirname, '../..');
const secret = 'a-secret-of-the-documentation';
let service: TestService;
let folder: string;
const got: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    got.push({ headers: request.headers, body });
    response.writeHead(got.length === 1 ? 204 : 400).end();
  });
});
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'webhooks-'));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  service = await startTestService({ WEBHOOK_ALLOW: '127.0.0.0/8', CHAIN_KEY: 'a key of the chain for the examples' });
});
afterAll(async () => {
  await service.stop();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const [create = '', check = '', ...rest] = runnableIn(readFileSync(join(root, 'docs/webhooks.md'), 'utf8'));

async function run(script: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const environment = {
    KEY: apiKey,
    API: `http://127.0.0.1:${service.apiPort}`,
    HOOK: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
    SECRET: secret,
    ...more,
  };
  const ran = await runShell(script, environment);
  expect({ script, ...ran }).toMatchObject({ code: 0 });
  return ran.output;
}

it('docs/webhooks.md runs, and its check of signatures tells right from wrong', async () => {
  expect(await run(create)).not.toContain(secret);
  await service.post(envelope({ identity: 'DOCS-1', body: boot }));
  await until(() => got.length === 1);
  const { headers, body } = got[0] ?? { headers: {}, body: '' };
  const given = { TIMESTAMP: String(headers['webhook-timestamp']), SIGNATURE: String(headers['webhook-signature']) };
  const file = join(folder, 'body');
  writeFileSync(file, body);
  await run(check, { ...given, BODY: file });
  writeFileSync(file, body.replace('Acme', 'Ecma'));
  expect((await runShell(check, { ...given, BODY: file, SECRET: secret })).code).toBe(1);
  await service.post(envelope({ identity: 'DOCS-1', body: boot }));
  await until(() => got.length === 2);
  expect(rest).toHaveLength(3);
  for (const script of rest) await run(script);
  await until(() => got.filter((each) => each.headers['webhook-id'] === headers['webhook-id']).length === 2);
});

it('docs/examples/receive-webhook.mjs takes what is signed, once, and nothing else', async () => {
  const child = spawn(process.execPath, [join(root, 'docs/examples/receive-webhook.mjs')], {
    env: { ...process.env, SECRET: secret, PORT: '0' },
  });
  try {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes('\n'));
    const url = /^Webhooks are taken at (http:\S+)\n/.exec(said)?.[1] ?? '';
    const { headers, body } = got[0] ?? { headers: {}, body: '' };
    const send = async (text: string, other: Readonly<Record<string, string>> = {}) => {
      const ours = Object.entries(headers).filter(([name]) => name.startsWith('webhook-'));
      const sent = { ...(Object.fromEntries(ours) as Record<string, string>), ...other };
      return (await fetch(url, { method: 'POST', headers: sent, body: text })).status;
    };
    expect(await send(body)).toBe(204);
    expect(await send(body)).toBe(204);
    expect(await send(body.replace('Acme', 'Ecma'))).toBe(401);
    expect(await send(body, { 'webhook-signature': 'v1=0' })).toBe(401);
    expect(await send(body, { 'webhook-timestamp': '1772366400' })).toBe(401);
    expect(said.match(/ChargeBoxBooted in chargeBox-DOCS-1/g)).toHaveLength(1);
  } finally {
    child.kill();
  }
});

it.each([{}, { SECRET: '' }])(
  'docs/examples/receive-webhook.mjs says at its start that there is no secret: %j',
  async (given) => {
    const { SECRET: _none, ...environment } = process.env;
    const child = spawn(process.execPath, [join(root, 'docs/examples/receive-webhook.mjs')], {
      env: { ...environment, PORT: '0', ...given },
      timeout: 4_000,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(said).toBe('SECRET is missing: set it to the secret of the webhook, by which its deliveries are known.\n');
    expect(code).toBe(2);
  },
);
