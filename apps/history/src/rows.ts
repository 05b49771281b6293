import type { Moment } from '@app/history';
import { endedAt, temporaryFolder, withMaskedIdTags } from '@app/history';
import type { EventStore } from '@app/kernel';
import { rebuildFromZero, rowsOf } from '@app/read-models';
import { join } from 'node:path';
import { found } from './exit-codes';
import { fieldsOf, plain } from './lines';
import { print, printJson } from './output';
import type { Progress } from './progress';

export interface WantedRows {
  readonly table: string;
  readonly identity: string | undefined;
  readonly key: string | undefined;
  readonly moment: Moment | undefined;
  readonly limit: number;
  readonly json: boolean | undefined;
  readonly showIdTags: boolean | undefined;
  /** The folder in which temporary files are made. */
  readonly temporary: string;
  readonly tell: (progress: Progress) => void;
}

/** Builds the read models in a temporary file up to a moment, and shows rows of them. */
export async function showRows(log: EventStore, wanted: WantedRows): Promise<void> {
  const { moment, limit, temporary, tell } = wanted;
  const { path, remove } = temporaryFolder(temporary);
  try {
    const file = join(path, 'rows.db');
    const until = moment === undefined ? log : endedAt(log, moment);
    await rebuildFromZero(toldOf(until, await log.head(), tell), file);
    let count = 0;
    for (const row of rowsOf(file, wanted)) {
      count += 1;
      if (count <= limit) await showRow(row, wanted);
    }
    if (count > limit) process.stderr.write(`${count - limit} more rows; see --limit and --key.\n`);
    if (count === 0) process.exitCode = found;
  } finally {
    remove();
  }
}

async function showRow(
  { key, row }: { readonly key?: string; readonly row: object },
  { table, json, showIdTags }: WantedRows,
): Promise<void> {
  const shown = showIdTags ? row : withMaskedIdTags(row);
  const shownKey = showIdTags || table !== 'id_tags' ? key : '***';
  if (json) return printJson({ ...(shownKey === undefined ? {} : { key: shownKey }), row: shown });
  // Keys of several parts have a mark between them that no text holds.
  const name = shownKey === undefined ? '' : `${plain(shownKey.replaceAll('\0', ' '))}  `;
  await print(`${name}${fieldsOf(shown)}\n`);
}

function toldOf(log: Pick<EventStore, 'readAll'>, end: string, tell: (progress: Progress) => void) {
  let events = 0;
  const readAll: EventStore['readAll'] = async (wanted) => {
    const page = await log.readAll(wanted);
    events += page.events.length;
    tell({ phase: 'building the rows', events, share: page.endOfLog ? 1 : Number(page.next) / Number(end) });
    return page;
  };
  return { readAll };
}
