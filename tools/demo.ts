import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFleet } from '../apps/charge-box-simulator/src';
import { startService } from '../bench/processes';

// Shows the service and simulated charge boxes together: boxes boot, charge and stop, and the transactions appear through the API.

const key = 'demo-demo-demo-demo';
const say = (line: string) => void process.stdout.write(`${line}\n`);

interface Transaction {
  readonly transactionId: number;
  readonly identity: string;
  readonly idTag: string;
  readonly status: string;
  readonly energy?: number;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-demo-'));
  const service = await startService(folder, {
    API_KEY: key,
    HEARTBEAT_INTERVAL: '60',
    OUTBOUND_ALLOW: 'peer 127.0.0.0/8',
  });
  try {
    say(
      `The service listens for charge boxes at http://127.0.0.1:${service.port}/ocpp and for operators at http://127.0.0.1:${service.apiPort}/api`,
    );
    say('Three charge boxes boot, charge twice each and stop ...');
    const report = await runFleet({
      url: `http://127.0.0.1:${service.port}/ocpp`,
      boxes: 3,
      sessions: 2,
      seed: 1,
      pace: 100,
      connectors: 2,
    });
    say(`${report.answered} of ${report.requests} requests were answered. What the API shows:`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const response = await fetch(`http://127.0.0.1:${service.apiPort}/api/transactions`, {
      headers: { Authorization: `Bearer ${key}` },
    });
    const { rows } = (await response.json()) as { rows: readonly Transaction[] };
    for (const { transactionId, identity, idTag, status, energy } of rows)
      say(`  transaction ${transactionId}: ${identity}, ${idTag}, ${status}, ${energy ?? 0} Wh`);
    if (rows.length !== report.starts.length)
      throw new Error(`${report.starts.length} transactions were started, ${rows.length} are shown.`);
    say('Start your own with `npm start`, and point `npm run simulator -- --help` at it.');
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`The demonstration failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
