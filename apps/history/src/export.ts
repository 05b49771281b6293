import { exportHistory, isPacked, Pseudonyms } from '@app/history';
import { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { StoreOptions } from './places';
import { placeFrom, withLog, withStore } from './places';
import { checkMoments, selectionFrom, tellUnknown, withSelection } from './tail';

interface Options extends StoreOptions {
  readonly pseudonymise?: boolean;
  readonly keyFile?: string;
}

const keyBytes = 32;

export function exportCommand(): Command {
  return withSelection(withStore(new Command('export')))
    .description('Writes a history, or a part of it, as lines of JSON that import and copy take.')
    .argument('<file>', 'file that is not there yet, packed if it ends in .gz; - for standard output')
    .option('--pseudonymise', 'other names for idTags, charge boxes, addresses; free text is left out')
    .option('--key-file <file>', 'key of the pseudonyms, made if it is not there: the same key gives the same names')
    .action((file: string, options: Options, command: Command) => exported(file, options, command));
}

async function exported(file: string, options: Options, command: Command): Promise<void> {
  if (options.keyFile !== undefined && !options.pseudonymise)
    command.error('--key-file: is for pseudonyms; give --pseudonymise as well.');
  if (file !== '-' && existsSync(file)) command.error(`${file} is there already. Name another file, or remove it.`);
  const selection = selectionFrom(options, command);
  const pseudonyms = options.pseudonymise ? new Pseudonyms(keyFrom(options.keyFile, command)) : undefined;
  await withLog(placeFrom(options, command), options, async (log, progress) => {
    await checkMoments(log, selection);
    await tellUnknown(log, selection);
    const target = targetOf(file);
    try {
      const onProgress = (share: number, events: number) => progress.take({ phase: 'exporting', share, events });
      // A whole history goes as it is stored, so that its links and snapshots go with it.
      const isWhole = pseudonyms === undefined && Object.values(selection).every((wanted) => wanted === undefined);
      const summary = await exportHistory(isWhole ? log.raw : log, target.output, {
        selection,
        pseudonyms,
        onProgress,
      });
      await target.end();
      const report = { file, ...summary };
      // The lines themselves may be on standard output.
      process.stderr.write(
        options.json
          ? `${JSON.stringify(report)}\n`
          : `${summary.events} events in ${summary.streams} streams, ${summary.checksum}\n`,
      );
    } catch (error) {
      target.abandon();
      throw error;
    }
  });
}

function keyFrom(file: string | undefined, command: Command): Buffer {
  if (file === undefined) return randomBytes(keyBytes);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  return key.length === keyBytes
    ? key
    : command.error(`--key-file: ${file} must hold ${keyBytes} bytes in hexadecimal digits.`);
}

interface Target {
  readonly output: Writable;
  end(): Promise<void>;
  abandon(): void;
}

/** A file has its name only when it is whole. */
function targetOf(file: string): Target {
  if (file === '-') return { output: process.stdout, end: async () => undefined, abandon: () => undefined };
  const unfinished = `${file}.unfinished`;
  process.once('exit', () => rmSync(unfinished, { force: true }));
  const write = createWriteStream(unfinished, { mode: 0o600 });
  const gzip = isPacked(file) ? createGzip() : undefined;
  const written = gzip === undefined ? finished(write) : pipeline(gzip, write);
  // Told by whoever waits for the end, or writes what is not taken.
  written.catch(() => undefined);
  const output = gzip ?? write;
  return {
    output,
    end: async () => {
      output.end();
      await written;
      renameSync(unfinished, file);
    },
    abandon: () => {
      output.destroy();
      write.destroy();
    },
  };
}
