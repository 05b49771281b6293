#!/usr/bin/env node
import { Command } from 'commander';
import { copyCommand, copyHasBegun } from './copy';
import { endOfLook, endOfMove } from './exit-codes';
import { erasureCommand } from './erasure';
import { exportCommand } from './export';
import { importCommand } from './import';
import { judgeCommand } from './judge';
import { endWithReader } from './output';
import { rebuildCommand } from './rebuild';
import { replayCommand } from './replay';
import { showCommand } from './show';
import { exitBySignals } from './signals';
import { statsCommand } from './stats';
import { tailCommand } from './tail';
import { transactionCommand } from './transaction';
import { verifyCommand } from './verify';

const commands = [
  tailCommand(),
  showCommand(),
  transactionCommand(),
  verifyCommand(),
  erasureCommand(),
  rebuildCommand(),
  statsCommand(),
  exportCommand(),
  importCommand(),
  copyCommand(),
  replayCommand(),
  judgeCommand(),
];
/** They change a store: who calls them must know whether something was written. */
const moves = ['copy', 'import'];

const program = new Command('history')
  .description('Works on the history of the charge boxes, beside a running service or on its own.')
  .addHelpText(
    'after',
    `
Exit codes: 0 done; 1 something was found (verify, erasure, replay, judge), nothing was found (show, transaction), or a copy or an import broke off
or is not identical; 2 refused, nothing was done; 3 the history cannot be read, or nobody answers (replay); 4 failed. For copy and import a
history that cannot be read is refused.`,
  )
  .showHelpAfterError()
  .exitOverride();
for (const command of commands) program.addCommand(command.showHelpAfterError());

let isMove = false;
program.hook('preAction', (_program, command) => void (isMove = moves.includes(command.name())));

async function main(): Promise<void> {
  endWithReader();
  exitBySignals();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = endOf(error);
  }
}

function endOf(error: unknown): number {
  const { exitCode, message } = error as { readonly exitCode?: number; readonly message?: string };
  // commander has said it already.
  if (exitCode !== undefined) return exitCode === 0 ? 0 : 2;
  process.stderr.write(`${message ?? String(error)}\n`);
  if (!isMove) return endOfLook(error);
  if (copyHasBegun()) process.stderr.write('What is copied stays; go on with --continue.\n');
  return endOfMove(error, copyHasBegun());
}

void main();
