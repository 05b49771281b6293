import { fork } from 'node:child_process';
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
