import { noteIn, spooled } from '@app/history';
import { Command } from 'commander';
import { copyBetween } from './copy';
import type { StoreOptions } from './places';
import { placeFrom, temporaryOf, veils, withStore } from './places';

interface Options extends StoreOptions {
  readonly continue?: boolean;
}

export function importCommand(): Command {
  return withStore(new Command('import'))
    .description('Brings a file that export or copy wrote into a store, and compares what arrived.')
    .argument('<file>', 'file of lines, packed if it ends in .gz; - for standard input')
    .option('--continue', 'goes on with an import that was interrupted')
    .action((file: string, options: Options, command: Command) => imported(file, options, command));
}

async function imported(file: string, options: Options, command: Command): Promise<void> {
  const to = placeFrom(options, command);
  const spool = await spooled(file, process.stdin, temporaryOf(to, options));
  try {
    const note = await noteIn(spool.file).catch(() => ({}));
    await copyBetween({ kind: 'ndjson', file: spool.file }, to, { ...options, shownAs: file, veils: veils() });
    if ('part' in note)
      process.stderr.write(
        'This is a part of a history. Look into it, but run no service on it: it would give transaction ids out again.\n',
      );
  } finally {
    spool.remove();
  }
}
