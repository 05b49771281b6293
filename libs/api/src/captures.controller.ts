import { readCursor, writeCursor } from '@app/read-models';
import { Controller, Delete, Get, Inject } from '@nestjs/common';
import { forgetCaptures, listCaptures, showCapture } from './captures.endpoints';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { Problem } from './problem';

@Controller('captures')
export class CapturesController {
  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  @Get()
  @Described(listCaptures)
  async list(@Input(listCaptures) { query }: InputOf<typeof listCaptures>) {
    const { limit, cursor, ...filter } = query;
    const below = cursor === undefined ? {} : { before: Number(readCursor('captures', filter, cursor, 1)[0]) };
    const found = await this.options.captures.list(filter, { limit: limit + 1, ...below });
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    if (found.length <= limit || last === undefined) return { rows };
    return { rows, next: writeCursor('captures', filter, [last.id]) };
  }

  @Get(':id')
  @Described(showCapture)
  async show(@Input(showCapture) { path }: InputOf<typeof showCapture>) {
    const exchange = await this.options.captures.find(path.id);
    if (exchange === undefined) throw new Problem('not-found', 'No message is kept under this id.');
    return exchange;
  }

  @Delete()
  @Described(forgetCaptures)
  async forget(@Input(forgetCaptures) { query }: InputOf<typeof forgetCaptures>) {
    return { removed: await this.options.captures.forget(query.identity) };
  }
}
