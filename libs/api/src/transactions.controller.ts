import type { OperatorMessage } from '@app/charge-box';
import { suspicionTable } from '@app/charge-box';
import type { Clock } from '@app/kernel';
import type { MeterValueFilter, Paging, TransactionFilter, TransactionRow } from '@app/read-models';
import { FindMeterValues, FindOrphan, FindOrphans, FindTransaction, FindTransactions } from '@app/read-models';
import { TellChargeBox } from '@app/runtime';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Changes, originOf } from './changes';
import { csvOf, wantsCsv } from './csv';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { Problem } from './problem';
import { API_CLOCK } from './tokens';
import {
  closeTransaction,
  dismissOrphan,
  listMeterValues,
  listOrphans,
  listTransactionMeterValues,
  listTransactions,
  meterValueTable,
  showTransaction,
  transactionTable,
} from './transactions.endpoints';

@Controller()
export class TransactionsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
    @Inject(API_CLOCK) private readonly clock: Clock,
  ) {}

  @Get('transactions')
  @Described(listTransactions)
  list(
    @Input(listTransactions) { query }: InputOf<typeof listTransactions>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { limit, cursor, format, ...rest } = query;
    const filter: TransactionFilter = rest;
    const page = (paging: Paging) => this.queries.execute(new FindTransactions(filter, paging));
    return wantsCsv(format, request, reply) ? csvOf(transactionTable, page) : page({ limit, cursor });
  }

  @Get('transactions/:id')
  @Described(showTransaction)
  async show(@Input(showTransaction) { path }: InputOf<typeof showTransaction>) {
    return explained(await this.known(path.id));
  }

  @Post('transactions/:id/close')
  @HttpCode(200)
  @Described(closeTransaction)
  async close(
    @Input(closeTransaction) { path: { id }, body }: InputOf<typeof closeTransaction>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { identity } = await this.known(id);
    const at = new Date(this.clock.now()).toISOString();
    const message: OperatorMessage = { kind: 'close-transaction', transactionId: id, ...body, at };
    return this.changes.make(new TellChargeBox(identity, message, originOf(request)), reply, async () => {
      const row = await this.queries.execute(new FindTransaction(id));
      return row && explained(row);
    });
  }

  @Get('transactions/:id/meter-values')
  @Described(listTransactionMeterValues)
  async readings(
    @Input(listTransactionMeterValues) { path: { id }, query }: InputOf<typeof listTransactionMeterValues>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.known(id);
    return this.meterValues({ ...query, transactionId: id }, request, reply);
  }

  @Get('meter-values')
  @Described(listMeterValues)
  allReadings(
    @Input(listMeterValues) { query }: InputOf<typeof listMeterValues>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.meterValues(query, request, reply);
  }

  @Get('orphans')
  @Described(listOrphans)
  orphans(@Input(listOrphans) { query }: InputOf<typeof listOrphans>) {
    const { limit, cursor, ...filter } = query;
    return this.queries.execute(new FindOrphans(filter, { limit, cursor }));
  }

  @Post('charge-boxes/:identity/orphans/:orphanId/dismiss')
  @HttpCode(200)
  @Described(dismissOrphan)
  dismiss(
    @Input(dismissOrphan) { path: { identity, orphanId }, body }: InputOf<typeof dismissOrphan>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const at = new Date(this.clock.now()).toISOString();
    const message: OperatorMessage = { kind: 'dismiss-orphan', orphanId, ...body, at };
    return this.changes.make(new TellChargeBox(identity, message, originOf(request)), reply, () =>
      this.queries.execute(new FindOrphan(identity, orphanId)),
    );
  }

  private meterValues(query: InputOf<typeof listMeterValues>['query'], request: FastifyRequest, reply: FastifyReply) {
    const { limit, cursor, format, ...rest } = query;
    const filter: MeterValueFilter = rest;
    const page = (paging: Paging) => this.queries.execute(new FindMeterValues(filter, paging));
    return wantsCsv(format, request, reply) ? csvOf(meterValueTable, page) : page({ limit, cursor });
  }

  private async known(id: number): Promise<TransactionRow> {
    const row = await this.queries.execute(new FindTransaction(id));
    if (row === undefined) throw new Problem('not-found', 'No transaction of this id is known.');
    return row;
  }
}

function explained(row: TransactionRow) {
  const explanations = row.suspicions.map((suspicion) => ({ suspicion, meaning: suspicionTable[suspicion] }));
  return { ...row, explanations };
}
