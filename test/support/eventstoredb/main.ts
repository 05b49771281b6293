import { parseArgs } from 'node:util';
import { EventStoreDbDouble } from './double';
import { DoubleLog } from './log';
import { keepIn } from './log-file';

// The double as a process of its own, for several processes that share one store: `--port N`, 2113 by default, and `--file` for a log that
// is there again after a restart. Says where it listens, ends on SIGTERM.

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '2113' }, file: { type: 'string' } } });
  const log = new DoubleLog();
  if (values.file !== undefined) keepIn(values.file, log);
  const double = await new EventStoreDbDouble({ port: Number(values.port), log }).start();
  process.stdout.write(`${double.connectionString}\n`);
  const end = () => void double.stop().then(() => process.exit(0));
  process.once('SIGTERM', end).once('SIGINT', end);
}

void main();
