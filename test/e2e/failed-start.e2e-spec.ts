import { openEmbeddedStore } from '@app/event-store';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
