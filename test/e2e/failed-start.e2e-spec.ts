import { openEmbeddedStore } from '@app/event-store';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Who restarts a service waits for its end. Runs on what `npm run build` made.

const script = join(__dirname, '../../dist/apps/central-system/src/main.js');
const folder = mkdtempSync(join(tmpdir(), 'failed-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a service whose start fails when half of it is at work says why and ends', async () => {
  const store = await openEmbeddedStore({ file: join(folder, 'events.db') });
  const at = new Date().toISOString();
  const metadata = { schema: 99, correlationId: 'c', causationId: 'c', actor: 'operator', receivedAt: at };
  await store.append('webhooks', [{ id: 'later', type: 'WebhookDefined', data: { at }, metadata }], 'any');
  await store.close();
  const env = { ...process.env, DATA_DIR: folder, EVENT_STORE: 'embedded', SOAP_PORT: '0', API_PORT: '0' };
  const service = spawn(process.execPath, [script], { env });
  let said = '';
  service.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  service.stdout.resume();
  const code = await new Promise((resolve) => service.once('close', resolve));
  expect(code).toBe(1);
  expect(said).toContain('newer version of this program');
}, 60_000);

it('a service that waits for its event store at its start ends at once when it is told to', async () => {
  // Takes connections and says nothing.
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const env = {
    ...process.env,
    DATA_DIR: join(folder, 'waiting'),
    EVENT_STORE: `esdb://127.0.0.1:${port}?tls=false`,
    // By itself it would not end before the limit of this test.
    EVENT_STORE_PATIENCE: '600',
    SOAP_PORT: '0',
    API_PORT: '0',
    LOG_LEVEL: 'info',
  };
  const asked = new Promise((resolve) => silent.once('connection', resolve));
  const service = spawn(process.execPath, [script], { env });
  let said = '';
  for (const output of [service.stdout, service.stderr])
    output.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    const ended = new Promise((resolve) => service.once('close', (...how) => resolve(how)));
    await Promise.race([asked, ended]);
    service.kill('SIGTERM');
    expect({ how: await ended, said }).toEqual({ how: [0, null], said: expect.stringContaining('Stopping') as string });
    expect(said).not.toContain('Ready');
  } finally {
    service.kill('SIGKILL');
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
}, 60_000);
