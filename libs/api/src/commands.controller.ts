import type { Clock } from '@app/kernel';
import type { OperationFilter, Page, OperationRow, Paging } from '@app/read-models';
import { FindChargeBox, FindConfiguration, FindOperations, FindReservations } from '@app/read-models';
import { TellChargeBox } from '@app/runtime';
import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Changes, originOf } from './changes';
import type { AskedCommand } from './command-checks';
import { CommandScheduling } from './command-scheduling';
import {
  cancelCommand,
  listCommands,
  listCommandsOfBox,
  listConfiguration,
  listReservations,
  sendCommand,
  sendCommands,
  showCommand,
} from './commands.endpoints';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { flowOfOperation } from './flow-messages';
import { Problem } from './problem';
import { API_CLOCK } from './tokens';

@Controller()
export class CommandsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
    private readonly scheduling: CommandScheduling,
    @Inject(API_CLOCK) private readonly clock: Clock,
  ) {}

  @Post('charge-boxes/:identity/commands')
  @HttpCode(200)
  @Described(sendCommand)
  async send(
    @Input(sendCommand) { path: { identity }, body }: InputOf<typeof sendCommand>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.requireKnown(identity);
    const { wait = 0, payload, command, data, ...options } = body;
    const checked = await this.scheduling.check(given({ command, data }, payload), options);
    const waiting = { seconds: wait, origin: originOf(request) };
    const { row, callId, position } = await this.scheduling.scheduleAndWait(identity, checked, options, waiting);
    if (position !== undefined) void reply.header('x-position', position);
    void reply.header('location', `/api/commands/${callId}`);
    void reply.header('link', `</api/feeds/commands?id=${callId}>; rel="monitor"`);
    if (row?.settledAt === undefined) void reply.code(202);
    return row === undefined ? { callId, identity, operation: checked.operation } : flowOfOperation(row);
  }

  @Post('commands')
  @HttpCode(202)
  @Described(sendCommands)
  async sendMany(
    @Input(sendCommands) { body }: InputOf<typeof sendCommands>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { identities, filter, command, data, ...options } = body;
    const checked = await this.scheduling.check(given({ command, data }, undefined), options);
    const targets = identities ?? (await this.scheduling.matching(filter ?? {}));
    const distinct = [...new Set(targets)];
    const { position, ...batch } = await this.scheduling.scheduleAll(distinct, checked, options, originOf(request));
    await this.changes.seen(position, reply);
    void reply.header('location', `/api/commands?batchId=${batch.batchId}`);
    return batch;
  }

  @Get('commands')
  @Described(listCommands)
  list(@Input(listCommands) { query }: InputOf<typeof listCommands>) {
    const { limit, cursor, ...filter } = query;
    return this.page(filter, { limit, cursor });
  }

  @Get('charge-boxes/:identity/commands')
  @Described(listCommandsOfBox)
  async listOfBox(@Input(listCommandsOfBox) { path: { identity }, query }: InputOf<typeof listCommandsOfBox>) {
    await this.requireKnown(identity);
    const { limit, cursor, ...filter } = query;
    return this.page({ ...filter, identity }, { limit, cursor });
  }

  @Get('commands/:id')
  @Described(showCommand)
  async show(@Input(showCommand) { path }: InputOf<typeof showCommand>) {
    return flowOfOperation(await this.known(path.id));
  }

  @Delete('commands/:id')
  @Described(cancelCommand)
  async cancel(
    @Input(cancelCommand) { path, query }: InputOf<typeof cancelCommand>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { identity, callId } = await this.known(path.id);
    const at = new Date(this.clock.now()).toISOString();
    const reason = query.reason === undefined ? {} : { reason: query.reason };
    const message = { kind: 'cancel' as const, callId, by: 'operator' as const, ...reason, at };
    return this.changes.make(new TellChargeBox(identity, message, originOf(request)), reply, async () =>
      flowOfOperation(await this.known(callId)),
    );
  }

  @Get('reservations')
  @Described(listReservations)
  reservations(@Input(listReservations) { query }: InputOf<typeof listReservations>) {
    const { limit, cursor, ...filter } = query;
    return this.queries.execute(new FindReservations(filter, { limit, cursor }));
  }

  @Get('charge-boxes/:identity/configuration')
  @Described(listConfiguration)
  async configuration(@Input(listConfiguration) { path: { identity }, query }: InputOf<typeof listConfiguration>) {
    await this.requireKnown(identity);
    const { limit, cursor, search } = query;
    return this.queries.execute(new FindConfiguration({ identity, search }, { limit, cursor }));
  }

  private async page(filter: OperationFilter, paging: Paging) {
    const page: Page<OperationRow> = await this.queries.execute(new FindOperations(filter, paging));
    return { ...page, rows: page.rows.map(flowOfOperation) };
  }

  private async requireKnown(identity: string): Promise<void> {
    if ((await this.queries.execute(new FindChargeBox(identity))) !== undefined) return;
    // It may have shown itself a moment ago.
    await this.changes.caughtUp();
    const known = await this.queries.execute(new FindChargeBox(identity));
    if (known === undefined) throw new Problem('not-found', 'No charge box of this identity is known.');
  }

  private async known(callId: string): Promise<OperationRow> {
    const row = await this.scheduling.find(callId);
    if (row === undefined) throw new Problem('not-found', 'No such operation is known.');
    return row;
  }
}

/** What stands beside `payload` counts as well as what stands in it, and before it. */
function given(direct: AskedCommand, payload: AskedCommand | undefined): AskedCommand {
  const command = direct.command ?? payload?.command;
  const data = direct.data ?? payload?.data;
  return { ...(command === undefined ? {} : { command }), ...(data === undefined ? {} : { data }) };
}
