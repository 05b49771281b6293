import type { CopyProgress, CopyReport, Place } from '@app/history';
import { copyHistory, openSource, openTarget, placeOf, shownPlace } from '@app/history';
import { Command } from 'commander';
import { placesText as places } from './places';
import { showProgress } from './progress';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly fromNamespace?: string;
  readonly toNamespace?: string;
  readonly continue?: boolean;
  readonly json?: boolean;
}

let hasBegun = false;
/** Whether something was written: what fails from then on is no refusal. */
export const copyHasBegun = (): boolean => hasBegun;

export function copyCommand(): Command {
  return new Command('copy')
    .description('Copies a whole history to another store or file, and compares what arrived.')
    .requiredOption('--from <place>', places)
    .requiredOption('--to <place>', places)
    .option('--from-namespace <name>', 'namespace of the source in EventStoreDB')
    .option('--to-namespace <name>', 'namespace of the target in EventStoreDB')
    .option('--continue', 'goes on with a copy that was interrupted')
    .option('--json', 'prints the report as JSON')
    .exitOverride()
    .action((options: Options, command: Command) => copy(options, command));
}

async function copy(options: Options, command: Command): Promise<void> {
  const [from, to] = named(options, command);
  await copyBetween(from, to, options);
}

/** Copies, compares and reports, in which `import` is the same. */
export async function copyBetween(
  from: Place,
  to: Place,
  options: Pick<Options, 'continue' | 'json'> & { readonly shownAs?: string; readonly veils?: boolean },
): Promise<void> {
  const begin = performance.now();
  const interrupted = () => {
    process.stderr.write('\nInterrupted. What is copied stays; go on with --continue.\n');
    process.exit(1);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const source = await openSource(from);
  try {
    const veils = options.veils === true && to.kind !== 'ndjson' && !source.isAsStored;
    const target = await openTarget(to, from, { veils });
    try {
      const progress = showProgress(process.stderr);
      const onProgress = (each: CopyProgress) => {
        hasBegun ||= each.phase === 'copying';
        progress.take(each);
      };
      const report = await copyHistory(source, target, { resume: options.continue === true, onProgress });
      progress.end();
      const seconds = (performance.now() - begin) / 1_000;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ ...report, veils, seconds })}\n`
          : said(report, { from: options.shownAs ?? shownPlace(from), to: shownPlace(to), veils, seconds }),
      );
      if (!report.identical) process.exitCode = 1;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Both places, or everything that is wrong with them. */
function named(options: Options, command: Command): readonly [Place, Place] {
  const from = placeOf(options.from, options.fromNamespace);
  const to = placeOf(options.to, options.toNamespace);
  if (!('fault' in from) && !('fault' in to)) return [from, to];
  const faults = [
    ...('fault' in from ? [`--from: ${from.fault}`] : []),
    ...('fault' in to ? [`--to: ${to.fault}`] : []),
  ];
  return command.error(faults.join('\n'));
}

interface Occasion {
  readonly from: string;
  readonly to: string;
  readonly veils: boolean;
  readonly seconds: number;
}

function said(report: CopyReport, { from, to, veils, seconds }: Occasion): string {
  const { kept, copied, source, target, identical, shortened, forgotten } = report;
  const rate = Math.round(source.events / seconds);
  return [
    `${from} -> ${to}`,
    `${copied} events copied${kept > 0 ? `, ${kept} were there already` : ''}, in ${seconds.toFixed(1)} s (${rate} events/s with comparing)`,
    `source  ${source.events} events in ${source.streams} streams, ${source.checksum}`,
    `target  ${target.events} events in ${target.streams} streams, ${target.checksum}`,
    ...(veils ? ['idTags are stored as tokens, so that an erasure reaches them'] : []),
    ...(shortened > 0
      ? [`${shortened} streams had forgotten their beginning; a store numbers what is left from 0`]
      : []),
    ...(forgotten > 0 ? [`${forgotten} events at the target are older than what the source still keeps`] : []),
    identical ? 'identical' : 'NOT identical: do not use the copy',
    '',
  ].join('\n');
}
