import type { Suspicion } from '../events';
import { meterValuesKey } from '../natural-keys';
import { answer, inbound, repeat } from '../outcome';
import type { LocatedRegister, MeterLocation, Register } from '../readings';
import { believed, completeValues, registersOf, suspicionOf } from '../readings';
import type { ChargeBoxState, TelemetryMemory } from '../state';
import { lastRegister } from '../state';
import { mayBeSame } from '../times';

/** Meter values are always kept, also for a transaction that nobody knows; the same message twice is kept once. */
export const meterValues = inbound<'MeterValues'>()({
  needs: [],
  decide: ({ request, box, origin, facts }) => {
    const { connectorId, transactionId } = request;
    const { values, suspicions } = completeValues(request.values ?? [], origin.at, box.settings.timeZone);
    const message = { connectorId, ...(transactionId === undefined ? {} : { transactionId }), values };
    const key = meterValuesKey(message);
    const isSame = (known: TelemetryMemory) => known.key === key && mayBeSame(suspicions, known.receivedAt, origin.at);
    if (box.telemetry.some(isSame)) return repeat({});

    const found = new Set<Suspicion>(suspicions);
    const membership = transactionId === undefined ? undefined : suspicionOfTransaction(box, transactionId);
    if (membership !== undefined) found.add(membership);
    const known = (location: MeterLocation) => lastRegister(box, connectorId, location);
    for (const suspicion of followUp(known, believed(registersOf(values), origin.at), facts.policy.maximumPower))
      found.add(suspicion);
    return answer({}, { type: 'MeterValuesReported', data: { ...message, suspicions: [...found], at: origin.at } });
  },
});

function suspicionOfTransaction({ open, ended }: ChargeBoxState, transactionId: number): Suspicion | undefined {
  if (open.some((transaction) => transaction.transactionId === transactionId)) return undefined;
  return ended.some((transaction) => transaction.transactionId === transactionId)
    ? 'transaction-over'
    : 'unknown-transaction';
}

/** What is odd about registers that follow each other at one location, the first of them a known one. */
function followUp(
  known: (location: MeterLocation) => Register | undefined,
  registers: readonly LocatedRegister[],
  maximumPower: number,
): readonly Suspicion[] {
  const before = new Map<MeterLocation, Register>();
  return registers.flatMap((register) => {
    const { location } = register;
    const suspicion = suspicionOf(before.get(location) ?? known(location), register, maximumPower);
    before.set(location, register);
    return suspicion === undefined ? [] : [suspicion];
  });
}
