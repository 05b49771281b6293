import { spawnSync } from 'node:child_process';

// Everything that can be tried on a real EventStoreDB or KurrentDB: the contract of stores, the end-to-end suite, and the crash script.
// `ESDB_TEST_CONNECTION` names the server. Each trial has a namespace of its own there; what they write stays.

const connection = process.env.ESDB_TEST_CONNECTION;

const steps: readonly (readonly [what: string, command: string, args: readonly string[]])[] = [
  ['the contract of event stores', 'npx', ['jest', 'libs/event-store/src/eventstoredb/contract']],
  ['the end-to-end suite', 'npx', ['jest', 'test/e2e', 'test/crash/conversation']],
  ['the service killed under load', process.execPath, ['dist/test/crash/crash.js', '10']],
];

function run(): number {
  if (connection === undefined) {
    process.stderr.write(
      "Name a server: ESDB_TEST_CONNECTION='esdb://user:password@host:2113?tls=true' npm run test:eventstore\n",
    );
    return 2;
  }
  for (const [what, command, args] of steps) {
    process.stdout.write(`\n== ${what}\n`);
    const env = { ...process.env, TEST_EVENT_STORE: connection };
    const { status } = spawnSync(command, args, { stdio: 'inherit', env });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

process.exitCode = run();
