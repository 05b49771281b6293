import type { Trace, Traces } from '@app/history';
import { longEnough, shownPlace, tracesOf } from '@app/history';
import { Command } from 'commander';
import { dirname } from 'node:path';
import { found } from './exit-codes';
import { plain } from './lines';
import { print, printJson } from './output';
import type { StoreOptions } from './places';
import { placeFrom, readModelsPlaceOf, withLog, withStore } from './places';

export function erasureCommand(): Command {
  return withStore(new Command('erasure'))
    .description(
      'Looks for an idTag that was erased: in every event as it is stored, and in every byte of the files in DATA_DIR. Ends with the code 1 when something still has it.',
    )
    .argument('<idTag>', 'letter case does not count; it is not printed')
    .action((idTag: string, options: StoreOptions, command: Command) => look(idTag, options, command));
}

async function look(idTag: string, options: StoreOptions, command: Command): Promise<void> {
  if (idTag.trim() === '') command.error('An idTag has one character at least.');
  const place = placeFrom(options, command);
  const readModels = readModelsPlaceOf(place);
  const folder = readModels === undefined ? undefined : dirname(readModels);
  const traces = await withLog(place, options, (log, progress) =>
    tracesOf({
      idTag,
      raw: log.raw,
      folder,
      onProgress: (share, events) => progress.take({ phase: 'reading', share, events }),
    }),
  );
  if (options.json) await printJson({ place: shownPlace(place), ...traces });
  else await print(told(shownPlace(place), idTag, traces));
  if (traces.found > 0) process.exitCode = found;
}

function told(place: string, idTag: string, { events, files, bytes, found: count, traces }: Traces): string {
  const short = [...idTag].length < longEnough;
  return [
    `${place}: ${events} events and ${files.length} files of ${bytes} bytes looked through`,
    ...(short ? ['The idTag is short, so that it was looked for as a text of its own, not within others.'] : []),
    ...traces.flatMap((trace) => [`    - ${whereOf(trace)}`, `      ${trace.todo}`]),
    ...(count > traces.length ? [`    and ${count - traces.length} more`] : []),
    count === 0 ? 'Nothing has the idTag.' : `${count} places have the idTag: see above.`,
    '',
  ].join('\n');
}

function whereOf({ file, stream, revision, type }: Trace): string {
  return plain(file === undefined ? `${type} in stream ${stream}, revision ${revision}` : `file ${file}`, 2_000);
}
