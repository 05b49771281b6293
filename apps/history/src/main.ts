#!/usr/bin/env node
import { errorCode } from '@app/kernel';
import { Command } from 'commander';
import { copyCommand, copyHasBegun } from './copy';
import { replayCommand } from './replay';

// The command line over a history. Exit codes: 0 done; 1 failed, or what was copied is not identical; 2 refused, nothing was done.

const program = new Command('history')
  .description('Works on the history of the charge boxes, beside a running service or on its own.')
  .showHelpAfterError()
  .exitOverride()
  .addCommand(copyCommand())
  .addCommand(replayCommand());

async function main(): Promise<void> {
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
  const known = errorCode(error);
  process.stderr.write(`${message ?? String(error)}\n`);
  if (!copyHasBegun()) return known === undefined ? 1 : 2;
  process.stderr.write('What is copied stays; go on with --continue.\n');
  return 1;
}

void main();
