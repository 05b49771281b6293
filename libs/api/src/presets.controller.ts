import type { PresetRow } from '@app/read-models';
import { FindPreset, FindPresets } from '@app/read-models';
import { RemovePreset, SavePreset } from '@app/runtime';
import { Controller, Delete, Get, HttpCode, Put, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Changes, originOf } from './changes';
import { checkCommand } from './command-checks';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { listPresets, removePreset, savePreset, showPreset } from './presets.endpoints';
import { Problem } from './problem';

@Controller('presets')
export class PresetsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
  ) {}

  @Get()
  @Described(listPresets)
  list(@Input(listPresets) { query: { limit, cursor } }: InputOf<typeof listPresets>) {
    return this.queries.execute(new FindPresets({ limit, cursor }));
  }

  @Get(':name')
  @Described(showPreset)
  show(@Input(showPreset) { path }: InputOf<typeof showPreset>) {
    return this.known(path.name);
  }

  @Put(':name')
  @Described(savePreset)
  save(
    @Input(savePreset) { path: { name }, body }: InputOf<typeof savePreset>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    requireUsable(body);
    return this.changes.make(new SavePreset({ ...body, name }, originOf(request)), reply, () =>
      this.queries.execute(new FindPreset(name)),
    );
  }

  @Delete(':name')
  @HttpCode(204)
  @Described(removePreset)
  async remove(
    @Input(removePreset) { path }: InputOf<typeof removePreset>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { name } = await this.known(path.name);
    const told = await this.changes.execute(new RemovePreset(name, originOf(request)));
    if (told.outcome === 'refused') throw new Problem('refused', told.reason);
    await this.changes.seen(told.position, reply);
  }

  private async known(name: string): Promise<PresetRow> {
    const row = await this.queries.execute(new FindPreset(name));
    if (row === undefined) throw new Problem('not-found', 'No such preset is known.');
    return row;
  }
}

/** A preset that could never be sent is refused when it is made. Data without a command may go with any. */
function requireUsable({ command, data }: { readonly command?: string; readonly data?: object }): void {
  if (command === undefined) return;
  const checked = checkCommand({ command, ...(data === undefined ? {} : { data }) }, undefined);
  if ('operation' in checked) return;
  const relevant = data === undefined ? checked.filter(({ path }) => path === 'command') : checked;
  if (relevant.length > 0) throw new Problem('invalid-request', undefined, { violations: relevant });
}
