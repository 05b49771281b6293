import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runShell } from './shell';

// The first success of the README, block by block as somebody pastes it, but for ports, folder and building. Cannot see: two terminals.

const root = join(__dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.slice(readme.indexOf('## First success')).matchAll(/```sh\n([\s\S]*?)```/g)].map(
  ([, block]) => block ?? '',
);

const folder = mkdtempSync(join(tmpdir(), 'readme-'));
const running: ChildProcess[] = [];
let key = '';
let environment: Record<string, string>;
beforeAll(async () => {
  environment = {
    SOAP_PORT: await freePort(),
    API_PORT: await freePort(),
    DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'info',
  };
});
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

async function stopAll(): Promise<void> {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null) continue;
    const exited = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    await exited;
  }
}

/** What is built once is not built again here, where others run from it. */
function pasted(block: string): string {
  return block
    .replaceAll('npm start', scripts.start ?? '')
    .replaceAll(/npm run (\w+) --/g, (_, name: string) => scripts[name] ?? '')
    .replaceAll('npm run demo', scripts.demo ?? '')
    .replaceAll('apps/charge-box-simulator/src/main.js', `$& --url http://127.0.0.1:${environment.SOAP_PORT}/ocpp`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${environment.API_PORT}`)
    .replaceAll('./data', environment.DATA_DIR ?? '')
    .replaceAll('backup.ndjson', join(folder, 'backup.ndjson'))
    .replaceAll('the-key-that-was-printed', key);
}

const run = (block = '') => runShell(`cd ${root}\n${pasted(block)}`, environment);

/** Starts what holds its terminal, until it says something. */
async function hold(block: string | undefined, says: RegExp): Promise<string> {
  const child = spawn('bash', ['-c', `cd ${root}\n${pasted(block ?? '')}`], {
    env: { ...process.env, ...environment },
    detached: true,
  });
  running.push(child);
  let output = '';
  const said = new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      if (says.test(output)) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', () => reject(new Error(output)));
  });
  await said;
  return output;
}

it('is a success, from the demo to a copy of the history', async () => {
  const [demo, start, simulate, accept, startOpen, serve, command, copy] = blocks;
  expect(blocks).toHaveLength(8);
  expect((await run(demo)).output).toMatch(/transaction 1: SIM-0001, TAG0001, stopped, \d+ Wh/);
  key = /key[^\n]*?([\w-]{30,})/i.exec(await hold(start, /"message":"Ready"/))?.[1] ?? '';
  expect((await run(simulate)).output).toContain('accept them as candidates');
  const accepted = await run(accept);
  expect(accepted.code).toBe(0);
  expect(accepted.output).toMatch(/"identity":"SIM-0001".*"status":"stopped"/);
  await stopAll();
  await hold(startOpen, /"message":"Ready"/);
  await hold(serve, /answer operations now/);
  expect((await run(command)).output).toMatch(/"operation":"Reset".*"status":"Answered"/);
  expect((await run(copy)).code).toBe(0);
  expect(existsSync(join(folder, 'backup.ndjson'))).toBe(true);
}, 120_000);
