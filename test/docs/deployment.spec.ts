import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runShell } from './shell';

// The commands of docs/deployment.md that need neither systemd nor containers. Runs on what `npm run build` made.

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/deployment.md'), 'utf8');
const blockWith = (words: string): string =>
  [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '').find((block) => block.includes(words)) ??
  '';

const folder = mkdtempSync(join(tmpdir(), 'deployment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const isHere = (name: string): boolean => {
  const found = spawnSync(name, ['--version']).error === undefined;
  if (!found) process.stderr.write(`Not checked: ${name} is not on this machine.\n`);
  return found;
};

it('what is installed is what is committed, and whatever the build reads', async () => {
  if (!existsSync(join(root, '.git')) || !isHere('git')) return;
  const target = join(folder, 'opt');
  const [copying = ''] = blockWith('git archive').split('cd /opt');
  const script = copying.replaceAll('sudo ', '').replaceAll('/opt/ocpp-central-system', target);
  expect(await runShell(`cd ${root}\n${script}`, {})).toEqual({ code: 0, output: '' });
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8')) as {
    compilerOptions: { builder: { options: { filenames: string[] } } };
  };
  const needed = [
    '.npmrc',
    '.swcrc',
    'package-lock.json',
    'deploy/systemd',
    ...compilerOptions.builder.options.filenames,
  ];
  expect(needed.filter((name) => !existsSync(join(target, name)))).toEqual([]);
  expect(readdirSync(target).filter((name) => /^(\.git|node_modules|dist|data|.*\.ndjson)$/.test(name))).toEqual([]);
});

it('a backup is for its owner alone, and restored it is the same history under the same key', async () => {
  if (!isHere('sqlite3')) return;
  const work = join(folder, 'work');
  const environment = { DATA_DIR: join(folder, 'data'), EVENT_STORE: 'embedded', CHAIN_KEY: '' };
  mkdirSync(work);
  const history = `${process.execPath} ${join(root, 'dist/apps/history/src/main.js')}`;
  const run = async (script: string) => {
    const ran = await runShell(`cd ${work}\n${script}`, environment);
    expect({ script, ...ran }).toMatchObject({ code: 0 });
    return ran.output;
  };
  const example = join(root, 'docs/examples/history.ndjson');
  const checksum = 'verify --check order | grep ^checksum';
  await run(`${history} import ${example} && echo the-key-of-this-history > "$DATA_DIR/chain-key"`);
  const before = await run(`${history} ${checksum}`);
  await run(blockWith('.backup copy.db'));
  for (const file of ['copy.db', 'chain-key.copy']) expect(statSync(join(work, file)).mode & 0o077).toBe(0);
  cpSync(join(work, 'copy.db'), join(environment.DATA_DIR, 'events.db-wal'));
  await run(': > "$DATA_DIR/events.db"; echo another > "$DATA_DIR/chain-key"; chmod 666 "$DATA_DIR"/*');
  await run(blockWith('chown --reference'));
  expect(await run(`${history} ${checksum}`)).toBe(before);
  expect(await run('cat "$DATA_DIR/chain-key"')).toBe('the-key-of-this-history\n');
  for (const file of ['events.db', 'chain-key'])
    expect(statSync(join(environment.DATA_DIR, file)).mode & 0o777).toBe(0o600);
}, 60_000);
