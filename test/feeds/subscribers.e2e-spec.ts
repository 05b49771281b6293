import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SubscribersReport } from './subscribers';

// The short form of `npm run subscribers`: runs on what `npm run build` made, since a process must be there to be killed.

describe('subscribers that lose their connection at a service that ends again and again', () => {
  it.each(['embedded', 'double'])(
    'have the rows of the read models and every event once, on %s',
    (store) => {
      const script = join(__dirname, '../../dist/test/feeds/subscribers.js');
      expect(existsSync(script)).toBe(true);
      const args = [script, '10', '3', store];
      const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 220_000 });
      const [report] = JSON.parse(child.stdout) as SubscribersReport[];
      expect(report).toMatchObject({ store, complaints: [] });
      expect(report?.kills).toBeGreaterThanOrEqual(2);
      expect(report?.restarts).toBeGreaterThanOrEqual(2);
      expect(report?.connections).toBeGreaterThanOrEqual(100);
      expect(report?.stops).toBeGreaterThanOrEqual(20);
      expect(child.status).toBe(0);
    },
    230_000,
  );
});
