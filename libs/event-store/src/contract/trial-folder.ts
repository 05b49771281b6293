import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for the files of one spec, removed after it. */
export function trialFolder(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  let count = 0;
  afterAll(() => rmSync(folder, { recursive: true }));
  return () => {
    count += 1;
    return join(folder, String(count), 'events.db');
  };
}

/** Another process, with this library at hand as `openEmbeddedStore` and the file as `file`. */
export function otherProcess(file: string, script: string): ChildProcessWithoutNullStreams {
  const library = join(__dirname, '..', 'index.ts');
  const source = `
    const { openEmbeddedStore } = require(${JSON.stringify(library)});
    const file = ${JSON.stringify(file)};
    (async () => { ${script} })();`;
  return spawn(process.execPath, ['--require', '@swc-node/register', '--eval', source]);
}

/** The lines that a process has written, as soon as there are enough of them or it has ended. */
export function lines(child: ChildProcessWithoutNullStreams, count = Infinity): Promise<string[]> {
  let text = '';
  return new Promise((resolve) => {
    const whole = () => text.split('\n').slice(0, -1);
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (whole().length >= count) resolve(whole());
    });
    child.once('close', () => resolve(whole()));
  });
}
