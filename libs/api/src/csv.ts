import type { Page } from '@app/read-models';
import { StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'csv-stringify/sync';
import { Readable } from 'node:stream';

/** Rows of one page while all of them are read. */
const csvPageSize = 1000;

/** A list as CSV: its file name, and the columns as fields of its rows. */
export interface CsvTable<Row> {
  readonly name: string;
  readonly columns: readonly (keyof Row & string)[];
}

/** Names the columns of a list as CSV; a column that the rows lack does not compile. */
export const csvTable = <Row>(name: string, columns: readonly (keyof Row & string)[]): CsvTable<Row> => ({
  name,
  columns,
});

/** Whether CSV is wanted: `format` says it, else the header Accept prefers it to JSON. */
export function wantsCsv(format: 'json' | 'csv' | undefined, request: FastifyRequest, reply: FastifyReply): boolean {
  void reply.header('vary', 'accept');
  if (format !== undefined) return format === 'csv';
  const accept = request.headers.accept ?? '*/*';
  return qualityOf('text/csv', accept) > qualityOf('application/json', accept);
}

// RFC 9110, 12.5.1: the most specific range that fits decides.
function qualityOf(type: string, accept: string): number {
  const ranges = new Map(accept.split(',').map(rangeOf));
  const [main = ''] = type.split('/');
  return ranges.get(type) ?? ranges.get(`${main}/*`) ?? ranges.get('*/*') ?? 0;
}

function rangeOf(range: string): [string, number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return [type, Number.isNaN(quality) ? 0 : quality];
}

/** All rows of a list as a file, read page by page as fast as the caller takes them. */
export async function csvOf<Row>(
  { name, columns }: CsvTable<Row>,
  page: (paging: { limit: number; cursor?: string }) => Promise<Page<Row>>,
): Promise<StreamableFile> {
  const first = await page({ limit: csvPageSize });
  async function* lines() {
    yield line([columns]);
    let current: Page<Row> | undefined = first;
    while (current !== undefined) {
      yield line(current.rows.map((row) => columns.map((column) => cellOf(row[column]))));
      const { next }: Page<Row> = current;
      current = next === undefined ? undefined : await page({ limit: csvPageSize, cursor: next });
    }
  }
  return new StreamableFile(Readable.from(lines(), { objectMode: false }), {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${name}.csv"`,
  });
}

const line = (rows: readonly (readonly string[])[]): string =>
  stringify([...rows] as string[][], { record_delimiter: 'windows' });

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return guarded(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return guarded(Array.isArray(value) ? value.join(' ') : JSON.stringify(value));
}

// A spreadsheet takes a cell that starts like this for a formula. An apostrophe before it makes it text again; one that is
// there already gets another, so that an import finds the very text again.
const formula = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const plainNumber = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

function guarded(value: string): string {
  return formula.test(value) && !plainNumber.test(value) ? `'${value}` : value;
}

/** The text that a cell was made of. */
export const unguarded = (cell: string): string => (cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell);
