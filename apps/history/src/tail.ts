import type { Selection } from '@app/history';
import { checkMoment, filterOf, isKnown, scan, selects, startOf, withMaskedEvent } from '@app/history';
import type { EventStore, Position, RecordedEvent } from '@app/kernel';
import { Command } from 'commander';
import { lineOf, plain } from './lines';
import { print } from './output';
import type { StoreOptions } from './places';
import { again, momentFrom, placeFrom, typesFrom, wholeFrom, withLog, withStore } from './places';

interface Options extends StoreOptions {
  readonly box?: readonly string[];
  readonly type?: readonly string[];
  readonly transaction?: string;
  readonly since?: string;
  readonly until?: string;
  readonly lines: string;
  readonly follow?: boolean;
  readonly showIdTags?: boolean;
}

/** Options that choose events. */
export function withSelection(command: Command): Command {
  return command
    .option('--box <identity>', 'of this charge box; may be given again', again)
    .option('--type <type>', 'of this type; may be given again', again)
    .option('--transaction <id>', 'that name this transaction')
    .option('--since <moment>', 'from this time or position on')
    .option('--until <moment>', 'up to this time or position');
}

export function selectionFrom(options: Omit<Options, 'lines'>, command: Command): Selection {
  const { box: boxes, type, transaction, since, until } = options;
  return {
    boxes,
    types: typesFrom(command, type),
    transaction: transaction === undefined ? undefined : wholeFrom(command, '--transaction', transaction),
    since: momentFrom(command, '--since', since),
    until: momentFrom(command, '--until', until),
  };
}

export function tailCommand(): Command {
  return withSelection(withStore(new Command('tail')))
    .description('Shows events: the last ones, those of a time, and with --follow what comes.')
    .option('-n, --lines <count>', 'how many of the last, without --since', '10')
    .option('-f, --follow', 'goes on with what is stored from now on, until interrupted')
    .option('--show-id-tags', 'does not mask idTags')
    .action((options: Options, command: Command) => tail(options, command));
}

async function tail(options: Options, command: Command): Promise<void> {
  const selection = selectionFrom(options, command);
  const lines = wholeFrom(command, '--lines', options.lines);
  if (options.follow && selection.until)
    command.error('--until: what comes has no end; leave out --follow or --until.');
  const show = async (event: RecordedEvent) => {
    const shown = options.showIdTags ? event : withMaskedEvent(event);
    await print(`${options.json ? JSON.stringify(shown) : lineOf(shown)}\n`);
  };
  await withLog(placeFrom(options, command), options, async (log) => {
    await checkMoments(log, selection);
    await tellUnknown(log, selection);
    const end = await log.head();
    if (selection.since === undefined && selection.until === undefined)
      for (const event of await lastOf(log, selection, { end, lines })) await show(event);
    else await between(log, selection, { end, show });
    if (options.follow) await follow(log, selection, { after: end, show });
  });
}

/** Who mistyped a name would otherwise take it that nothing happened. */
export async function tellUnknown(log: EventStore, { boxes = [] }: Selection): Promise<void> {
  for (const box of boxes)
    if (!(await isKnown(log, box))) process.stderr.write(`Nothing is known of ${plain(box)}: letter case counts.\n`);
}

/** Positions of another store are refused. */
export async function checkMoments(log: EventStore, { since, until }: Selection): Promise<void> {
  for (const moment of [since, until]) await checkMoment(log, moment);
}

type Show = (event: RecordedEvent) => Promise<void>;

async function between(
  log: EventStore,
  selection: Selection,
  { end, show }: { readonly end: Position; readonly show: Show },
): Promise<void> {
  const isWanted = selects(selection);
  const after = selection.since === undefined ? '' : await startOf(log, selection.since);
  for await (const { events } of scan(log, { after, end, filter: filterOf(selection) }))
    for (const event of events) if (isWanted(event)) await show(event);
}

/** The newest events that are wanted, oldest first. */
async function lastOf(
  log: EventStore,
  selection: Selection,
  { end, lines }: { readonly end: Position; readonly lines: number },
): Promise<readonly RecordedEvent[]> {
  const isWanted = selects(selection);
  const filter = filterOf(selection);
  const found: RecordedEvent[] = [];
  for (let from: Position | undefined; found.length < lines;) {
    const page = await log.readAll({
      direction: 'backward',
      limit: 1_000,
      filter,
      ...(from === undefined ? {} : { from }),
    });
    found.push(...page.events.filter((event) => event.position <= end && isWanted(event)));
    from = page.next;
    if (page.endOfLog) break;
  }
  return found.slice(0, Math.max(0, lines)).reverse();
}

async function follow(
  log: EventStore,
  selection: Selection,
  { after, show }: { readonly after: Position; readonly show: Show },
): Promise<void> {
  const isWanted = selects(selection);
  const subscription = log.subscribe({ after, filter: filterOf(selection) }, async ({ events }) => {
    for (const event of events) if (isWanted(event)) await show(event);
  });
  const stop = () => void subscription.stop();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  await subscription.ended;
}
