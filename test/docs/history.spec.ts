import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runShell } from './shell';

// The commands of docs/history.md run one after the other and say what the page shows. Runs on what `npm run build` made.

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/history.md'), 'utf8');
const [, newFolder = ''] = /```sh\n(export DATA_DIR=.*\n)```/.exec(page) ?? [];
let dataDir = '';
beforeAll(async () => {
  const { output } = await runShell(`${newFolder}echo "$DATA_DIR"`, { DATA_DIR: '' });
  dataDir = output.trim();
  expect(readdirSync(dataDir)).toEqual([]);
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** Each command of the page with the lines that are shown below it. */
const examples = [...page.matchAll(/```sh runnable\n([\s\S]*?)```\n\n((?: {4}.*\n|\n(?= {4}))*)/g)].map(
  ([, script = '', shown = '']) => ({ script, shown: shown.replace(/^ {4}/gm, '') }),
);

/** Without what differs from one run to the next. */
const steady = (text: string): string =>
  text
    .replaceAll(dataDir, '/srv/ocpp/data')
    .replace(/\d+\.\d (s|MB)\b/g, 'some $1')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'some checksum')
    .replace(/\(\d+ events\/s/g, '(some events/s')
    .trimEnd();

it('docs/history.md shows what its commands say', async () => {
  expect(examples.length).toBeGreaterThan(8);
  for (const { script, shown } of examples) {
    const { code, output } = await runShell(script, { DATA_DIR: dataDir, EVENT_STORE: 'embedded' });
    expect({ script, code, output: steady(output) }).toEqual({ script, code: 0, output: steady(shown) });
  }
}, 300_000);
