import type { CaptureFile, ReplayReport } from '@app/capture';
import { openCaptureFile, replay, TargetUnreachable } from '@app/capture';
import { Command, InvalidArgumentError, Option } from 'commander';
import { plain } from './lines';

interface Options {
  readonly from: string;
  readonly to: URL;
  readonly speed: 'recorded' | 'max';
  readonly boxes?: readonly string[];
  readonly allowRemote?: boolean;
  readonly json?: boolean;
}

const url = (text: string): URL => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new InvalidArgumentError('It must be a URL such as http://127.0.0.1:8080/ocpp.');
  return parsed;
};

/** Exit codes: 0 all answers are the same, 1 some are not, 2 refused, 3 nobody answers. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('Sends captured requests to an instance again, and compares the answers.')
    .requiredOption('--from <place>', 'a DATA_DIR, or the file captures.db in it')
    .requiredOption('--to <url>', 'where charge boxes call the instance', url)
    .addOption(
      new Option('--speed <speed>', 'with the recorded pauses, or without any')
        .choices(['recorded', 'max'])
        .default('max'),
    )
    .option('--boxes <identity...>', 'only requests of these boxes')
    .option('--allow-remote', 'allows an instance that is not on this machine')
    .option('--json', 'prints the report as JSON')
    .exitOverride()
    .action((options: Options, command: Command) => run(options, command));
}

async function run({ from, to, speed, boxes, allowRemote, json }: Options, command: Command): Promise<void> {
  if (allowRemote !== true && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(to.hostname))
    command.error(
      `${to.href} is not on this machine. What is sent is recorded there: say --allow-remote if it may be.`,
    );
  const file = opened(from, command);
  const begin = performance.now();
  const progress = telling(file.count);
  try {
    const report = await replay(file.exchanges(), {
      to,
      speed,
      ...(boxes === undefined ? {} : { boxes: new Set(boxes) }),
      onProgress: progress.take,
    });
    progress.end();
    const seconds = (performance.now() - begin) / 1_000;
    const { sent, withheld, identical, operations } = report;
    process.stdout.write(
      json === true
        ? `${JSON.stringify({ sent, withheld, identical, seconds, operations })}\n`
        : said(report, { file, to, seconds }),
    );
    if (!identical) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof TargetUnreachable)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 3;
  } finally {
    file.close();
  }
}

function opened(place: string, command: Command): CaptureFile {
  try {
    return openCaptureFile(place);
  } catch (error) {
    return command.error((error as Error).message);
  }
}

/** In place on a terminal, else in a line now and then. */
function telling(count: number) {
  const isTerminal = process.stderr.isTTY;
  const every = isTerminal ? 200 : 5_000;
  let shown = performance.now();
  const take = (sent: number): void => {
    if (performance.now() - shown < every) return;
    shown = performance.now();
    process.stderr.write(isTerminal ? `\r${sent} of ${count} sent   ` : `${sent} of ${count} sent\n`);
  };
  return { take, end: () => void (isTerminal && process.stderr.write('\r\n')) };
}

interface Occasion {
  readonly file: CaptureFile;
  readonly to: URL;
  readonly seconds: number;
}

function said({ operations, sent, withheld, identical }: ReplayReport, { file, to, seconds }: Occasion): string {
  const names = Object.keys(operations).sort();
  const width = Math.max(9, ...names.map((name) => name.length));
  const line = (name: string, ...cells: readonly (string | number)[]) =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(12)).join('')}`;
  return [
    `${file.file} -> ${to.href}`,
    line('operation', 'same', 'differs', 'unanswered'),
    ...names.flatMap((name) => {
      const { same, differs, unanswered, examples } = operations[name] ?? {
        same: 0,
        differs: 0,
        unanswered: 0,
        examples: [],
      };
      return [
        line(name, same, differs, unanswered),
        ...examples.map(
          ({ id, at, identity, differences }) =>
            `  #${id} ${at} ${plain(identity ?? 'no identity')}: ${plain(differences.slice(0, 5).join('; '), 1_000)}`,
        ),
      ];
    }),
    `${sent} sent in ${seconds.toFixed(1)} s${withheld > 0 ? `; ${withheld} not sent, for their text was not kept` : ''}`,
    identical ? 'All answers are the same.' : 'Some answers are not the same.',
    '',
  ].join('\n');
}
