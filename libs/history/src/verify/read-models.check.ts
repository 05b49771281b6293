import type { Position } from '@app/kernel';
import type { RowDifference } from '@app/read-models';
import { copyReadModels, differencesBetween, rebuildFromZero } from '@app/read-models';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endedAt } from '../moment';
import { masked, withMaskedIdTags } from '../personal';
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
    const folder = mkdtempSync(join(tmpdir(), 'ocpp-verify-'));
    try {
      await this.compare(join(folder, 'kept.db'), join(folder, 'built.db'), tell);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private async compare(kept: string, built: string, tell: (share: number) => void): Promise<void> {
    const { log } = this.evidence;
    const { checkpoint, isOfThisLog, isOfThisShape } = await copyReadModels(log, this.file, kept);
    if (!isOfThisShape)
      return this.found('They were made by another version of the program.', 'Start the service: it builds them anew.');
    if (!isOfThisLog) return this.found('They come from another history.', 'Start the service: it builds them anew.');
    await rebuildFromZero(told(endedAt(log, { position: checkpoint }), checkpoint, tell), built);
    const { count, examples } = differencesBetween(kept, built, most);
    for (const { table, key, here, there } of examples.map(withMaskedRow))
      this.found(`The row is ${here ?? 'not there'}; the log says ${there ?? 'that there is none'}.`, anew, {
        table,
        key,
      });
    if (count > examples.length) this.found(`${count - examples.length} more rows differ.`, anew);
  }

  private found(what: string, todo: string, place: Finding['place'] = {}): void {
    this.report({ what, place, todo });
  }
}

/** Columns may hold an idTag as well, in lower case. */
function withMaskedRow(difference: RowDifference): RowDifference {
  const { table, key, here, there } = difference;
  return {
    table,
    key: table === 'id_tags' ? masked(key) : key,
    ...(here === undefined ? {} : { here: rowText(here) }),
    ...(there === undefined ? {} : { there: rowText(there) }),
  };
}

/** What the projection says is in `row`; the columns beside it repeat parts of that. */
function rowText(text: string): string {
  if (!text.startsWith('{')) return text;
  const { row, key: _key, id_tag: _idTag, ...columns } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(
    withMaskedIdTags({ ...columns, ...(typeof row === 'string' ? { row: JSON.parse(row) as object } : {}) }),
  );
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
