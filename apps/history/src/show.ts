import type { BoxAt } from '@app/history';
import { boxAt, checkMoment, withMaskedEvent, withMaskedIdTags } from '@app/history';
import { tableNames } from '@app/read-models';
import { Command } from 'commander';
import { found } from './exit-codes';
import { fieldsOf, lineOf, plain, shortPosition, textOf } from './lines';
import { print, printJson } from './output';
import type { StoreOptions } from './places';
import { momentFrom, placeFrom, temporaryOf, wholeFrom, withLog, withStore } from './places';
import { showRows } from './rows';

interface Options extends StoreOptions {
  readonly at?: string;
  readonly events: string;
  readonly projection?: string;
  readonly key?: string;
  readonly limit: string;
  readonly showIdTags?: boolean;
}

/** Entries of a list in the state that are told one by one. */
const listed = 10;

export function showCommand(): Command {
  return withStore(new Command('show'))
    .description(
      'Shows a charge box as it was, or rows of a projection as they were, by replaying the history up to then.',
    )
    .argument('[box]', 'identity of the charge box; of rows, only those of it')
    .option('--at <moment>', 'time or position; now by default')
    .option('--events <count>', 'how many of the events that led there are shown', '10')
    .option('--projection <name>', `rows in place of a box: ${tableNames.join(', ')}`)
    .option('--key <key>', 'of one row')
    .option('--limit <count>', 'most rows', '1000')
    .option('--show-id-tags', 'does not mask idTags')
    .action((box: string | undefined, options: Options, command: Command) => show(box, options, command));
}

async function show(box: string | undefined, options: Options, command: Command): Promise<void> {
  const moment = momentFrom(command, '--at', options.at);
  if (box === undefined && options.projection === undefined)
    command.error('Name a charge box, or a projection by --projection, or both.');
  const { projection } = options;
  if (projection !== undefined && !tableNames.includes(projection))
    command.error(
      `--projection: there is no ${JSON.stringify(projection.slice(0, 60))}. There are: ${tableNames.join(', ')}.`,
    );
  const [last, limit] = [wholeFrom(command, '--events', options.events), wholeFrom(command, '--limit', options.limit)];
  const place = placeFrom(options, command);
  await withLog(place, options, async (log, progress) => {
    await checkMoment(log, moment);
    const { key, json, showIdTags } = options;
    if (projection !== undefined)
      return showRows(log, {
        table: projection,
        identity: box,
        key,
        moment,
        limit,
        json,
        showIdTags,
        temporary: temporaryOf(place, options),
        tell: progress.take,
      });
    if (box !== undefined) await showBox(box, await boxAt(log, box, { moment, last }), options);
  });
}

async function showBox(identity: string, box: BoxAt, { json, showIdTags }: Options): Promise<void> {
  if (box.events === 0) {
    process.exitCode = found;
    process.stderr.write(
      `Nothing is known of ${plain(identity)}${box.wentOn ? ' at that moment; it came later' : ''}.\n`,
    );
    return;
  }
  const state = showIdTags ? box.state : withMaskedIdTags(box.state);
  const last = showIdTags ? box.last : box.last.map(withMaskedEvent);
  if (json) return printJson({ identity, position: box.position, events: box.events, wentOn: box.wentOn, state, last });
  const newest = box.last.at(-1);
  const place = shortPosition(box.position);
  await print(
    [
      `${plain(identity)} after ${box.events} events${place === '' ? '' : `, at position ${place}`}${newest === undefined ? '' : `, ${newest.metadata.receivedAt}`}${box.wentOn ? '; more happened later' : ''}`,
      ...stateLines(state),
      ...(last.length === 0 ? [] : ['', 'led there by', ...last.map((event) => `  ${lineOf(event)}`)]),
      '',
    ].join('\n'),
  );
}

/** What the box is made of, short parts first. Lists that are empty are not told, nor what only tells repeated requests. */
function stateLines(state: object): readonly string[] {
  const isLong = ([, value]: readonly [string, unknown]) => Number(Array.isArray(value));
  return Object.entries(state)
    .sort((one, other) => isLong(one) - isLong(other))
    .flatMap(([name, value]) => memberLines(name, value));
}

function memberLines(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : listLines(name, value as readonly object[]);
  const text = textOf(name, value);
  return text === '' || text === '{}' ? [] : [`  ${name}: ${text}`];
}

function listLines(name: string, list: readonly object[]): readonly string[] {
  const more = list.length > listed ? [`    (${list.length - listed} older ones, see --json)`] : [];
  return [
    `  ${name}: ${list.length}`,
    ...more,
    ...list.slice(-listed).map((each) => `    ${fieldsOf(withoutKeys(each))}`),
  ];
}

/** Digests by which repeated requests are known tell nobody anything. */
function withoutKeys(entry: object): object {
  const isDigest = (value: unknown) => typeof value === 'string' && /^[0-9a-z]{22}$/.test(value);
  return Object.fromEntries(
    Object.entries(entry).filter(([name, value]) => !['key', 'stopKey'].includes(name) && !isDigest(value)),
  );
}
