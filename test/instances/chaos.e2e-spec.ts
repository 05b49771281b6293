import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

// The short form of `npm run chaos`: runs on what `npm run build` made, since processes must be there to be killed.

interface Report {
  readonly complaints: readonly string[];
  readonly answeredStarts: number;
  readonly delivered: number;
}

describe('three instances on one store', () => {
  it('keep every answer exactly once and send no operation twice, whatever happens to them', () => {
    const script = join(__dirname, '../../dist/test/instances/chaos.js');
    expect(existsSync(script)).toBe(true);
    const child = spawnSync(process.execPath, [script, '25', '3', '40'], { encoding: 'utf8', timeout: 280_000 });
    const report = JSON.parse(child.stdout) as Report;
    expect(report.complaints).toEqual([]);
    expect(report.answeredStarts).toBeGreaterThanOrEqual(20);
    expect(report.delivered).toBeGreaterThanOrEqual(1);
    expect(child.status).toBe(0);
  }, 290_000);
});
