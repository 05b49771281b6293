import type { IdTagDetails } from '@app/charge-box';
import { CsvError, parse } from 'csv-parse';
import { isUtf8 } from 'node:buffer';
import { pipeline, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { unguarded } from './csv';
import { codeOf } from './endpoint';
import type { IdTagColumn } from './id-tags.endpoints';
import { idTagColumns } from './id-tags.endpoints';
import type { Violation } from './problem';
import { idTag, momentText, text } from './schemas/fields';

/** Most lines that an import may have, its heading apart. */
const importLimit = 100_000;

/** What a line says about an idTag. A column that the file lacks is absent, an empty cell is null. */
export type IdTagLine = Pick<IdTagDetails, 'idTag'> & {
  readonly [Field in Exclude<keyof IdTagDetails, 'idTag'>]?: IdTagDetails[Field] | null;
};

export type IdTagFile = { readonly lines: readonly IdTagLine[] } | { readonly violations: readonly Violation[] };

const flag = z.preprocess(
  (value) => (typeof value === 'string' ? (flags.get(value.toLowerCase()) ?? value) : value),
  z.boolean({ error: 'This is neither true nor false.' }),
);
const flags = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const cells = {
  idTag,
  parentIdTag: idTag,
  expiryDate: momentText,
  blocked: flag,
  concurrentTransactions: flag,
  note: text(500),
} as const satisfies Record<IdTagColumn, z.ZodType>;

/** Reads an import of idTags: all its lines, or all its violations. */
export async function readIdTags(body: Buffer): Promise<IdTagFile> {
  if (!isUtf8(body)) {
    return { violations: [violation({ line: 1, message: 'The file is not UTF-8.', code: 'encoding' })] };
  }
  const reading = new Reading();
  try {
    for await (const { record, info } of recordsOf(body)) {
      if (!reading.take(record, info.lines)) break;
    }
  } catch (error) {
    if (!isCsvError(error)) throw error;
    const message = 'The quotes of this line do not match.';
    reading.violations.push(violation({ line: error.lines, message, code: kebab(error.code) }));
  }
  return reading.outcome();
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

// Spreadsheets of half of Europe write semicolons.
function recordsOf(body: Buffer): AsyncIterable<CsvRecord> {
  const heading = body.subarray(0, 1000).toString().split(/\r?\n/, 1)[0] ?? '';
  const parser = parse({
    bom: true,
    delimiter: heading.includes(';') && !heading.includes(',') ? ';' : ',',
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  // Errors reach the reader of the parser.
  pipeline(Readable.from(piecesOf(body)), parser, () => undefined);
  return parser as AsyncIterable<CsvRecord>;
}

// Everything else the service does comes in between the pieces.
async function* piecesOf(body: Buffer) {
  for (let from = 0; from < body.length; from += pieceSize) {
    yield body.subarray(from, from + pieceSize);
    await nextTurn();
  }
}

const pieceSize = 65_536;

const isCsvError = (error: unknown): error is { readonly code: string; readonly lines: number } =>
  error instanceof CsvError && typeof error.lines === 'number';

class Reading {
  readonly violations: Violation[] = [];
  private readonly lines: IdTagLine[] = [];
  private readonly lineOf = new Map<string, number>();
  private columns: readonly string[] | undefined;

  /** Takes a record; false when there is no use in further ones. */
  take(record: readonly string[], line: number): boolean {
    if (this.columns === undefined) return this.takeHeading(record, line);
    if (this.lines.length >= importLimit) {
      this.violations.push(
        violation({ line, message: `An import has at most ${importLimit} lines.`, code: 'too-many-lines' }),
      );
      return false;
    }
    if (record.length !== this.columns.length) {
      const message = `The line has ${record.length} cells, the heading ${this.columns.length}.`;
      this.violations.push(violation({ line, message, code: 'cell-count' }));
    }
    this.takeCells(this.columns, record, line);
    return true;
  }

  outcome(): IdTagFile {
    if (this.columns === undefined && this.violations.length === 0) {
      this.violations.push(violation({ line: 1, message: 'The file has no heading.', code: 'no-heading' }));
    }
    return this.violations.length > 0 ? { violations: this.violations } : { lines: this.lines };
  }

  private takeHeading(names: readonly string[], line: number): boolean {
    const complain = (column: string, message: string, code: string) =>
      this.violations.push(violation({ line, column, message, code }));
    names.forEach((name, index) => {
      if (!isColumn(name))
        complain(name, `There is no such column. The columns are ${idTagColumns.join(', ')}.`, 'unknown');
      else if (names.indexOf(name) !== index) complain(name, 'The column is named twice.', 'repeated');
    });
    if (!names.includes('idTag')) complain('idTag', 'The column is needed.', 'missing');
    this.columns = names;
    return true;
  }

  private takeCells(columns: readonly string[], record: readonly string[], line: number): void {
    const fields: Record<string, unknown> = {};
    columns.forEach((column, index) => {
      const cell = unguarded(record[index] ?? '');
      if (isColumn(column)) fields[column] = this.valueOf(column, cell, line);
    });
    const { idTag } = fields;
    if (typeof idTag === 'string') this.takeOnce(idTag, line);
    this.lines.push(fields as unknown as IdTagLine);
  }

  private valueOf(column: IdTagColumn, cell: string, line: number): unknown {
    if (cell === '' && column !== 'idTag') return null;
    const { success, data, error } = cells[column].safeParse(cell, { reportInput: true });
    if (success) return data;
    for (const issue of error.issues) {
      this.violations.push(violation({ line, column, message: issue.message, code: codeOf(issue) }));
    }
    return undefined;
  }

  // OCPP 1.5, 7.20: the letter case of an idToken does not count.
  private takeOnce(idTag: string, line: number): void {
    const key = idTag.toLowerCase();
    const earlier = this.lineOf.get(key);
    if (earlier === undefined) this.lineOf.set(key, line);
    else
      this.violations.push(
        violation({ line, column: 'idTag', message: `Line ${earlier} has this idTag already.`, code: 'repeated' }),
      );
  }
}

const isColumn = (name: string): name is IdTagColumn => (idTagColumns as readonly string[]).includes(name);
const kebab = (code: string): string => code.toLowerCase().replaceAll('_', '-');

function violation({
  line,
  column,
  message,
  code,
}: {
  line: number;
  column?: string;
  message: string;
  code: string;
}): Violation {
  const path = column === undefined ? `line ${line}` : `line ${line}, ${column.slice(0, 100)}`;
  return { in: 'body', path, message, code, line, ...(column !== undefined && { column: column.slice(0, 100) }) };
}
