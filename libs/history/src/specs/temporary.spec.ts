import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers, temporaryFolder } from '../temporary';

const parent = mkdtempSync(join(tmpdir(), 'temporary-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const database = require.resolve('better-sqlite3');

/** A process that has a folder in use, as `temporaryFolder` makes one. */
async function inUse(name: string) {
  const program = `
    const path = process.argv[1];
    const lock = new (require(${JSON.stringify(database)}))(path + '.lock');
    lock.exec('BEGIN EXCLUSIVE');
    require('node:fs').mkdirSync(path);
    require('node:fs').writeFileSync(path + '/rows.db', 'rows');
    process.stdout.write('ready');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', program, join(parent, name)]);
  await once(child.stdout, 'data');
  return child;
}

describe('a temporary folder', () => {
  it('is for its owner alone, and goes with its files', () => {
    const { path, remove } = temporaryFolder(parent);
    writeFileSync(join(path, 'rows.db'), 'rows');
    expect(statSync(path).mode & 0o777).toBe(0o700);
    remove();
    expect(readdirSync(parent)).toEqual([]);
    expect(process.listeners('exit')).not.toContain(remove);
  });

  it('goes when the process exits', () => {
    const { remove } = temporaryFolder(parent);
    expect(process.listeners('exit')).toContain(remove);
    remove();
  });

  it('stays while anybody uses it, and goes at the next call when he was killed', async () => {
    const name = 'history-0123456789abcdef.tmp';
    const other = await inUse(name);
    const { path, remove } = temporaryFolder(parent);
    removeLeftovers(parent);
    expect(existsSync(path)).toBe(true);
    expect(existsSync(join(parent, name, 'rows.db'))).toBe(true);
    other.kill('SIGKILL');
    await once(other, 'close');
    removeLeftovers(parent);
    expect(readdirSync(parent).filter((each) => each.startsWith(name))).toEqual([]);
    expect(existsSync(path)).toBe(true);
    remove();
  });

  it('is no leftover when it has another name, or leads elsewhere', () => {
    const elsewhere = join(parent, 'elsewhere');
    writeFileSync(elsewhere, 'something');
    symlinkSync(elsewhere, join(parent, 'history-fedcba9876543210.tmp.lock'));
    writeFileSync(join(parent, 'history-of-the-year.tmp.lock'), '');
    removeLeftovers(parent);
    expect(readdirSync(parent)).toEqual([
      'elsewhere',
      'history-fedcba9876543210.tmp.lock',
      'history-of-the-year.tmp.lock',
    ]);
  });
});
