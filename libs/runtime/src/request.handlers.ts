import type { DelegationMessage, PendingRequest } from '@app/charge-box';
import { completeResponse, startMark } from '@app/charge-box';
import type { Clock } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest, CentralSystemResponse, Violation } from '@app/ocpp';
import { normalise, ocpp15, validate } from '@app/ocpp';
import { Inject } from '@nestjs/common';
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { AnsweringRules } from './answering-rules';
import type { ChargeBoxActor } from './charge-box-actor';
import { ChargeBoxes } from './charge-boxes';
import type { Commanded, InvalidAnswer } from './commands';
import { AnswerRequest, ClaimRequest, ReleaseRequest } from './commands';
import { metadataOfOperator } from './metadata';
import { RuntimeContext } from './runtime-context';
import { CLOCK } from './tokens';

type Checked = { readonly response: CentralSystemResponse } | { readonly violations: readonly Violation[] };

@CommandHandler(AnswerRequest)
export class AnswerRequestHandler implements ICommandHandler<AnswerRequest> {
  constructor(
    private readonly boxes: ChargeBoxes,
    private readonly context: RuntimeContext,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  execute(answer: AnswerRequest): Promise<Commanded | InvalidAnswer> {
    return this.boxes.with(answer.identity, (box) => this.answer(answer, box));
  }

  private async answer(given: AnswerRequest, box: ChargeBoxActor): Promise<Commanded | InvalidAnswer> {
    const { msgId, response, origin } = given;
    const chosen = await this.claimChosenId(given, box);
    if (chosen !== undefined) return { outcome: 'invalid', violations: [chosen] };
    const at = new Date(this.clock.now()).toISOString();
    let violations: readonly Violation[] = [];
    const complete = (pending: PendingRequest | undefined, facts: { readonly newTransactionId: number }) => {
      const message = { kind: 'answer-request' as const, msgId, ...responderOf(origin), at };
      // A closed matter needs no valid answer to be told so.
      if (pending === undefined) return { ...message, response: {} };
      const checked = this.check(pending.operation, response, { at, newTransactionId: facts.newTransactionId });
      if ('response' in checked) return { ...message, response: checked.response };
      violations = checked.violations;
      return undefined;
    };
    const settled = await box.settle(msgId, complete, metadataOfOperator(origin, at));
    if (settled.decision === undefined) return { outcome: 'invalid', violations };
    if (settled.decision.outcome === 'refused') return { outcome: 'refused', reason: settled.decision.reason };
    return { outcome: 'done', position: settled.position };
  }

  /** An id that the responder chose must be nobody else's, in any of the transactions here. */
  private async claimChosenId({ msgId, response }: AnswerRequest, box: ChargeBoxActor): Promise<Violation | undefined> {
    const pending = await box.look(({ pending: all }) => all.find((request) => request.msgId === msgId));
    if (pending?.operation !== 'StartTransaction') return undefined;
    const checked = this.check(pending.operation, response, { at: new Date(0).toISOString(), newTransactionId: 0 });
    const chosen =
      'response' in checked && (checked.response as CentralSystemResponse<'StartTransaction'>).transactionId;
    if (!chosen) return undefined;
    const start = startMark(box.identity, pending.request as CentralSystemRequest<'StartTransaction'>, pending);
    const why = await this.context.ids.claim(chosen, { msgId, start });
    return why === undefined ? undefined : { path: '$.transactionId', code: 'range', message: `${chosen} ${why}.` };
  }

  private check(
    operation: CentralSystemOperation,
    response: unknown,
    given: { readonly at: string; readonly newTransactionId: number },
  ): Checked {
    const kind = ocpp15.centralSystem.operations[operation].response;
    const { heartbeatInterval } = this.context.settings.policy;
    const whole = normalise(
      kind,
      completeResponse(operation, normalise(kind, response), { ...given, heartbeatInterval }),
    );
    const violations = validate(kind, whole);
    return violations.length > 0 ? { violations } : { response: whole as CentralSystemResponse };
  }
}

@CommandHandler(ClaimRequest)
export class ClaimRequestHandler implements ICommandHandler<ClaimRequest> {
  constructor(
    private readonly boxes: ChargeBoxes,
    private readonly rules: AnsweringRules,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ identity, msgId, responder, origin }: ClaimRequest): Promise<Commanded> {
    const now = this.clock.now();
    const at = new Date(now).toISOString();
    const leaseUntil = new Date(now + this.rules.current.lease * 1_000).toISOString();
    const claim: DelegationMessage = { kind: 'claim-request', msgId, responder, leaseUntil, at };
    const settled = await this.boxes.with(identity, (box) =>
      box.settle(msgId, () => claim, metadataOfOperator(origin, at)),
    );
    if (settled.decision?.outcome === 'refused') return { outcome: 'refused', reason: settled.decision.reason };
    return { outcome: 'done', position: settled.position };
  }
}

@CommandHandler(ReleaseRequest)
export class ReleaseRequestHandler implements ICommandHandler<ReleaseRequest> {
  constructor(
    private readonly boxes: ChargeBoxes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ identity, msgId, responder, reason }: ReleaseRequest): Promise<Commanded> {
    const at = new Date(this.clock.now()).toISOString();
    const release: DelegationMessage = { kind: 'release-request', msgId, responder, reason, at };
    const metadata = metadataOfOperator({ requestId: `release:${msgId}`.slice(0, 200), actor: 'saga:offers' }, at);
    const { position } = await this.boxes.with(identity, (box) => box.settle(msgId, () => release, metadata));
    return { outcome: 'done', position };
  }
}

function responderOf({ responder }: { readonly responder?: string }): { readonly responder?: string } {
  return responder === undefined ? {} : { responder };
}
