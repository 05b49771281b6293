import type { CentralSystemOperation, CentralSystemRequest, CentralSystemResponse } from '@app/ocpp';
import type { ChargeBoxEvent } from './events';
import type { Decision, FactName, Facts, GivenAnswer, MessageOrigin } from './message';
import type { ChargeBoxState } from './state';

/** What an operation decides on, in one place. */
export interface Case<Name extends CentralSystemOperation, Needs extends FactName> {
  readonly request: CentralSystemRequest<Name>;
  readonly box: ChargeBoxState;
  readonly origin: MessageOrigin;
  readonly facts: Pick<Facts, Needs | 'policy'>;
}

/** A decision of the built-in rules: it never waits for anybody. */
export interface BuiltIn<Name extends CentralSystemOperation = CentralSystemOperation> extends Decision<Name> {
  readonly answer: GivenAnswer<Name>;
}

/** How one operation is decided: the facts it needs, and the decision. */
export interface Inbound<
  Name extends CentralSystemOperation = CentralSystemOperation,
  Needs extends FactName = FactName,
> {
  readonly needs: readonly Needs[];
  readonly decide: (given: Case<Name, Needs>) => BuiltIn<Name>;
}

/** Declares how an operation is decided; the decision sees the facts that it names, and no others. */
export const inbound =
  <Name extends CentralSystemOperation>() =>
  <const Needs extends FactName = never>(operation: Inbound<Name, Needs>): Inbound<Name, Needs> =>
    operation;

/** A response, with what is to be recorded. */
export function answer<Name extends CentralSystemOperation>(
  response: CentralSystemResponse<Name>,
  ...events: readonly ChargeBoxEvent[]
): BuiltIn<Name> {
  return { answer: { response }, events };
}

/** The response of the first time, and nothing to record. */
export function repeat<Name extends CentralSystemOperation>(response: CentralSystemResponse<Name>): BuiltIn<Name> {
  return { answer: { response }, events: [], repeated: true };
}
