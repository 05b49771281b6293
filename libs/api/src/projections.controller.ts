import { FindOwnProjections, FindOwnRow, FindOwnRows } from '@app/read-models';
import { Controller, Get } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { Problem } from './problem';
import { listOwnProjections, listOwnRows, showOwnRow } from './projections.endpoints';

@Controller('projections')
export class ProjectionsController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Described(listOwnProjections)
  async list() {
    return { rows: await this.queries.execute(new FindOwnProjections()) };
  }

  @Get(':name')
  @Described(listOwnRows)
  async rows(@Input(listOwnRows) { path, query: { limit, cursor, ...filter } }: InputOf<typeof listOwnRows>) {
    const paging = { limit, ...(cursor === undefined ? {} : { cursor }) };
    const found = await this.queries.execute(new FindOwnRows(path.name, filter, paging));
    if (found.outcome === 'found') return found.page;
    if (found.outcome === 'unknown') throw new Problem('not-found', 'No such projection is known.');
    throw noSuchColumn(found);
  }

  @Get(':name/:key')
  @Described(showOwnRow)
  async show(@Input(showOwnRow) { path }: InputOf<typeof showOwnRow>) {
    const row = await this.queries.execute(new FindOwnRow(path.name, path.key));
    if (row === undefined) throw new Problem('not-found', 'No such row is known.');
    return row;
  }
}

function noSuchColumn({
  columns,
  unknown,
}: {
  readonly columns: readonly string[];
  readonly unknown: readonly string[];
}) {
  const message =
    columns.length === 0
      ? 'This projection declares no columns.'
      : `The rows of this projection can be asked for by ${columns.join(', ')}.`;
  const violations = unknown.map((path) => ({ in: 'query' as const, path, code: 'unknown', message }));
  return new Problem('invalid-request', undefined, { violations });
}
