import type { EventMetadata } from '@app/kernel';
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { ChargeBoxes } from './charge-boxes';
import type { AnsweredRequest, RequestOrigin } from './commands';
import { AnswerChargeBox, TellChargeBox } from './commands';
import type { Commanded, OperatorOrigin } from './commands';

@CommandHandler(AnswerChargeBox)
export class AnswerChargeBoxHandler implements ICommandHandler<AnswerChargeBox> {
  constructor(private readonly boxes: ChargeBoxes) {}

  async execute({ identity, operation, request, origin }: AnswerChargeBox): Promise<AnsweredRequest> {
    const message = { kind: 'request' as const, operation, request, origin };
    const decision = await this.boxes.with(identity, (box) => box.answer(message, metadataOfRequest(origin)));
    return { answer: decision.answer, repeated: decision.repeated === true };
  }
}

@CommandHandler(TellChargeBox)
export class TellChargeBoxHandler implements ICommandHandler<TellChargeBox> {
  constructor(private readonly boxes: ChargeBoxes) {}

  async execute({ identity, message, origin }: TellChargeBox): Promise<Commanded> {
    const told = await this.boxes.with(identity, (box) => box.tell(message, metadataOfOperator(origin, message.at)));
    if (told.decision.outcome === 'refused') return told.decision;
    return { outcome: 'done', position: told.position };
  }
}

/** Metadata of what an operator caused. */
export function metadataOfOperator(origin: OperatorOrigin, at: string): Omit<EventMetadata, 'schema'> {
  return {
    correlationId: origin.requestId,
    causationId: origin.requestId,
    actor: 'operator',
    receivedAt: at,
    ...(origin.remoteAddress === undefined ? {} : { remoteAddress: origin.remoteAddress }),
  };
}

function metadataOfRequest(origin: RequestOrigin): Omit<EventMetadata, 'schema'> {
  return {
    correlationId: origin.requestId,
    causationId: origin.requestId,
    actor: 'charge-box',
    receivedAt: origin.at,
    ...(origin.remoteAddress === undefined ? {} : { remoteAddress: origin.remoteAddress }),
    ...(origin.messageId === undefined ? {} : { messageId: origin.messageId }),
    ...(origin.quirks.length === 0 ? {} : { quirks: origin.quirks }),
  };
}
