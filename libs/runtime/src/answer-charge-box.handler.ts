import type { Decision, PendingRequest } from '@app/charge-box';
import { meterTextIn } from '@app/charge-box';
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { ChargeBoxes } from './charge-boxes';
import type { AnsweredRequest, Commanded, RequestOrigin } from './commands';
import { AnswerChargeBox, NoteQuirks, TellChargeBox } from './commands';
import { Liveness } from './liveness';
import { metadataOfOperator, metadataOfRequest } from './metadata';
import { RuntimeContext } from './runtime-context';

@CommandHandler(AnswerChargeBox)
export class AnswerChargeBoxHandler implements ICommandHandler<AnswerChargeBox> {
  constructor(
    private readonly boxes: ChargeBoxes,
    private readonly context: RuntimeContext,
    private readonly liveness: Liveness,
  ) {}

  async execute({ identity, operation, request, origin }: AnswerChargeBox): Promise<AnsweredRequest> {
    const meterText = meterTextIn(origin.quirks);
    const read = meterText === undefined ? origin : { ...origin, meterText };
    const message = { kind: 'request' as const, operation, request, origin: read };
    const { answer, repeated } = await this.boxes.with(identity, (box) =>
      box.answer(message, metadataOfRequest(origin)),
    );
    if (isServed(answer)) this.liveness.note(identity, Date.parse(origin.at), intervalIn(answer));
    if (!('waitsFor' in answer)) return { answer, repeated: repeated === true };
    return { answer: await this.waitFor(answer.waitsFor, identity, origin), repeated: repeated === true };
  }

  /** The answer from outside, or what the deadline makes of it. The mailbox of the box is free meanwhile. */
  private async waitFor(msgId: string, identity: string, origin: RequestOrigin): Promise<AnsweredRequest['answer']> {
    const { settlements } = this.context.conversation;
    const signal = origin.hangUp?.();
    const settlement = await settlements.wait(msgId, longestWait, signal);
    if (settlement?.answer !== undefined) return settlement.answer;
    // A repetition of the box may wait on another connection.
    if (signal?.aborted === true && !settlements.isAwaited(msgId)) await this.hungUp(msgId, identity, origin);
    return unanswered;
  }

  private async hungUp(msgId: string, identity: string, origin: RequestOrigin): Promise<void> {
    const at = new Date(this.context.clock.now()).toISOString();
    const message = { kind: 'interrupt-request' as const, msgId, reason: 'hung-up' as const, at };
    // Another instance may hold a repetition of it by now.
    const { run } = this.context.instance;
    const interrupt = (pending?: PendingRequest) => (pending?.heldBy === run ? message : undefined);
    await this.boxes.with(identity, (box) => box.settle(msgId, interrupt, metadataOfRequest({ ...origin, at })));
  }
}

@CommandHandler(NoteQuirks)
export class NoteQuirksHandler implements ICommandHandler<NoteQuirks> {
  constructor(private readonly boxes: ChargeBoxes) {}

  async execute({ identity, origin }: NoteQuirks): Promise<void> {
    await this.boxes.with(identity, (box) => box.note(metadataOfRequest(origin)));
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

type Answer = Decision['answer'];

/** Strangers are not waited for: they get a fault, or learn at their boot that they are rejected. */
function isServed(answer: Answer): boolean {
  if (!('response' in answer)) return !('fault' in answer);
  return !('heartbeatInterval' in answer.response) || answer.response.status === 'Accepted';
}

function intervalIn(answer: Answer): number | undefined {
  return 'response' in answer && 'heartbeatInterval' in answer.response ? answer.response.heartbeatInterval : undefined;
}

// The to-do lists answer at the deadline; this is for the day that they cannot.
const longestWait = 3_600_000;
const unanswered = {
  fault: 'InternalError',
  detail: 'The request was not answered in time. It may be sent again.',
} as const;
