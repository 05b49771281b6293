import type { EnergySource, Suspicion } from '@app/charge-box';
import { suspicionTable } from '@app/charge-box';
import type { TransactionStory } from '@app/history';
import { boxOfTransaction, transactionStory, withMaskedEvent, withMaskedIdTags } from '@app/history';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { identityOfTransaction } from '@app/read-models';
import { Command } from 'commander';
import { found } from './exit-codes';
import { lineOf, plain } from './lines';
import { print, printJson } from './output';
import type { StoreOptions } from './places';
import { placeFrom, readModelsOf, wholeFrom, withLog, withStore } from './places';
import type { Progress } from './progress';

interface Options extends StoreOptions {
  readonly box?: string;
  readonly showIdTags?: boolean;
}

export function transactionCommand(): Command {
  return withStore(new Command('transaction'))
    .description(
      'Tells the whole story of a transaction: start, readings, stop, what was asked of the box, what is suspect.',
    )
    .argument('<id>', 'transaction id')
    .option('--box <identity>', 'its charge box, where several spoke of the id')
    .option('--show-id-tags', 'does not mask idTags')
    .action((id: string, options: Options, command: Command) => transaction(id, options, command));
}

async function transaction(text: string, options: Options, command: Command): Promise<void> {
  const id = wholeFrom(command, 'id', text);
  const place = placeFrom(options, command);
  await withLog(place, options, async (log, progress) => {
    const identity = options.box ?? (await boxOf(log, id, { readModels: readModelsOf(place), tell: progress.take }));
    const story = identity === undefined ? undefined : await transactionStory(log, identity, id);
    if (story === undefined || story.events.length === 0) {
      process.exitCode = found;
      process.stderr.write(`Nobody speaks of transaction ${id} in this history.\n`);
      return;
    }
    const shown = options.showIdTags
      ? story
      : { ...withMaskedIdTags({ ...story, events: [] }), events: story.events.map(withMaskedEvent) };
    if (options.json) return printJson(shown);
    await print(told(shown));
  });
}

/** The read models know it at once; without them, or where they are behind, the log is looked through. */
async function boxOf(
  log: EventStore,
  id: number,
  { readModels, tell }: { readonly readModels: string | undefined; readonly tell: (progress: Progress) => void },
): Promise<string | undefined> {
  const known = readModels === undefined ? undefined : fromReadModels(readModels, id);
  return known ?? boxOfTransaction(log, id, (share, events) => tell({ phase: 'looking for its box', share, events }));
}

function fromReadModels(file: string, id: number): string | undefined {
  try {
    return identityOfTransaction(file, id);
  } catch {
    // Of another version, or just being made.
    return undefined;
  }
}

function told(story: TransactionStory): string {
  const { transactionId, identity, status, start, readings, suspicions, events } = story;
  const begun =
    start &&
    `${start.timestamp.at}, connector ${start.connectorId}, idTag ${plain(start.idTag)}: ${start.idTagInfo.status}`;
  return [
    `Transaction ${transactionId} of ${plain(identity)}: ${status}`,
    `  started   ${begun ?? 'never, as far as this history goes'}`,
    ...endLines(story),
    ...energyLine(story),
    `  readings  ${readings} messages`,
    ...suspicions.map((name: Suspicion) => `  suspect   ${name}: ${suspicionTable[name]}`),
    '',
    ...eventLines(events),
    '',
  ].join('\n');
}

function endLines({ stop, closed, corrected }: TransactionStory): readonly string[] {
  const ended = corrected?.stoppedAt ?? stop?.timestamp.at ?? closed?.stoppedAt;
  const byHand = closed === undefined ? '' : `, by hand: ${plain(closed.reason)}`;
  return [
    ...(ended === undefined ? [] : [`  ended     ${ended}${byHand}`]),
    ...(corrected === undefined ? [] : [`  corrected ${corrected.at}, by hand: ${plain(corrected.reason)}`]),
  ];
}

const byWhat: Readonly<Record<EnergySource, string>> = {
  meterStop: '',
  transactionData: ', by the readings of its stop',
  meterValues: ', by its meter values',
};

function energyLine({ energy, energySource }: TransactionStory): readonly string[] {
  return energy === undefined || energySource === undefined ? [] : [`  energy    ${energy} Wh${byWhat[energySource]}`];
}

const fewReadings = 6;

/** Long rows of readings are told by their first and last. */
function eventLines(events: readonly RecordedEvent[]): readonly string[] {
  const lines: string[] = [];
  for (let from = 0; from < events.length;) {
    let until = from + 1;
    const isReading = (place: number) => events[place]?.type === 'MeterValuesReported';
    while (isReading(from) && isReading(until)) until += 1;
    const run = events.slice(from, until).map((event) => `  ${lineOf(event)}`);
    if (run.length <= fewReadings) lines.push(...run);
    else lines.push(...run.slice(0, 2), `  (${run.length - 4} more readings, see --json)`, ...run.slice(-2));
    from = until;
  }
  return lines;
}
