import type { Answering } from '@app/charge-box';
import type { OfferedRequest } from '@app/runtime';
import { ClaimRequest, FindAnswering, ReleaseRequest } from '@app/runtime';
import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';

/** What the offers ask of the service: the rules in force, and who has which request. */
@Injectable()
export class RequestClaims {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  answering(): Promise<Answering> {
    return this.queries.execute(new FindAnswering());
  }

  async claim({ identity, msgId }: OfferedRequest, responder: string): Promise<boolean> {
    const origin = { requestId: `claim:${msgId}`.slice(0, 200), actor: 'saga:offers' };
    const { outcome } = await this.commands.execute(new ClaimRequest(identity, msgId, responder, origin));
    return outcome === 'done';
  }

  async release(
    { identity, msgId }: OfferedRequest,
    responder: string,
    reason: 'disconnected' | 'lease-expired',
  ): Promise<void> {
    await this.commands.execute(new ReleaseRequest(identity, msgId, responder, reason));
  }
}
