import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot, envelope, start } from '../support/envelopes';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

// The command line as people use it, beside a service at work. Runs on what `npm run build` made.

const script = join(__dirname, '../../dist/apps/history/src/main.js');
const folder = mkdtempSync(join(tmpdir(), 'ocpp-judge-'));
const history = (...args: readonly string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', cwd: folder, timeout: 60_000 });

// Clocks that are long behind are judged by the receipt.
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const began = start({ idTag: 'CARD', timestamp: ago(60) });

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ EVENT_STORE: 'embedded' });
  const send = (body: string, identity = 'BOX-1') => service.post(envelope({ identity, body }));
  await send(boot);
  await send('<cs:heartbeatRequest/>');
  await send('<cs:authorizeRequest><cs:idTag>CARD</cs:idTag></cs:authorizeRequest>');
  const { body } = await send(began);
  const id = /<transactionId>(\d+)</.exec(body)?.[1] ?? '';
  await send(began);
  await send(
    `<cs:meterValuesRequest><cs:connectorId>1</cs:connectorId><cs:transactionId>${id}</cs:transactionId><cs:values>` +
      `<cs:timestamp>${ago(30)}</cs:timestamp><cs:value unit="kWh">15</cs:value></cs:values></cs:meterValuesRequest>`,
  );
  await send(
    `<cs:stopTransactionRequest><cs:transactionId>${id}</cs:transactionId><cs:timestamp>${ago(0)}</cs:timestamp>` +
      '<cs:meterStop>20000</cs:meterStop></cs:stopTransactionRequest>',
  );
  await send(
    '<cs:statusNotificationRequest><cs:connectorId>1</cs:connectorId><cs:status>Available</cs:status>' +
      '<cs:errorCode>NoError</cs:errorCode></cs:statusNotificationRequest>',
  );
  await send('<cs:dataTransferRequest><cs:vendorId>V</cs:vendorId></cs:dataTransferRequest>', 'BOX-2');
  await service.api('PATCH', '/api/charge-boxes/BOX-1', { answers: { Authorize: 'delegated' } });
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('history judge', () => {
  it('finds nothing where the rules are the same', () => {
    const { stdout, status } = history('judge', '--from', `embedded:${service.dataDir}`);
    expect(stdout).toMatch(/^StartTransaction +1 +0$/m);
    expect(stdout).toMatch(/^StopTransaction +1 +0$/m);
    expect(stdout).toMatch(/^MeterValues +1 +0$/m);
    expect(stdout).toMatch(/^All outcomes are the same\.$/m);
    expect(status).toBe(0);
  });

  it('tells where they are not', () => {
    const jump = (type: string) => expect.stringMatching(`^${type}.suspicions: none, now meter-jump$`) as string;
    const { stdout, status } = history(
      'judge',
      '--from',
      `embedded:${service.dataDir}`,
      '--json',
      '--maximum-power',
      '1',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      identical: false,
      operations: {
        BootNotification: { same: 1, differs: 0 },
        DataTransfer: { same: 1, differs: 0 },
        MeterValues: {
          same: 0,
          differs: 1,
          examples: [
            { identity: 'BOX-1', differences: expect.arrayContaining([jump('MeterValuesReported')]) as string[] },
          ],
        },
        StopTransaction: { differs: 1, examples: [{ differences: [jump('TransactionStopped')] }] },
      },
    });
    expect(status).toBe(1);
  });

  it('refuses what is no history', () => {
    writeFileSync(join(folder, 'broken.ndjson'), 'no history\n');
    for (const words of [
      ['--from', 'somewhere'],
      ['--from', 'embedded:nowhere'],
      ['--from', 'ndjson:broken.ndjson'],
      ['--from', `embedded:${service.dataDir}`, '--maximum-power', 'all'],
    ]) {
      const { stdout, stderr, status } = history('judge', ...words);
      expect({ words, stdout, status }).toEqual({ words, stdout: '', status: expect.any(Number) as number });
      expect(status).toBeGreaterThanOrEqual(2);
      expect(stderr).not.toBe('');
    }
  });
});
