import type { Position } from '@app/kernel';
import type { RowDifference } from '@app/read-models';
import { copyReadModels, differencesBetween, rebuildFromZero } from '@app/read-models';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endedAt } from '../moment';
import { masked, withMaskedIdTags } from '../personal';
import { temporaryFolder } from '../temporary';
import type { Check, CheckRun, Evidence, Finding, Report } from './check';

const anew =
  'Stop the service, remove read-models.db from its DATA_DIR, and start it: they are built anew from the log.';
/** Rows that are told one by one. */
const most = 100;

/** The read models are what their log comes to, at the place that they have reached. */
export const readModelsCheck: Check = {
  name: 'read-models',
  doc: 'rows of the read models against rows built anew in a temporary file',
  begin: (evidence, report) => {
    const { readModels } = evidence;
    if (readModels === undefined) return { skipped: 'there are no read models beside it' };
    return new ReadModelsRun(evidence, readModels, report);
  },
};

class ReadModelsRun implements CheckRun {
  constructor(
    private readonly evidence: Evidence,
    private readonly file: string,
    private readonly report: Report,
  ) {}

  async end(tell: (share: number) => void): Promise<void> {
    const { path, remove } = temporaryFolder(this.evidence.temporary ?? tmpdir());
    try {
      await this.compare(join(path, 'kept.db'), join(path, 'built.db'), tell);
    } finally {
      remove();
    }
  }

  private async compare(kept: string, built: string, tell: (share: number) => void): Promise<void> {
    const { log, forRows = log } = this.evidence;
    const { checkpoint, isOfThisLog, isOfThisShape } = await copyReadModels(log, this.file, kept);
    if (!isOfThisShape)
      return this.found(
        'other-program',
        'They were made by another version of the program.',
        'Start the service: it builds them anew.',
      );
    if (!isOfThisLog)
      return this.found('other-history', 'They come from another history.', 'Start the service: it builds them anew.');
    await rebuildFromZero(told(endedAt(forRows, { position: checkpoint }), checkpoint, tell), built);
    const { count, examples } = differencesBetween(kept, built, most);
    for (const example of examples) this.found('row-differs', sentenceOf(example), anew, placeOf(example));
    if (count > examples.length) this.found('row-differs', `${count - examples.length} more rows differ.`, anew);
  }

  private found(code: Finding['code'], what: string, todo: string, place: Finding['place'] = {}): void {
    this.report({ code, what, place, todo });
  }
}

function placeOf({ table, key }: RowDifference): Finding['place'] {
  return { table, key: table === 'id_tags' ? masked(key) : key };
}

function sentenceOf({ here = '', there = '' }: RowDifference): string {
  if (![here, there].some((side) => side.startsWith('{')))
    return `It is there ${here || '0 times'}; the log says ${there || '0 times'}.`;
  const [one, other] = [columnsOf(here), columnsOf(there)];
  if (one.row !== other.row)
    return `The row is ${textOf(one.row) ?? 'not there'}; the log says ${textOf(other.row) ?? 'that there is none'}.`;
  const names = Object.keys(one).filter((name) => one[name] !== other[name]);
  return `What is kept beside the row for searches is not what the row says: ${names.join(', ')}.`;
}

type Columns = Readonly<Record<string, unknown>>;

function columnsOf(text: string): Columns {
  return text === '' ? {} : (JSON.parse(text) as Columns);
}

/** What the projection says. The columns beside it repeat parts of that, also idTags, and are not shown. */
function textOf(row: unknown): string | undefined {
  return typeof row === 'string' ? JSON.stringify(withMaskedIdTags(JSON.parse(row) as object)) : undefined;
}

type Readable = Pick<Evidence['log'], 'readAll'>;

function told(log: Readable, end: Position, tell: (share: number) => void): Readable {
  return {
    readAll: async (wanted) => {
      const page = await log.readAll(wanted);
      tell(Number(end) === 0 ? 1 : Math.min(1, Number(page.next) / Number(end)));
      return page;
    },
  };
}
