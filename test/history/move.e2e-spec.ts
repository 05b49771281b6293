import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '@app/event-store';

// The short form of `npm run move`, and the command line as people use it. Runs on what `npm run build` made.

const dist = join(__dirname, '../../dist');
const folder = mkdtempSync(join(tmpdir(), 'ocpp-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function history(...args: readonly string[]) {
  const script = join(dist, 'apps/history/src/main.js');
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', cwd: folder, timeout: 60_000 });
}

const metadata = {
  schema: 1,
  correlationId: 'c',
  causationId: 'c',
  actor: 'system',
  receivedAt: '2026-03-01T12:00:00Z',
};

describe('history copy', () => {
  it('moves a history to EventStoreDB and back, identical, although a copy was killed on the way', () => {
    const script = join(dist, 'test/history/move.js');
    const child = spawnSync(process.execPath, [script, '20000'], { encoding: 'utf8', timeout: 170_000 });
    const moved = JSON.parse(child.stdout) as { identical: boolean; keptByKill: number; events: number };
    expect(moved).toMatchObject({ identical: true });
    expect(moved.events).toBeGreaterThan(15_000);
    expect(moved.keptByKill).toBeGreaterThan(0);
    expect(child.status).toBe(0);
  }, 300_000);

  it('says what it did, and refuses what it cannot do with a reason and the code 2', async () => {
    const store = await openEmbeddedStore({ file: join(folder, 'data/events.db') });
    await store.append('chargeBox-1', [{ id: 'a', type: 'Happened', data: {}, metadata }], 'any');
    await store.close();
    const copied = history('copy', '--from', 'embedded:data', '--to', 'ndjson:copy.ndjson');
    expect(copied.stdout).toMatch(/^1 events copied, in .*\nsource {2}1 events in 1 streams, [0-9a-f]{64}\n/m);
    expect(copied.stdout).toMatch(/^identical$/m);
    expect(copied.status).toBe(0);
    expect(readFileSync(join(folder, 'copy.ndjson'), 'utf8').split('\n')).toHaveLength(4);
    const again = history('copy', '--from', 'embedded:data', '--to', 'ndjson:copy.ndjson');
    expect(again.stderr).toContain('There is a history at the target already.');
    expect(again.status).toBe(2);
    expect(history('copy', '--from', 'ndjson:copy.ndjson', '--to', 'embedded:restored').status).toBe(0);
    const nowhere = history('copy', '--from', 'somewhere', '--to', 'ndjson:x');
    expect(nowhere.stderr).toContain('--from: A history is at `embedded:<folder or file>`');
    expect(nowhere.status).toBe(2);
    const unreachable = history('copy', '--from', 'embedded:data', '--to', 'esdb://boss:secret@127.0.0.1:9?tls=false');
    expect(unreachable.stderr).toContain('The event store does not answer.');
    expect(unreachable.stderr + unreachable.stdout).not.toContain('secret');
    expect(unreachable.status).toBe(2);
  }, 240_000);

  it('that breaks off says so with the code 1, and goes on when asked to', async () => {
    const store = await openEmbeddedStore({ file: join(folder, 'long/events.db') });
    const event = (number: number) => ({
      id: `id-${number}`,
      type: 'Happened',
      data: { number, text: 'x'.repeat(2_000) },
      metadata,
    });
    await store.append(
      'chargeBox-1',
      Array.from({ length: 100 }, (_, number) => event(number)),
      'any',
    );
    await store.close();
    const words = ['copy', '--from', 'embedded:long', '--to', 'ndjson:long.ndjson'];
    // No file may grow beyond 64 kilobytes, as on a disk that is full.
    const command = 'ulimit -f 64; exec "$@"';
    const script = join(dist, 'apps/history/src/main.js');
    const full = spawnSync('bash', ['-c', command, 'bash', process.execPath, script, ...words], {
      encoding: 'utf8',
      cwd: folder,
      timeout: 60_000,
    });
    expect(full.stderr).toContain('What is copied stays; go on with --continue.');
    expect(full.status).toBe(1);
    expect(history(...words).status).toBe(2);
    const further = history(...words, '--continue', '--json');
    expect(JSON.parse(further.stdout)).toMatchObject({ identical: true, source: { events: 100 } });
    expect(further.status).toBe(0);
  }, 240_000);
});
