import type { IdTagDetails } from '@app/charge-box';
import type { Position } from '@app/kernel';
import type { IdTagRow } from '@app/read-models';
import { FindIdTag } from '@app/read-models';
import type { OperatorOrigin } from '@app/runtime';
import { SaveIdTag } from '@app/runtime';
import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Changes } from './changes';
import type { IdTagLine } from './id-tag-csv';
import { patched } from './patched';
import { Problem } from './problem';

/** Lines that are in work at a time: enough to share the commits of the store. */
const abreast = 256;

export interface ImportCounts {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
}

interface LineOutcome {
  readonly outcome: keyof ImportCounts;
  readonly position?: Position;
}

/** What the operator knows of an idTag, out of the row that shows it. */
export function detailsOf(row: IdTagRow): IdTagDetails {
  const { idTag, parentIdTag, expiryDate, blocked, concurrentTransactions, note } = row;
  return patched({ idTag, parentIdTag, expiryDate, blocked, concurrentTransactions, note }, {});
}

/** Brings idTags to what the lines of an import say. Each line stands for itself, so a repetition completes what was cut short. */
@Injectable()
export class IdTagImport {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
  ) {}

  async run(
    lines: readonly IdTagLine[],
    origin: OperatorOrigin,
  ): Promise<{ counts: ImportCounts; position?: Position }> {
    const counts = { created: 0, changed: 0, unchanged: 0 };
    let last: Position | undefined;
    for (let from = 0; from < lines.length; from += abreast) {
      const outcomes = await Promise.all(lines.slice(from, from + abreast).map((line) => this.bring(line, origin)));
      for (const { outcome, position } of outcomes) {
        counts[outcome] += 1;
        if (position !== undefined && (last === undefined || position > last)) last = position;
      }
      await nextTurn();
    }
    return { counts, position: last };
  }

  private async bring(line: IdTagLine, origin: OperatorOrigin): Promise<LineOutcome> {
    const row = await this.queries.execute(new FindIdTag(line.idTag));
    const before = row && detailsOf(row);
    const after = detailsAfter(before, line);
    if (before && same(before, after)) return { outcome: 'unchanged' };
    const told = await this.changes.execute(new SaveIdTag(after, origin));
    if (told.outcome === 'refused') throw new Problem('refused', told.reason);
    return { outcome: before ? 'changed' : 'created', position: told.position };
  }
}

function detailsAfter(before: IdTagDetails | undefined, line: IdTagLine): IdTagDetails {
  const { idTag, ...fields } = line;
  const known = before ?? { idTag, blocked: false, concurrentTransactions: false };
  const whole = patched<Partial<IdTagDetails>>(known, fields);
  return {
    ...whole,
    idTag,
    blocked: whole.blocked ?? false,
    concurrentTransactions: whole.concurrentTransactions ?? false,
  };
}

function same(one: IdTagDetails, other: IdTagDetails): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof IdTagDetails>;
  return [...names].every((name) => one[name] === other[name]);
}
