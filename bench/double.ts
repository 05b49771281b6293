import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { endsWithUs } from './processes';

/** EventStoreDB's protocol in a process of its own. */
export interface Double {
  readonly connectionString: string;
  /** Holds the process still, as a machine that hangs, or lets it go on. */
  still(is: boolean): void;
  stop(): Promise<void>;
}

export async function startDouble(): Promise<Double> {
  const script = join(__dirname, '../test/support/eventstoredb/main.js');
  const child = fork(script, ['--port', '0'], { silent: true, execArgv: ['--max-semi-space-size=32'] });
  endsWithUs(child);
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return {
    connectionString: line.toString().trim(),
    still: (is) => void child.kill(is ? 'SIGSTOP' : 'SIGCONT'),
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** A store that instances share, with nothing in it yet. */
export interface SharedStore {
  readonly connectionString: string;
  readonly namespace?: string;
  stop(): Promise<void>;
}

/** On the server that ESDB_TEST_CONNECTION names, where what is written stays, or else on a double. */
export async function startShared(): Promise<SharedStore> {
  const server = process.env.ESDB_TEST_CONNECTION;
  if (server === undefined) return startDouble();
  const namespace = `bench_${randomBytes(8).toString('hex')}`;
  return { connectionString: server, namespace, stop: () => Promise.resolve() };
}
