import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot, envelope } from '../support/envelopes';
import { startTestService } from '../support/service';

// A projection from outside that never comes back, beside a service at work. Cannot see: how much slower answers are on one processor.

it('a projection in an endless loop holds up neither charge boxes nor rows nor the end of the service', async () => {
  const sources = mkdtempSync(join(tmpdir(), 'projections-'));
  const looping = join(sources, 'looping');
  writeFileSync(
    join(sources, 'endless.cjs'),
    `module.exports = { name: 'endless', version: 1, on: { ChargeBoxBooted: {
       keys: (data, { identity }) => [identity],
       apply: () => { require('node:fs').writeFileSync(${JSON.stringify(looping)}, ''); for (;;); } } } };`,
  );
  const service = await startTestService({ EVENT_STORE: 'embedded', PROJECTIONS_DIR: sources });
  try {
    expect((await service.post(envelope({ identity: 'FIRST', body: boot }))).status).toBe(200);
    while (!existsSync(looping)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await service.post(envelope({ identity: 'SECOND', body: boot }))).body).toContain('Accepted');
    expect(await service.readModels.waitFor(await service.store.head(), 10_000)).toBe(true);
    expect((await service.api('GET', '/api/charge-boxes/SECOND')).status).toBe(200);
    const { body } = await service.api('GET', '/api/projections');
    expect(body).toMatchObject({ rows: [{ name: 'endless', rows: 0, lag: expect.any(Number) as number }] });
  } finally {
    await service.stop();
    rmSync(sources, { recursive: true });
  }
}, 60_000);
