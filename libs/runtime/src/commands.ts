import type {
  ChargeBoxSettings,
  Decision,
  IdTagDetails,
  MessageOrigin,
  OperatorMessage,
  Registration,
} from '@app/charge-box';
import type { Position, QuirkNote } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';
import { Command } from '@nestjs/cqrs';

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

/** Where a request came from, as events keep it. */
export interface RequestOrigin extends MessageOrigin {
  readonly requestId: string;
  readonly messageId?: string;
  readonly quirks: readonly QuirkNote[];
}

export interface AnsweredRequest {
  readonly answer: Decision['answer'];
  readonly repeated: boolean;
}

/** Who asks for something over the API, for the metadata of the events. */
export interface OperatorOrigin {
  readonly requestId: string;
  readonly remoteAddress?: string;
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
