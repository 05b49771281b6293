import type {
  Answering,
  AnsweringChange,
  ChargeBoxSettings,
  GivenAnswer,
  IdTagDetails,
  ListEntry,
  MessageOrigin,
  OperatorMessage,
  Preset,
  Registration,
  Task,
} from '@app/charge-box';
import type { Position, QuirkNote } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest, Violation } from '@app/ocpp';
import { Command, Query } from '@nestjs/cqrs';

/** A request that a charge box sent, understood. The only way in for charge boxes. */
export class AnswerChargeBox extends Command<AnsweredRequest> {
  constructor(
    readonly identity: string,
    readonly operation: CentralSystemOperation,
    readonly request: CentralSystemRequest,
    readonly origin: RequestOrigin,
  ) {
    super();
  }
}

/** A request of a charge box was refused before it was understood; its deviations count all the same. */
export class NoteQuirks extends Command<void> {
  constructor(
    readonly identity: string,
    readonly origin: RequestOrigin,
  ) {
    super();
  }
}

/** Where a request came from, as events keep it. */
export interface RequestOrigin extends MessageOrigin {
  readonly requestId: string;
  readonly messageId?: string;
  readonly quirks: readonly QuirkNote[];
  /** Called when the request has to wait for somebody; the signal aborts when the box hangs up. */
  readonly hangUp?: () => AbortSignal;
}

export interface AnsweredRequest {
  readonly answer: GivenAnswer;
  readonly repeated: boolean;
}

/** Who asks for something over the API, for the metadata of the events. */
export interface OperatorOrigin {
  readonly requestId: string;
  readonly remoteAddress?: string;
  /** `operator` when absent. */
  readonly actor?: string;
}

/** What came of a command of an operator. `position`: of the last event it led to, to read up to. */
export type Commanded =
  { readonly outcome: 'done'; readonly position?: Position } | { readonly outcome: 'refused'; readonly reason: string };

/** Something an operator tells a charge box aggregate: registration, settings, closing a transaction by hand. */
export class TellChargeBox extends Command<Commanded> {
  constructor(
    readonly identity: string,
    readonly message: OperatorMessage,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

/** What is wrong with an answer from outside, by path. */
export interface InvalidAnswer {
  readonly outcome: 'invalid';
  readonly violations: readonly Violation[];
}

/** The answer of somebody outside to a pending request: response fields in any order, letter case of literals aside, as the flow has them. */
export class AnswerRequest extends Command<Commanded | InvalidAnswer> {
  constructor(
    readonly identity: string,
    readonly msgId: string,
    readonly response: unknown,
    readonly origin: OperatorOrigin & { readonly responder?: string },
  ) {
    super();
  }
}

/** One responder takes a pending request for itself, for the length of the lease. */
export class ClaimRequest extends Command<Commanded> {
  constructor(
    readonly identity: string,
    readonly msgId: string,
    readonly responder: string,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

/** What a responder has for itself goes back: it vanished, or let its lease pass. */
export class ReleaseRequest extends Command<Commanded> {
  constructor(
    readonly identity: string,
    readonly msgId: string,
    readonly responder: string,
    readonly reason: 'disconnected' | 'lease-expired',
  ) {
    super();
  }
}

/** Puts other rules in force for all boxes that have none of their own. */
export class ChangeAnswering extends Command<Commanded> {
  constructor(
    readonly rules: Answering,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

/** Changes some of the rules for all boxes, whatever the others are by then. */
export class PatchAnswering extends Command<Commanded> {
  constructor(
    readonly change: AnsweringChange,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

/** The rules in force. */
export class FindAnswering extends Query<Answering> {}

/** Sends the operations that wait for a charge box, one after the other, as far as it can be reached. */
export class DispatchOperations extends Command<void> {
  constructor(
    readonly identity: string,
    /** The box has just shown itself. */
    readonly contact: boolean,
  ) {
    super();
  }
}

/** Does what fell due on a to-do list. Never rejects: what fails is reported and comes again. */
export class RunTask extends Command<void> {
  constructor(readonly due: DueTask) {
    super();
  }
}

/** The charge box shall have this local list, sent in parts of so many entries. */
export class WantLocalList extends Command<Commanded> {
  constructor(
    readonly identity: string,
    readonly entries: readonly ListEntry[],
    readonly chunk: number,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

/** A task whose time has come; published on the bus of events for the sagas to take up. */
export interface DueTask {
  readonly key: string;
  readonly identity: string;
  readonly task: Task;
}

export class SavePreset extends Command<Commanded> {
  constructor(
    readonly preset: Preset,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

export class RemovePreset extends Command<Commanded> {
  constructor(
    readonly name: string,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

/** Creates or replaces an idTag. `expected: 'new'` refuses when it exists already. */
export class SaveIdTag extends Command<Commanded> {
  constructor(
    readonly details: IdTagDetails,
    readonly origin: OperatorOrigin,
    readonly expected: 'new' | 'any' = 'any',
  ) {
    super();
  }
}

export class RemoveIdTag extends Command<Commanded> {
  constructor(
    readonly idTag: string,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

export type { ChargeBoxSettings, Registration };
