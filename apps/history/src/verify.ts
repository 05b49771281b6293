import type { CheckResult, Finding, Verification } from '@app/history';
import { checks, shownPlace, verifyHistory } from '@app/history';
import { Command } from 'commander';
import { found } from './exit-codes';
import { plain, shortPosition } from './lines';
import { print, printJson } from './output';
import type { StoreOptions } from './places';
import { again, chainKeysOf, placeFrom, readModelsOf, temporaryOf, wholeFrom, withLog, withStore } from './places';

interface Options extends StoreOptions {
  readonly check?: readonly string[];
  readonly readModels?: string;
  readonly openDays: string;
}

/** Characters of a sentence that are shown at most. */
const sentence = 2_000;

export function verifyCommand(): Command {
  const names = checks.map(({ name, doc }) => `${name}: ${doc}`).join('; ');
  return withStore(new Command('verify'))
    .description(
      `Looks for what is wrong in a history and beside it. Ends with the code 1 when it found something.\n\nChecks are ${names}.`,
    )
    .option('--check <name>', 'only this one; may be given again', again)
    .option('--read-models <file>', 'read models that follow this history; those in the same DATA_DIR by default')
    .option('--open-days <days>', 'transactions that have been open for longer are told', '7')
    .action((options: Options, command: Command) => verify(options, command));
}

async function verify(options: Options, command: Command): Promise<void> {
  const { check: only, readModels } = options;
  const unknown = only?.filter((name) => !checks.some((check) => check.name === name)) ?? [];
  if (unknown.length > 0)
    command.error(
      `--check: there is no ${unknown.join(', ')}. There are: ${checks.map(({ name }) => name).join(', ')}.`,
    );
  const openDays = wholeFrom(command, '--open-days', options.openDays);
  const place = placeFrom(options, command);
  const begin = performance.now();
  const verification = await withLog(place, options, (log, progress) =>
    verifyHistory(
      {
        log,
        raw: log.raw,
        forRows: log.forRows,
        lift: log.lift,
        storeFile: place.kind === 'embedded' ? place.file : undefined,
        readModels: readModels ?? readModelsOf(place),
        temporary: temporaryOf(place, options),
        chainKeys: chainKeysOf(place),
        now: Date.now(),
        openDays,
      },
      { only, onProgress: (phase, share, events) => progress.take({ phase, share, events }) },
    ),
  );
  const seconds = (performance.now() - begin) / 1_000;
  if (options.json) await printJson({ place: shownPlace(place), ...verification, seconds });
  else await print(told(shownPlace(place), verification, seconds));
  if (!verification.sound) process.exitCode = found;
}

function told(place: string, { contents, results, sound }: Verification, seconds: number): string {
  return [
    `${place}: ${contents.events} events in ${contents.streams} streams, looked through in ${seconds.toFixed(1)} s`,
    `checksum ${contents.checksum}`,
    ...results.flatMap(resultLines),
    sound ? 'Nothing is wrong.' : 'Something was found: see above.',
    '',
  ].join('\n');
}

function resultLines({ check, outcome, reason, remark, count, findings }: CheckResult): readonly string[] {
  const words = {
    sound: 'sound',
    found: `${count} found`,
    skipped: `skipped: ${reason}`,
    failed: `could not be ended: ${reason}`,
  }[outcome];
  const more = count > findings.length ? [`    and ${count - findings.length} more`] : [];
  const also = remark === undefined ? '' : `: ${plain(remark, sentence)}`;
  return [`  ${check.padEnd(14)}${words}${also}`, ...findings.flatMap(findingLines), ...more];
}

function findingLines({ code, what, place, todo }: Finding): readonly string[] {
  const { position, ...rest } = place;
  const where = Object.entries({
    ...rest,
    ...(position === undefined ? {} : { position: shortPosition(position) || position }),
  });
  return [
    `    - ${code}: ${plain(what, sentence)}`,
    ...(where.length === 0
      ? []
      : [`      at ${where.map(([name, value]) => `${name} ${plain(String(value))}`).join(', ')}`]),
    `      ${plain(todo, sentence)}`,
  ];
}
