import type {
  ChargeBoxEvent,
  ChargeBoxState,
  Decision,
  Facts,
  MessageOrigin,
  OperatorDecision,
  OperatorMessage,
} from '@app/charge-box';
import { decide, decideOperator, evolve, initialState } from '@app/charge-box';
import type { CentralSystemOperation, CentralSystemRequest, CentralSystemResponse, FaultName } from '@app/ocpp';

/** A moment for specs. */
export const noon = '2026-03-01T12:00:00.000Z';

/** The moment so many seconds after noon. */
export const secondsAfterNoon = (seconds: number): string => new Date(Date.parse(noon) + seconds * 1_000).toISOString();

/** Facts that let everything pass. */
export const usualFacts: Facts = {
  authorization: { status: 'Accepted' },
  newTransactionId: 7,
  policy: { registration: 'known', heartbeatInterval: 300, maximumPower: 400_000 },
  dataTransfer: { status: 'UnknownVendorId' },
};

/** An event that makes a box known and accepted. */
export const registered: ChargeBoxEvent = {
  type: 'RegistrationDecided',
  data: { registration: 'Accepted', by: 'operator', at: noon },
};

/** Freezes a value through and through, so that whoever changes it fails. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

/** The state after events, each sent through JSON as if it had been stored. */
export function stateAfter(events: readonly ChargeBoxEvent[], before: ChargeBoxState = initialState): ChargeBoxState {
  return events.reduce(
    (state, event) => frozen(evolve(frozen(state), frozen(JSON.parse(JSON.stringify(event)) as ChargeBoxEvent))),
    frozen(before),
  );
}

/** What is decided on something that an operator asks. */
export const decidedFor = (message: OperatorMessage, state: ChargeBoxState): OperatorDecision =>
  decideOperator(message, state, usualFacts.policy);

/** A charge box with a history: what it decides next is told to `when`. */
export function given(...events: readonly ChargeBoxEvent[]) {
  const state = stateAfter(events);
  return {
    state,
    when<Name extends CentralSystemOperation>(
      operation: Name,
      request: CentralSystemRequest<Name>,
      circumstances: Partial<MessageOrigin> & { readonly facts?: Partial<Facts> } = {},
    ) {
      const { facts, ...origin } = circumstances;
      const message = frozen({ kind: 'request' as const, operation, request, origin: { at: noon, ...origin } });
      const known = frozen({ ...usualFacts, ...facts });
      const decision = frozen(decide(message, state, known));
      return outcome(decision, () => decide(message, stateAfter(decision.events, state), known));
    },
  };
}

function outcome<Name extends CentralSystemOperation>(decision: Decision<Name>, again: () => Decision<Name>) {
  const checks = {
    decision,
    /** The whole response. */
    thenAnswers(response: CentralSystemResponse<Name>) {
      expect(decision.answer).toEqual({ response });
      return checks;
    },
    thenFaults(fault: FaultName) {
      expect(decision.answer).toMatchObject({ fault });
      return checks;
    },
    /** All events, in order; members that are left out are not compared. */
    thenRecords(...events: readonly { readonly type: ChargeBoxEvent['type']; readonly data?: object }[]) {
      expect(decision.events).toHaveLength(events.length);
      expect(decision.events).toMatchObject(events);
      return checks;
    },
    /** The same request once more gets the same answer and leaves no trace. */
    thenAgainRecordsNothing() {
      const repeated = again();
      expect(repeated.events).toEqual([]);
      expect(repeated.answer).toEqual(decision.answer);
      expect(repeated.repeated).toBe(true);
      return checks;
    },
  };
  return checks;
}
