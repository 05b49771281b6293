import type { ChargeBoxEvent, ChargeBoxState, OperatorDecision, OperatorMessage, Recall } from '@app/charge-box';
import { decideOperator, recallFor, stateStream, upcast, withRecalled } from '@app/charge-box';
import type { EventStore } from '@app/kernel';
import type { LoadedChargeBox } from './charge-box-history';
import type { RuntimeContext } from './runtime-context';

const page = 1_000;

/** What an operator asks is decided on what happened, however long ago: where the state may have forgotten, the stream is read. */
export async function decideRemembering(
  message: OperatorMessage,
  box: LoadedChargeBox,
  identity: string,
  { store, settings }: Pick<RuntimeContext, 'store' | 'settings'>,
): Promise<OperatorDecision> {
  const recall = recallFor(message, box.state);
  const state = recall === undefined ? box.state : await recalled(recall, box, stateStream(identity), store);
  return decideOperator(message, state, settings.policy);
}

async function recalled(
  { types, concerns }: Recall,
  { state, stateRevision }: LoadedChargeBox,
  stream: string,
  store: EventStore,
): Promise<ChargeBoxState> {
  const found: ChargeBoxEvent[] = [];
  for (let from = 0; from <= stateRevision;) {
    const { events } = await store.readStream(stream, { from, limit: page });
    if (events.length === 0) break;
    // What came later than the state is decided about again, after the conflict that it makes.
    const told = events.filter(({ type, revision }) => types.has(type) && revision <= stateRevision);
    found.push(...told.map((event) => upcast(event)).filter(concerns));
    from = (events.at(-1)?.revision ?? stateRevision) + 1;
  }
  return withRecalled(state, found);
}
