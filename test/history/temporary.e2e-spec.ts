import { openEmbeddedStore } from '@app/event-store';
import { placeOfService, surroundingsIn, veilsIn } from '@app/history';
import type { EventToAppend } from '@app/kernel';
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readConfiguration } from '../../apps/central-system/src/configuration';

// What the command line leaves behind, and how it reads its environment. Runs on what `npm run build` made.

const script = join(__dirname, '../../dist/apps/history/src/main.js');
const example = join(__dirname, '../../docs/examples/history.ndjson');
const folder = mkdtempSync(join(tmpdir(), 'ocpp-temporary-'));
const [data, system] = [join(folder, 'data'), join(folder, 'tmp')];
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  DATA_DIR: data,
  EVENT_STORE: 'embedded',
  EVENT_STORE_NAMESPACE: undefined,
  CHAIN_KEY: undefined,
  TMPDIR: system,
};
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const history = (words: readonly string[], env: NodeJS.ProcessEnv = environment) =>
  spawnSync(process.execPath, [script, ...words], { cwd: folder, env, encoding: 'utf8' });
const temporaryIn = (where: string) => readdirSync(where).filter((name) => name.includes('.tmp'));

beforeAll(() => {
  mkdirSync(system);
  expect(history(['import', example]).status).toBe(0);
}, 60_000);

const preset = (_: unknown, number: number): EventToAppend => ({
  id: `id-${number}`,
  type: 'PresetSaved',
  data: { name: 'x'.repeat(3_000) },
  metadata: {
    schema: 1,
    correlationId: 'c',
    causationId: 'c',
    actor: 'operator',
    receivedAt: '2026-03-01T12:00:00Z',
  },
});

/** An import that waits for the rest of what it reads, with its temporary folder there. */
async function waiting(words: readonly string[], where: string) {
  mkdirSync(where, { recursive: true });
  const watcher = watch(where);
  const child = spawn(process.execPath, [script, 'import', '-', ...words], { cwd: folder, env: environment });
  children.push(child);
  child.stdin.on('error', () => undefined).write(readFileSync(example, 'utf8').slice(0, 2_000));
  while (temporaryIn(where).length < 2) await once(watcher, 'change');
  watcher.close();
  return child;
}

describe('temporary files', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('go with %s', async (signal, code) => {
    const child = await waiting([], data);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([code, null]);
    expect([temporaryIn(data), readdirSync(system)]).toEqual([[], []]);
  });

  it('of a killed call go at the next one', async () => {
    const child = await waiting([], data);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(temporaryIn(data)).not.toEqual([]);
    expect(history(['stats']).status).toBe(0);
    expect(temporaryIn(data)).toEqual([]);
  });

  it('are where --temp says, for their owner alone', async () => {
    const wanted = join(folder, 'wanted');
    const child = await waiting(['--temp', wanted], wanted);
    expect(temporaryIn(data)).toEqual([]);
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(readdirSync(wanted)).toEqual([]);
    const nowhere = history(['stats', '--temp', 'nowhere']);
    expect(nowhere).toMatchObject({ status: 2, stderr: expect.stringContaining('a folder that is there') as string });
  });

  it.each([
    ['rows', ['show', '--projection', 'transactions']],
    ['a file of lines', ['stats', '--store', `ndjson:${example}`]],
    ['a check', ['verify', '--check', 'read-models']],
    ['a packed file', ['import', 'packed.ndjson.gz', '--continue']],
  ])(
    'of %s are beside the history and need no room elsewhere',
    (_what, words) => {
      if (!existsSync(join(data, 'read-models.db'))) expect(history(['rebuild', 'all']).status).toBe(0);
      writeFileSync(join(folder, 'packed.ndjson.gz'), gzipSync(readFileSync(example)));
      const { status, stderr } = history(words, { ...environment, TMPDIR: join(folder, 'not-there') });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(temporaryIn(data)).toEqual([]);
    },
    60_000,
  );

  it('of an export go when it is interrupted', async () => {
    const store = await openEmbeddedStore({ file: join(folder, 'large/events.db') });
    await store.append('preset-x', Array.from({ length: 60 }, preset), 'any');
    await store.close();
    // A pipe that nobody empties: the export cannot come to its end.
    const unfinished = join(folder, 'out.ndjson.unfinished');
    expect(spawnSync('mkfifo', [unfinished]).status).toBe(0);
    const watcher = watch(folder);
    const words = [script, 'export', 'out.ndjson', '--store', 'embedded:large'];
    const child = spawn(process.execPath, words, { cwd: folder, env: environment });
    children.push(child);
    const closed = once(child, 'close');
    const reader = await open(unfinished, 'r');
    child.kill('SIGTERM');
    while (existsSync(unfinished)) await once(watcher, 'change');
    watcher.close();
    await reader.close();
    expect(await closed).toEqual([143, null]);
    expect(existsSync(join(folder, 'out.ndjson'))).toBe(false);
  });
});

describe('the environment', () => {
  it.each([
    {},
    { DATA_DIR: '', EVENT_STORE: '', EVENT_STORE_NAMESPACE: '', CHAIN_KEY: '', VEIL_ID_TAGS: '' },
    { VEIL_ID_TAGS: 'true' },
    { VEIL_ID_TAGS: '1' },
    { VEIL_ID_TAGS: 'false' },
    { VEIL_ID_TAGS: '0' },
    { DATA_DIR: '/srv/ocpp' },
    { EVENT_STORE: 'esdb://127.0.0.1:2113?tls=false', EVENT_STORE_NAMESPACE: '' },
    { EVENT_STORE: 'esdb://127.0.0.1:2113?tls=false', EVENT_STORE_NAMESPACE: 'depot' },
  ])('is read as the service reads it: %j', (variables: NodeJS.ProcessEnv) => {
    const read = readConfiguration(variables);
    if ('faults' in read) throw new Error(read.faults.join());
    const { DATA_DIR, EVENT_STORE, EVENT_STORE_NAMESPACE, CHAIN_KEY, VEIL_ID_TAGS } = read;
    const surroundings = surroundingsIn(variables);
    expect(surroundings.CHAIN_KEY).toBe(CHAIN_KEY);
    expect(veilsIn(surroundings)).toBe(VEIL_ID_TAGS);
    expect(placeOfService(surroundings)).toEqual(placeOfService({ DATA_DIR, EVENT_STORE, EVENT_STORE_NAMESPACE }));
  });

  it('with empty variables is one without them', () => {
    // In `./data` of where it runs, as a service would have it.
    const env = { ...environment, DATA_DIR: '', EVENT_STORE: '', EVENT_STORE_NAMESPACE: '', CHAIN_KEY: '' };
    const { status, stdout } = history(['verify', '--json', '--check', 'chain', '--check', 'read-models'], env);
    expect({ status, ...(JSON.parse(stdout) as object) }).toMatchObject({
      status: 0,
      place: `embedded:${join(data, 'events.db')}`,
      results: [{ outcome: 'skipped', reason: expect.stringContaining('no key is at hand') as string }, {}],
    });
  });
});
