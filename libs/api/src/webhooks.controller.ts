import { readCursor, writeCursor } from '@app/read-models';
import type { WebhookOutcome } from '@app/webhooks';
import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { originOf } from './changes';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import type { ApiOptions, WebhookSource } from './options';
import { API_OPTIONS } from './options';
import { Problem } from './problem';
import {
  changeWebhook,
  createWebhook,
  listDeadLetters,
  listWebhooks,
  removeWebhook,
  replayWebhook,
  retryDeadLetter,
  retryDeadLetters,
  showWebhook,
} from './webhooks.endpoints';

@Controller('webhooks')
export class WebhooksController {
  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  @Get()
  @Described(listWebhooks)
  async list() {
    return { rows: await this.webhooks.list() };
  }

  @Get(':id')
  @Described(showWebhook)
  async show(@Input(showWebhook) { path }: InputOf<typeof showWebhook>) {
    const row = await this.webhooks.find(path.id);
    if (row === undefined) throw unknown();
    return row;
  }

  @Post()
  @Described(createWebhook)
  async create(
    @Input(createWebhook) { body }: InputOf<typeof createWebhook>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return done(await this.webhooks.create(body, originOf(request)), reply);
  }

  @Patch(':id')
  @Described(changeWebhook)
  async change(
    @Input(changeWebhook) { path, body }: InputOf<typeof changeWebhook>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return done(await this.webhooks.change(path.id, body, originOf(request)), reply);
  }

  @Delete(':id')
  @HttpCode(204)
  @Described(removeWebhook)
  async remove(
    @Input(removeWebhook) { path }: InputOf<typeof removeWebhook>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    done(await this.webhooks.remove(path.id, originOf(request)), reply);
  }

  @Post(':id/replay')
  @HttpCode(202)
  @Described(replayWebhook)
  async replay(
    @Input(replayWebhook) { path, body }: InputOf<typeof replayWebhook>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return recorded(await this.webhooks.replay(path.id, body.from, originOf(request)), reply);
  }

  @Get(':id/dead-letters')
  @Described(listDeadLetters)
  async deadLetters(@Input(listDeadLetters) { path, query }: InputOf<typeof listDeadLetters>) {
    const { limit, cursor } = query;
    const all = await this.webhooks.deadLetters(path.id);
    if (all === undefined) throw unknown();
    const last = cursor === undefined ? undefined : readCursor('dead-letters', path, cursor, 1)[0];
    const from = last === undefined ? 0 : all.findIndex(({ deliveryId }) => deliveryId === last) + 1;
    const rows = all.slice(from, from + limit);
    const end = rows.at(-1);
    if (end === undefined || from + limit >= all.length) return { rows };
    return { rows, next: writeCursor('dead-letters', path, [end.deliveryId]) };
  }

  @Post(':id/dead-letters/retry')
  @HttpCode(202)
  @Described(retryDeadLetters)
  async retryAll(
    @Input(retryDeadLetters) { path }: InputOf<typeof retryDeadLetters>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return recorded(await this.webhooks.retry(path.id, undefined, originOf(request)), reply);
  }

  @Post(':id/dead-letters/:deliveryId/retry')
  @HttpCode(202)
  @Described(retryDeadLetter)
  async retry(
    @Input(retryDeadLetter) { path }: InputOf<typeof retryDeadLetter>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return recorded(await this.webhooks.retry(path.id, path.deliveryId, originOf(request)), reply);
  }

  private get webhooks(): WebhookSource {
    const { webhooks } = this.options;
    if (webhooks === undefined) throw new Problem('unavailable', 'This service has no webhooks.');
    return webhooks;
  }
}

const unknown = () => new Problem('not-found', 'No such webhook, or dead letter of it, is known.');

function done<Done extends object>(outcome: WebhookOutcome<Done>, reply: FastifyReply): Omit<Done, 'outcome'> {
  switch (outcome.outcome) {
    case 'done': {
      const { outcome: _outcome, position, ...shown } = outcome;
      void reply.header('x-position', position);
      return shown as unknown as Done;
    }
    case 'unknown':
      throw unknown();
    case 'refused':
      throw new Problem('refused', outcome.reason);
    case 'invalid': {
      const { path, message } = outcome;
      throw new Problem('invalid-request', undefined, { violations: [{ in: 'body', path, code: 'refused', message }] });
    }
  }
}

function recorded(outcome: WebhookOutcome<object>, reply: FastifyReply) {
  done(outcome, reply);
  return outcome.outcome === 'done' ? { position: outcome.position } : {};
}
