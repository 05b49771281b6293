import type { IdTagDetails } from '@app/charge-box';
import type { IdTagRow, Paging } from '@app/read-models';
import { FindIdTag, FindIdTags } from '@app/read-models';
import { EraseIdTag, RemoveIdTag, SaveIdTag } from '@app/runtime';
import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Changes, originOf } from './changes';
import { csvOf, wantsCsv } from './csv';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { readIdTags } from './id-tag-csv';
import { detailsOf, IdTagImport } from './id-tag-import';
import {
  changeIdTag,
  createIdTag,
  eraseIdTag,
  idTagTable,
  importIdTags,
  listIdTags,
  removeIdTag,
  replaceIdTag,
  showIdTag,
} from './id-tags.endpoints';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { patched } from './patched';
import { Problem } from './problem';

@Controller('id-tags')
export class IdTagsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
    private readonly imports: IdTagImport,
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
  ) {}

  @Get()
  @Described(listIdTags)
  list(
    @Input(listIdTags) { query }: InputOf<typeof listIdTags>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { limit, cursor, format, ...filter } = query;
    const page = (paging: Paging) => this.queries.execute(new FindIdTags(filter, paging));
    return wantsCsv(format, request, reply) ? csvOf(idTagTable, page) : page({ limit, cursor });
  }

  @Get(':idTag')
  @Described(showIdTag)
  show(@Input(showIdTag) { path }: InputOf<typeof showIdTag>) {
    return this.known(path.idTag);
  }

  @Post()
  @Described(createIdTag)
  create(
    @Input(createIdTag) { body }: InputOf<typeof createIdTag>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.save(new SaveIdTag(body, originOf(request), 'new'), reply);
  }

  @Put(':idTag')
  @Described(replaceIdTag)
  async replace(
    @Input(replaceIdTag) { path, body }: InputOf<typeof replaceIdTag>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const details: IdTagDetails = { ...body, idTag: path.idTag };
    requireSameTag(path.idTag, body.idTag);
    const known = await this.queries.execute(new FindIdTag(path.idTag));
    if (known === undefined) void reply.code(201);
    return this.save(new SaveIdTag(details, originOf(request)), reply);
  }

  @Patch(':idTag')
  @Described(changeIdTag)
  async change(
    @Input(changeIdTag) { path, body }: InputOf<typeof changeIdTag>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const details = patched(detailsOf(await this.known(path.idTag)), body);
    return this.save(new SaveIdTag(details, originOf(request)), reply);
  }

  @Delete(':idTag')
  @HttpCode(204)
  @Described(removeIdTag)
  async remove(
    @Input(removeIdTag) { path }: InputOf<typeof removeIdTag>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { idTag } = await this.known(path.idTag);
    const told = await this.changes.execute(new RemoveIdTag(idTag, originOf(request)));
    if (told.outcome === 'refused') throw new Problem('refused', told.reason);
    await this.changes.seen(told.position, reply);
  }

  @Post(':idTag/erasure')
  @HttpCode(200)
  @Described(eraseIdTag)
  async erase(
    @Input(eraseIdTag) { path, query }: InputOf<typeof eraseIdTag>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const erased = await this.changes.execute(new EraseIdTag(path.idTag, query.force, originOf(request)));
    if (erased.outcome === 'refused') throw new Problem('refused', erased.reason);
    const { outcome: _outcome, position, ...what } = erased;
    const captures = await this.options.captures.forgetIdTag(path.idTag);
    if (!(await this.changes.seen(position, reply))) void reply.code(202);
    return { ...what, captures };
  }

  @Post('import')
  @HttpCode(200)
  @Described(importIdTags)
  async import(
    @Input(importIdTags) { body }: InputOf<typeof importIdTags>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const file = await readIdTags(body ?? Buffer.alloc(0));
    if ('violations' in file) throw new Problem('invalid-request', undefined, { violations: file.violations });
    const { counts, position } = await this.imports.run(file.lines, originOf(request));
    if (!(await this.changes.seen(position, reply))) void reply.code(202);
    return counts;
  }

  private save(command: SaveIdTag, reply: FastifyReply) {
    return this.changes.make<IdTagRow>(command, reply, () =>
      this.queries.execute(new FindIdTag(command.details.idTag)),
    );
  }

  private async known(idTag: string): Promise<IdTagRow> {
    const row = await this.queries.execute(new FindIdTag(idTag));
    if (row === undefined) throw new Problem('not-found', 'No such idTag is known.');
    return row;
  }
}

// OCPP 1.5, 7.20: the letter case of an idToken does not count.
function requireSameTag(inPath: string, inBody: string | undefined): void {
  if (inBody === undefined || inBody.toLowerCase() === inPath.toLowerCase()) return;
  const message = 'This is another idTag than the one in the path.';
  throw new Problem('invalid-request', undefined, {
    violations: [{ in: 'body', path: 'idTag', message, code: 'contradiction' }],
  });
}
