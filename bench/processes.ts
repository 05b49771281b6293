import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Running {
  readonly port: number;
  readonly apiPort?: number;
  readonly pid: number;
  /** Resolves with the exit code, `null` after a signal. */
  readonly exited: Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A folder of its own for one measurement, gone afterwards. */
export function trialFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'ocpp-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function startFloor(bytes: number): Promise<Running> {
  const child = fork(join(__dirname, 'floor.js'), [String(bytes)]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return running(child, port);
}

/** The service as operators run it, on the embedded store. */
export function startService(dataDir: string, environment: Readonly<Record<string, string>> = {}): Promise<Running> {
  return startScript([join(__dirname, '../apps/central-system/src/main.js')], dataDir, environment);
}

/** A script that starts the service, with its arguments. */
export async function startScript(
  [script = '', ...args]: readonly string[],
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = fork(script, args, {
    silent: true,
    execArgv: startFlags(),
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      SOAP_PORT: '0',
      SOAP_HOST: '127.0.0.1',
      API_PORT: '0',
      API_KEY: 'bench-bench-bench-bench',
      CHARGE_BOX_REGISTRATION: 'open',
      ID_TAG_POLICY: 'open',
      LOG_LEVEL: 'info',
      ...environment,
    },
  });
  const { soapPort, apiPort } = await ready(child);
  return { ...running(child, soapPort), apiPort };
}

/** What `npm start` gives to node. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

function ready(child: ChildProcess): Promise<{ readonly soapPort: number; readonly apiPort: number }> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text.length > 100_000) return;
      text += chunk.toString();
      const line = text.split('\n').find((each) => each.includes('"message":"Ready"') && each.endsWith('}'));
      if (line !== undefined) resolve(JSON.parse(line) as { soapPort: number; apiPort: number });
    });
    child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
    child.once('exit', (code) =>
      reject(new Error(`The service ended with ${code} before it was ready: ${text.slice(0, 500)}`)),
    );
  });
}

/** Whatever ends the measurement ends what is measured. */
export function endsWithUs(child: ChildProcess): void {
  const end = () => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

function running(child: ChildProcess, port: number): Running {
  endsWithUs(child);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return {
    port,
    pid: child.pid ?? 0,
    exited,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
    },
  };
}
