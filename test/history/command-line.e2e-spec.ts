import { chargeBoxEventSchemas, stateStream } from '@app/charge-box';
import { lockForWriting, openEmbeddedStore } from '@app/event-store';
import type { EventToAppend } from '@app/kernel';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usualFolder } from '@app/history';
import { variables } from '../../apps/central-system/src/configuration';
import { EventStoreDbDouble } from '../support/eventstoredb/double';
import { boot, envelope, start } from '../support/envelopes';
import { startTestService } from '../support/service';

// The command line over a history as people and scripts use it. Runs on what `npm run build` made.

const script = join(__dirname, '../../dist/apps/history/src/main.js');
const example = join(__dirname, '../../docs/examples/history.ndjson');
const folder = mkdtempSync(join(tmpdir(), 'ocpp-command-line-'));
const data = join(folder, 'data');
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  DATA_DIR: data,
  EVENT_STORE: 'embedded',
  EVENT_STORE_NAMESPACE: undefined,
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Not waited for by blocking: a service in this process has to answer meanwhile. */
function history(
  words: readonly string[],
  { env = environment, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
) {
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [script, ...words], { cwd: folder, env });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.on('close', (status) => resolve({ status, ...said }));
    child.stdin.end(input);
  });
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
const parsed = <Value>(line: string | undefined): Value => JSON.parse(line ?? 'null') as Value;

beforeAll(async () => {
  expect((await history(['import', example])).status).toBe(0);
}, 60_000);

it('where a history is by default is where the service keeps it', () => {
  expect(usualFolder).toBe(variables.DATA_DIR.fallback);
});

describe('a command line', () => {
  it.each([
    ['an option that is not there', ['tail', '--typ', 'x'], /unknown option '--typ'[\s\S]*--transaction/],
    ['a command that is not there', ['tial'], /unknown command 'tial'[\s\S]*verify/],
    [
      'a type that is not there',
      ['tail', '--type', 'Started'],
      /there is no Started\. There are:[\s\S]*TransactionStarted/,
    ],
    ['a moment that is none', ['show', 'BOX-7', '--at', 'noon'], /--at: "noon" is no moment\. Give a time/],
    [
      'a place that is none',
      ['show', 'BOX-7', '--projection', 'transactions', '--store', 'nowhere'],
      /--store: A history is at/,
    ],
    ['a number that is none', ['transaction', 'one'], /id: "one" is no whole number/],
    [
      'a projection that is not there',
      ['show', '--projection', 'boxes'],
      /there is no "boxes"\. There are: .*charge_boxes/,
    ],
    ['neither box nor projection', ['show'], /Name a charge box, or a projection/],
    [
      'a check that is not there',
      ['verify', '--check', 'everything'],
      /there is no everything\. There are: file, order/,
    ],
    ['to follow to an end', ['tail', '--follow', '--until', '1h'], /leave out --follow or --until/],
    ['a key without pseudonyms', ['export', 'x', '--key-file', 'k'], /give --pseudonymise as well/],
    ['to write over a file', ['export', example], /is there already/],
    ['a store that keeps nothing', ['stats'], /keeps no history/, { EVENT_STORE: 'memory' }],
    ['a position of another store', ['show', 'BOX-7', '--at', '1'.repeat(40)], /is no position of this store/],
  ])('refuses %s with a reason and the code 2', async (_what, words, reason, more: NodeJS.ProcessEnv = {}) => {
    const { status, stderr, stdout } = await history(words, { env: { ...environment, ...more } });
    expect(stderr).toMatch(reason);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it.each(['tail', 'show', 'transaction', 'verify', 'rebuild', 'stats', 'export', 'import', 'copy'])(
    'helps with %s',
    async (name) => {
      const { status, stdout } = await history([name, '--help']);
      expect(stdout).toContain(`Usage: history ${name}`);
      expect(status).toBe(0);
      expect((await history(['--help'])).stdout).toContain(`  ${name} `);
    },
  );

  it('ends with the code 3 when the history cannot be read, and shows no password', async () => {
    const nowhere = await history(['tail', '--store', 'embedded:nowhere']);
    expect(nowhere).toMatchObject({
      status: 3,
      stdout: '',
      stderr: expect.stringContaining('nowhere/events.db') as string,
    });
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
    const away = await history(['stats', '--store', 'esdb://boss:secret@127.0.0.1:9?tls=false']);
    expect(away).toMatchObject({ status: 3, stderr: expect.stringContaining('does not answer') as string });
    expect(away.stderr).not.toContain('secret');
    writeFileSync(join(folder, 'other.txt'), 'something else\n');
    const other = await history(['verify', '--store', 'ndjson:other.txt']);
    expect(other).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('line 1: is not the first line') as string,
    });
  }, 60_000);

  it('ends with the code 1 when nothing is found', async () => {
    const stranger = await history(['show', 'STRANGER']);
    expect(stranger).toMatchObject({ status: 1, stdout: '', stderr: 'Nothing is known of STRANGER.\n' });
    const silent = await history(['tail', '--box', 'bOX-7', '--box', 'BOX-7', '--lines', '1']);
    expect(silent).toMatchObject({ status: 0, stdout: expect.stringContaining('BOX-7') as string });
    expect(silent.stderr).toBe('Nothing is known of bOX-7: letter case counts.\n');
    const early = await history(['show', 'BOX-7', '--at', '2026-01-01']);
    expect(early).toMatchObject({ status: 1, stderr: 'Nothing is known of BOX-7 at that moment; it came later.\n' });
    expect(await history(['transaction', '77'])).toMatchObject({ status: 1, stdout: '' });
    expect(await history(['show', '--projection', 'transactions', '--key', '77'])).toMatchObject({
      status: 1,
      stdout: '',
    });
  });

  it('ends quietly when its reader goes', () => {
    const command = `"$@" | head -n 1; exit "\${PIPESTATUS[0]}"`;
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', command, 'bash', process.execPath, script, 'tail', '--since', '1'],
      { env: environment, encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(linesOf(stdout)).toHaveLength(1);
  });
});

describe('rebuild', () => {
  it('builds read models anew beside a service, which uses them at once, and on a stopped one', async () => {
    const dataDir = mkdtempSync(join(folder, 'rebuilt-'));
    const service = await startTestService({ EVENT_STORE: 'embedded', DATA_DIR: dataDir });
    const env = { ...environment, DATA_DIR: dataDir };
    await service.post(envelope({ body: boot }));
    await service.post(envelope({ body: start() }));
    for (const table of ['all', 'transactions']) {
      const { status, stdout } = await history(['rebuild', table, '--json'], { env });
      expect({ status, ...parsed<object>(stdout) }).toMatchObject({ status: 0, table, inUse: 'now' });
    }
    await service.post(envelope({ body: start({ connectorId: 2 }) }));
    const shown = () => service.api<{ rows: readonly object[] }>('GET', '/api/transactions');
    while ((await shown()).body.rows.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    await service.stop();
    const { stdout } = await history(['rebuild', 'all'], { env });
    expect(stdout).toMatch(/^all: built from \d+ events in .* They are used from the next start on\.\n$/);
    expect((await history(['verify', '--check', 'read-models'], { env })).status).toBe(0);
  });

  it('is refused while another one is at work on the same read models', async () => {
    const dataDir = mkdtempSync(join(folder, 'twice-'));
    const service = await startTestService({ EVENT_STORE: 'embedded', DATA_DIR: dataDir });
    await service.post(envelope({ body: boot }));
    await service.stop();
    const env = { ...environment, DATA_DIR: dataDir };
    const other = lockForWriting(join(dataDir, 'read-models.db.rebuild'));
    const { status, stderr } = await history(['rebuild', 'all'], { env });
    expect([status, stderr]).toEqual([2, expect.stringContaining('being built anew already')]);
    other.release();
    expect((await history(['rebuild', 'all'], { env })).status).toBe(0);
  });

  it('says so when the service does not take what was built', async () => {
    const dataDir = mkdtempSync(join(folder, 'untaken-'));
    const service = await startTestService({ EVENT_STORE: 'embedded', DATA_DIR: dataDir });
    await service.post(envelope({ body: boot }));
    await service.stop();
    const running = lockForWriting(join(dataDir, 'events.db'));
    const next = join(dataDir, 'read-models.next.db');
    const throwingAway = setInterval(() => {
      if (!existsSync(`${next}.ready`)) return;
      rmSync(next);
      rmSync(`${next}.ready`);
    }, 10);
    const { status, stdout, stderr } = await history(['rebuild', 'all'], {
      env: { ...environment, DATA_DIR: dataDir },
    });
    clearInterval(throwingAway);
    running.release();
    expect([status, stdout, stderr]).toEqual([4, '', expect.stringContaining('has not taken')]);
  });

  const asRoot = process.getuid?.() === 0;
  (asRoot ? it : it.skip)('by root leaves files that belong to the user of the service', async () => {
    const nobody = 65_534;
    const dataDir = mkdtempSync(join(folder, 'of-nobody-'));
    const service = await startTestService({ EVENT_STORE: 'embedded', DATA_DIR: dataDir });
    await service.post(envelope({ body: boot }));
    await service.stop();
    chmodSync(folder, 0o755);
    for (const name of ['', ...readdirSync(dataDir)]) chownSync(join(dataDir, name), nobody, nobody);
    expect((await history(['rebuild', 'all'], { env: { ...environment, DATA_DIR: dataDir } })).status).toBe(0);
    const owners = readdirSync(dataDir).map((name) => [name, statSync(join(dataDir, name)).uid]);
    expect(owners).toContainEqual(['read-models.db', nobody]);
    expect(owners.filter(([, uid]) => uid !== nobody)).toEqual([]);
  });

  it('needs read models, and one of their tables', async () => {
    const none = await history(['rebuild', 'transactions']);
    expect(none).toMatchObject({ status: 2, stderr: expect.stringContaining('yet: build all') as string });
    const lines = await history(['rebuild', 'all', '--store', `ndjson:${example}`]);
    expect(lines).toMatchObject({ status: 2, stderr: expect.stringContaining('name its DATA_DIR') as string });
    const unknown = await history(['rebuild', 'everything']);
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('There are: all, ') as string });
  });
});

describe('idTags', () => {
  it.each([
    ['tail', '--since', '1'],
    ['tail', '--since', '1', '--json'],
    ['show', 'BOX-7', '--json'],
    ['show', 'BOX-7', '--at', '21'],
    ['show', '--projection', 'transactions'],
    ['show', '--projection', 'id_tags', '--json'],
    ['transaction', '1'],
    ['transaction', '1', '--json'],
    ['stats', '--json'],
    ['verify', '--json'],
  ])('are masked by %s %s %s', async (...words) => {
    const { stdout } = await history(words);
    expect(stdout.length).toBeGreaterThan(100);
    expect(stdout).not.toMatch(/04A2B3C4D5|FAMILY-1|STRANGER/i);
  });

  it('are shown when they are asked for', async () => {
    for (const words of [
      ['tail', '--since', '1'],
      ['show', 'BOX-7', '--json'],
      ['transaction', '1'],
    ])
      expect((await history([...words, '--show-id-tags'])).stdout).toContain('04A2B3C4D5');
  });
});

describe('scripts', () => {
  it('get whole events, states, stories, findings and counts as JSON', async () => {
    const events = linesOf((await history(['tail', '--json', '--transaction', '1', '--since', '2026-11-28'])).stdout);
    expect(events.map((line) => parsed<{ type: string }>(line).type)).toEqual([
      'TransactionStarted',
      'OperationConfirmed',
      'MeterValuesReported',
      'MeterValuesReported',
      'MeterValuesReported',
      'TransactionStopped',
    ]);
    expect(parsed((await history(['show', 'BOX-7', '--json', '--at', '21'])).stdout)).toMatchObject({
      wentOn: true,
      position: '0000000000000021',
      state: { registration: 'Accepted', open: [{ transactionId: 1 }] },
    });
    const rows = (await history(['show', 'BOX-7', '--projection', 'transactions', '--json', '--at', '21'])).stdout;
    expect(parsed(rows)).toMatchObject({ key: '1', row: { status: 'open' } });
    expect(parsed((await history(['transaction', '1', '--json'])).stdout)).toMatchObject({
      status: 'stopped',
      energy: 1_800,
    });
    const verified = await history(['verify', '--json', '--check', 'transactions']);
    expect(verified.status).toBe(1);
    expect(parsed(verified.stdout)).toMatchObject({
      sound: false,
      results: [
        { check: 'transactions', outcome: 'found', findings: [{ place: { box: 'BOX-8', transactionId: 4000 } }] },
      ],
    });
    expect((await history(['verify', '--check', 'order', '--check', 'replay'])).status).toBe(0);
    expect(parsed((await history(['stats', '--json'])).stdout)).toMatchObject({ events: 24, boxes: 2 });
  }, 60_000);

  it('find the same in a file of lines', async () => {
    const { stdout } = await history(['stats', '--json', '--store', `ndjson:${example}`]);
    expect(parsed(stdout)).toMatchObject({ events: 24, streams: 7 });
  });

  it('export to standard output and import from standard input', async () => {
    const { stdout, stderr } = await history(['export', '-', '--box', 'BOX-7']);
    expect(stderr).toContain('16 events in 3 streams');
    const brought = await history(['import', '-', '--store', 'embedded:brought'], { input: stdout });
    expect(brought).toMatchObject({ status: 0, stderr: expect.stringContaining('run no service on it') as string });
    expect(await history(['import', '-', '--store', 'embedded:brought'], { input: stdout })).toMatchObject({
      status: 2,
    });
    const further = await history(['import', '-', '--store', 'embedded:brought', '--continue'], { input: stdout });
    expect(further).toMatchObject({ status: 0, stdout: expect.stringContaining('16 were there already') as string });
    const cut = await history(['import', '-', '--store', 'embedded:cut'], { input: stdout.slice(0, 2_000) });
    expect(cut).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be read') as string });
    expect(existsSync(join(folder, 'cut'))).toBe(false);
  }, 60_000);

  it.each([
    ['with tokens in place of idTags', undefined, ['TextKeyed']],
    [
      'in clear where the service would keep them so',
      'false',
      ['IdTagSaved', 'OperationScheduled', 'TransactionStarted', 'TransactionStopped'],
    ],
  ])(
    'import %s',
    async (_how, VEIL_ID_TAGS, types) => {
      const env = { ...environment, DATA_DIR: join(folder, `veils-${VEIL_ID_TAGS}`), VEIL_ID_TAGS };
      const brought = await history(['import', example, '--json'], { env });
      expect(parsed(brought.stdout)).toMatchObject({ veils: VEIL_ID_TAGS === undefined, identical: true });
      const { stdout } = await history(['erasure', '04a2b3c4d5', '--json'], { env });
      const { traces } = parsed<{ traces: { type?: string }[] }>(stdout);
      expect(new Set(traces.flatMap(({ type }) => type ?? []))).toEqual(new Set(types));
      // What people see is the same.
      const last = await history(['tail', '--lines', '1', '--show-id-tags'], { env });
      expect(last.stdout).toContain('idTag=STRANGER');
    },
    60_000,
  );

  it('get the same pseudonyms with the same key', async () => {
    const words = (file: string) => ['export', file, '--pseudonymise', '--key-file', 'names.key'];
    for (const file of ['one.ndjson', 'other.ndjson']) expect((await history(words(file))).status).toBe(0);
    const [one, other] = ['one.ndjson', 'other.ndjson'].map((file) => readFileSync(join(folder, file), 'utf8'));
    expect(one).toBe(other);
    expect(one).not.toMatch(/04A2B3C4D5|BOX-7|127\.0\.0\.1/i);
    writeFileSync(join(folder, 'bad.key'), 'abc');
    const bad = await history(['export', 'third.ndjson', '--pseudonymise', '--key-file', 'bad.key']);
    expect(bad).toMatchObject({ status: 2, stderr: expect.stringContaining('must hold 32 bytes') as string });
    expect(existsSync(join(folder, 'third.ndjson'))).toBe(false);
  }, 60_000);

  it('leave no file under its name when the disk is full', async () => {
    const events = Array.from({ length: 60 }, (_, number): EventToAppend => {
      const metadata = {
        schema: 1,
        correlationId: 'c',
        causationId: 'c',
        actor: 'operator',
        receivedAt: '2026-03-01T12:00:00Z',
      };
      return { id: `id-${number}`, type: 'PresetSaved', data: { name: 'x'.repeat(3_000) }, metadata };
    });
    const store = await openEmbeddedStore({ file: join(folder, 'large/events.db') });
    await store.append('preset-x', events, 'any');
    await store.close();
    const command = 'ulimit -f 64; exec "$@"';
    const words = [script, 'export', 'large.ndjson', '--store', 'embedded:large'];
    const full = spawnSync('bash', ['-c', command, 'bash', process.execPath, ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(full.status).toBe(4);
    expect(full.stderr).toContain('EFBIG');
    expect(existsSync(join(folder, 'large.ndjson'))).toBe(false);
    expect(existsSync(join(folder, 'large.ndjson.unfinished'))).toBe(false);
  }, 60_000);
});

describe('beside a running service', () => {
  it('follows what happens, finds its rows sound, and ends when it is told to', async () => {
    const service = await startTestService({ EVENT_STORE: 'embedded' });
    try {
      const env = { ...environment, DATA_DIR: service.dataDir };
      const child = spawn(process.execPath, [script, 'tail', '-n', '0', '--follow', '--type', 'TransactionStarted'], {
        env,
      });
      let said = '';
      const told = new Promise<void>((resolve) =>
        child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()).includes('transactionId=2') && resolve()),
      );
      await service.post(envelope({ body: boot }));
      await service.post(envelope({ body: start() }));
      // What is stored before it looks is not shown: the second start is repeated with other figures until it is seen.
      for (let meterStart = 1; !said.includes('TransactionStarted'); meterStart += 1) {
        await service.post(envelope({ body: start({ meterStart }) }));
        await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 100))]);
      }
      expect(said).toMatch(/^\d+ {2}\S+Z {2}BOX-1 {2}TransactionStarted {2}transactionId=\d+ /);
      const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
      child.kill('SIGINT');
      expect(await closed).toBe(0);
      const { status, stdout } = await history(['verify', '--json'], { env });
      expect(parsed<{ results: readonly object[] }>(stdout).results.at(-1)).toMatchObject({
        check: 'read-models',
        outcome: 'sound',
      });
      expect(status).toBe(0);
      const story = await history(['transaction', '1', '--json'], { env });
      expect(parsed(story.stdout)).toMatchObject({ identity: 'BOX-1', status: 'superseded' });
    } finally {
      await service.stop();
    }
  }, 120_000);

  it('looks into EventStoreDB', async () => {
    const double = await new EventStoreDbDouble().start();
    try {
      const env = { ...environment, EVENT_STORE: double.connectionString };
      expect((await history(['import', example], { env })).status).toBe(0);
      expect(parsed((await history(['stats', '--json'], { env })).stdout)).toMatchObject({ events: 24 });
      expect(parsed((await history(['show', 'BOX-7', '--json'], { env })).stdout)).toMatchObject({ events: 16 });
      expect((await history(['verify', '--check', 'order', '--check', 'shapes'], { env })).status).toBe(0);
      expect((await history(['show', 'BOX-7', '--projection', 'transactions', '--at', '5'], { env })).status).toBe(2);
    } finally {
      await double.stop();
    }
  }, 120_000);
});

it('what comes from outside moves no cursor of a terminal', async () => {
  const info = '\u001b[2Jgone\u009b1A\u202Eesrever';
  const at = '2026-03-01T12:00:00Z';
  const event: EventToAppend = {
    id: 'id',
    type: 'ConnectorStatusReported',
    data: { connectorId: 1, status: info, errorCode: 'NoError', info, timestamp: { at }, at },
    metadata: {
      schema: chargeBoxEventSchemas.ConnectorStatusReported,
      correlationId: 'c',
      causationId: 'c',
      actor: 'charge-box',
      receivedAt: at,
    },
  };
  const store = await openEmbeddedStore({ file: join(folder, 'hostile/events.db') });
  await store.append(stateStream('A\u001b[2J'), [event], 'any');
  await store.close();
  for (const words of [['tail'], ['show', 'A\u001b[2J'], ['show', '--projection', 'connectors'], ['stats']]) {
    const { stdout } = await history([...words, '--store', 'embedded:hostile']);
    expect(stdout).toContain('u{1b}');
    expect(stdout).not.toMatch(/[\u001b\u009b\u202e]/);
  }
});
