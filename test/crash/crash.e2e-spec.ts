import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

// The short form of `npm run crash`: runs on what `npm run build` made, since a process must be there to be killed.

describe('a service that is killed under load', () => {
  it('has everything that it answered exactly once, five times', () => {
    const script = join(__dirname, '../../dist/test/crash/crash.js');
    expect(existsSync(script)).toBe(true);
    const child = spawnSync(process.execPath, [script, '5', '11'], { encoding: 'utf8', timeout: 170_000 });
    const report = JSON.parse(child.stdout) as { complaints: string[]; answeredStarts: number; answeredStops: number };
    expect(report.complaints).toEqual([]);
    expect(report.answeredStarts).toBeGreaterThanOrEqual(30);
    expect(report.answeredStops).toBeGreaterThanOrEqual(30);
    expect(child.status).toBe(0);
  }, 300_000);
});
