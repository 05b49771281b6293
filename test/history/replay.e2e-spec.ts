import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runnableIn, runShell } from '../docs/shell';
import { boot, envelope, start } from '../support/envelopes';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';

// The command line as people use it, and its page. Runs on what `npm run build` made.

const root = join(__dirname, '../..');
const script = join(root, 'dist/apps/history/src/main.js');

function history(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args]);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

let recorded: TestService;
beforeAll(async () => {
  recorded = await startTestService({ CAPTURE: 'all', EVENT_STORE: 'embedded' });
  const send = (body: string, identity = 'DOCS-1') => recorded.post(envelope({ identity, body }));
  await send(boot);
  await send(boot, 'DOCS-2');
  await send('<cs:authorizeRequest><cs:idTag>04A2B3C4</cs:idTag></cs:authorizeRequest>');
  const { body } = await send(start({ idTag: '04A2B3C4' }));
  const id = /<transactionId>(\d+)</.exec(body)?.[1] ?? '';
  await send(
    `<cs:stopTransactionRequest><cs:transactionId>${id}</cs:transactionId><cs:idTag>04A2B3C4</cs:idTag>` +
      '<cs:timestamp>2026-03-01T13:00:00Z</cs:timestamp><cs:meterStop>2000</cs:meterStop></cs:stopTransactionRequest>',
  );
  await send('<cs:nothingRequest/>');
  await recorded.post('This is no envelope.');
  // They are written when they are listed.
  await recorded.api('GET', '/api/captures');
});
afterAll(() => recorded.stop());

describe('history replay', () => {
  let trial: TestService;
  const begin = async (environment: Readonly<Record<string, string>> = {}) => {
    trial = await startTestService({ EVENT_STORE: 'memory', CAPTURE: 'off', ...environment });
    return ['replay', '--from', recorded.dataDir, '--to', trial.soapUrl];
  };
  afterEach(() => trial.stop());

  it('finds the same answers where the same rules are in force, also for transactions with other ids', async () => {
    const words = await begin();
    await trial.post(envelope({ identity: 'ANOTHER', body: start({}) }));
    const { code, stdout } = await history(...words);
    expect(stdout).toMatch(/^StartTransaction +1 +0 +0$/m);
    expect(stdout).toMatch(/^StopTransaction +1 +0 +0$/m);
    expect(stdout).toMatch(/^not understood +1 +0 +0$/m);
    expect(stdout).toMatch(
      /^6 sent in [\d.]+ s; 1 not sent, for their text was not kept\nAll answers are the same\.\n$/m,
    );
    expect(code).toBe(0);
    const { body } = await trial.api<{ rows: object[] }>('GET', '/api/transactions?identity=DOCS-1');
    expect(body.rows).toMatchObject([{ status: 'stopped', meterStop: 2000 }]);
    expect((await trial.api<{ rows: object[] }>('GET', '/api/orphans')).body.rows).toEqual([]);
  });

  it('tells where other rules answer otherwise', async () => {
    const words = await begin({ ID_TAG_POLICY: 'known' });
    const { code, stdout } = await history(...words, '--json', '--boxes', 'DOCS-1');
    const report = JSON.parse(stdout) as { sent: number; operations: Record<string, object> };
    expect(report).toMatchObject({ sent: 5, identical: false });
    expect(report.operations.Authorize).toMatchObject({
      same: 0,
      differs: 1,
      examples: [{ identity: 'DOCS-1', differences: ['idTagInfo.status: Accepted, now Invalid'] }],
    });
    expect(report.operations.BootNotification).toMatchObject({ same: 1, differs: 0 });
    expect(code).toBe(1);
  });

  it('refuses what it cannot do, and sends nothing then', async () => {
    const words = await begin();
    const to = ['--to', trial.soapUrl];
    const refused = [
      ['replay', '--from', join(recorded.dataDir, 'nothing'), ...to],
      ['replay', '--from', join(recorded.dataDir, 'events.db'), ...to],
      ['replay', '--from', recorded.dataDir, '--to', 'somewhere'],
      ['replay', '--from', recorded.dataDir, '--to', 'http://central.example/ocpp'],
      [...words, '--speed', 'slow'],
    ];
    const outcomes = await Promise.all(refused.map((each) => history(...each)));
    expect(outcomes.map(({ code, stdout }) => [code, stdout])).toEqual(refused.map(() => [2, '']));
    expect(outcomes.map(({ stderr }) => stderr.split('\n')[0])).toEqual([
      expect.stringContaining('The captured messages cannot be read.') as string,
      expect.stringContaining('The captured messages cannot be read.') as string,
      expect.stringContaining('It must be a URL') as string,
      expect.stringContaining('is not on this machine') as string,
      expect.stringContaining('Allowed choices are recorded, max') as string,
    ]);
    const { body } = await trial.api<{ rows: object[] }>('GET', '/api/charge-boxes');
    expect(body.rows).toEqual([]);
  });

  it('says that nobody answers with the code 3', async () => {
    await begin();
    const { code, stderr } = await history('replay', '--from', recorded.dataDir, '--to', 'http://127.0.0.1:9/ocpp');
    expect(stderr).toMatch(/^Nobody answers at http:\/\/127\.0\.0\.1:9\/ocpp: /);
    expect(code).toBe(3);
  });

  it('and everything else on its page runs', async () => {
    await begin();
    const examples = runnableIn(readFileSync(join(root, 'docs/captures.md'), 'utf8'));
    const environment = {
      KEY: apiKey,
      API: `http://127.0.0.1:${recorded.apiPort}`,
      DATA: recorded.dataDir,
      TRIAL: `http://127.0.0.1:${trial.soapPort}`,
    };
    expect(examples).toHaveLength(4);
    for (const example of examples)
      expect({ example, ...(await runShell(example, environment)) }).toMatchObject({ code: 0 });
  });
});
