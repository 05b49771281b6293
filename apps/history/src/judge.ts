import type { Place } from '@app/history';
import { openSource, placeOf, shownPlace } from '@app/history';
import type { Judgement } from '@app/judge';
import { Judge, notJudgedTable } from '@app/judge';
import { Command, InvalidArgumentError } from 'commander';
import { plain } from './lines';
import { showProgress } from './progress';

interface Options {
  readonly from: string;
  readonly fromNamespace?: string;
  readonly boxes?: readonly string[];
  readonly maximumPower: number;
  readonly json?: boolean;
}

const watts = (text: string): number => {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of watts.');
  return Number(text);
};

/** Exit codes: 0 all outcomes are the same, 1 some are not, 2 refused, 3 the history cannot be read. */
export function judgeCommand(): Command {
  return new Command('judge')
    .description('Decides every request of a history again by the rules of today, and tells where the outcome differs.')
    .requiredOption('--from <place>', 'embedded:<folder>, ndjson:<file>, esdb://... or kurrentdb://...')
    .option('--from-namespace <name>', 'namespace in EventStoreDB')
    .option('--boxes <identity...>', 'only requests of these boxes')
    .option('--maximum-power <watts>', 'MAX_CONNECTOR_POWER of the service', watts, 400_000)
    .option('--json', 'prints the report as JSON')
    .exitOverride()
    .action((options: Options, command: Command) => run(options, command));
}

async function run(options: Options, command: Command): Promise<void> {
  const { from, fromNamespace, boxes, maximumPower, json } = options;
  const place = placeOf(from, fromNamespace);
  if ('fault' in place) command.error(`--from: ${place.fault}`);
  const begin = performance.now();
  const source = await openSource(place);
  try {
    const judge = new Judge({ maximumPower, ...(boxes === undefined ? {} : { boxes: new Set(boxes) }) });
    const progress = showProgress(process.stderr);
    let events = 0;
    for await (const stretch of source.read()) {
      for (const event of stretch.events) judge.take(event);
      events += stretch.events.length;
      progress.take({ phase: 'judging', events, share: stretch.share });
    }
    progress.end();
    const judgement = judge.end();
    const seconds = (performance.now() - begin) / 1_000;
    process.stdout.write(
      json === true
        ? `${JSON.stringify({ ...judgement, identical: judgement.identical, seconds })}\n`
        : said(judgement, place, seconds),
    );
    if (!judgement.identical) process.exitCode = 1;
  } finally {
    await source.close();
  }
}

function said(
  { operations, notJudged, answeredOutside, events, identical }: Judgement,
  place: Place,
  seconds: number,
): string {
  const found = Object.entries(operations).sort(([one], [other]) => (one < other ? -1 : 1));
  const width = Math.max(9, ...found.map(([name]) => name.length));
  const line = (name: string, ...cells: readonly (string | number)[]) =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(12)).join('')}`;
  const left = Object.entries(notJudgedTable).filter(([name]) => notJudged[name as keyof typeof notJudgedTable] > 0);
  return [
    shownPlace(place),
    line('operation', 'same', 'differs'),
    ...found.flatMap(([name, { same, differs, examples }]) => [
      line(name, same, differs),
      ...examples.map(
        ({ identity, at, stream, revision, differences }) =>
          `  ${at} ${plain(identity)} (${stream}@${revision}): ${plain(differences.slice(0, 5).join('; '), 1_000)}`,
      ),
    ]),
    `${events} events in ${seconds.toFixed(1)} s`,
    ...(answeredOutside === 0
      ? []
      : [`${answeredOutside} requests were answered by somebody outside, and judged with the answer of then.`]),
    ...left.map(
      ([name, why]) => `${notJudged[name as keyof typeof notJudgedTable]} requests could not be judged. ${why}`,
    ),
    identical ? 'All outcomes are the same.' : 'Some outcomes are not the same.',
    '',
  ].join('\n');
}
