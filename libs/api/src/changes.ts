import type { Position } from '@app/kernel';
import { FindReadModelStatus } from '@app/read-models';
import type { Commanded, OperatorOrigin } from '@app/runtime';
import { Inject, Injectable } from '@nestjs/common';
import type { Command } from '@nestjs/cqrs';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { Problem } from './problem';

/** Longest that an answer waits for the read models, in milliseconds. */
const patience = 2000;

/** A change that is recorded and not shown yet. */
export interface Pending {
  readonly position?: Position;
}

export const originOf = (request: FastifyRequest): OperatorOrigin => ({
  requestId: request.id,
  remoteAddress: request.ip,
});

/** The changes that operators make. Each is answered when the read models show it, so that what is read next has it. */
@Injectable()
export class Changes {
  constructor(
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Makes a change and answers what `read` finds afterwards; 202 when the read models take too long. */
  async make<Shown>(
    command: Command<Commanded>,
    reply: FastifyReply,
    read: () => Promise<Shown | undefined>,
  ): Promise<Shown | Pending> {
    const outcome = await this.execute(command);
    if (outcome.outcome === 'refused') throw new Problem('refused', outcome.reason);
    const seen = await this.seen(outcome.position, reply);
    const shown = seen ? await read() : undefined;
    if (shown !== undefined) return shown;
    void reply.code(202);
    return { position: outcome.position };
  }

  execute<Result>(command: Command<Result>): Promise<Result> {
    return this.commands.execute(command);
  }

  /** Waits until the read models show all that has happened by now. */
  async caughtUp(): Promise<void> {
    const { head } = await this.queries.execute(new FindReadModelStatus());
    await this.options.waitFor?.(head, patience);
  }

  /** Waits until the read models show a position, and tells the position to the caller. */
  async seen(position: Position | undefined, reply: FastifyReply): Promise<boolean> {
    if (position === undefined) return true;
    void reply.header('x-position', position);
    return (await this.options.waitFor?.(position, patience)) ?? true;
  }
}
