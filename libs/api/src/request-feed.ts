import type { Answering } from '@app/charge-box';
import type { CentralSystemOperation } from '@app/ocpp';
import { FindRequest } from '@app/read-models';
import { PendingRequests } from '@app/runtime';
import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { EventStream } from './event-stream';
import { RequestOffers } from './request-offers';

export interface FeedQuery {
  readonly responder?: string | undefined;
  readonly command?: readonly CentralSystemOperation[] | undefined;
  readonly identity?: readonly string[] | undefined;
  readonly offer?: Answering['offer'] | undefined;
}

/** The feed of requests that wait for somebody outside. */
@Injectable()
export class RequestFeed implements OnModuleDestroy {
  private readonly streams = new Set<EventStream>();

  constructor(
    private readonly pending: PendingRequests,
    private readonly offers: RequestOffers,
    private readonly queries: QueryBus,
  ) {}

  follow({ responder, command, identity, offer }: FeedQuery, request: FastifyRequest, reply: FastifyReply): void {
    const after = request.headers['last-event-id'];
    const stream = new EventStream(reply);
    this.streams.add(stream);
    const leave = this.offers.join({
      name: responder ?? `responder-${randomUUID()}`,
      wants: (offered) =>
        (command === undefined || command.includes(offered.operation)) &&
        (identity === undefined || identity.includes(offered.identity)),
      send: (event) => stream.send(event),
      ...(typeof after === 'string' ? { after } : {}),
      ...(offer === undefined ? {} : { offer }),
    });
    stream.whenEnded(() => {
      this.streams.delete(stream);
      leave();
    });
  }

  /** The charge box of a request, as fast as it can be known. */
  async identityOf(msgId: string): Promise<string | undefined> {
    return this.pending.find(msgId)?.identity ?? (await this.queries.execute(new FindRequest(msgId)))?.identity;
  }

  /** Feeds never end by themselves, and the server would wait for them. */
  onModuleDestroy(): void {
    for (const stream of this.streams) stream.end();
  }
}
