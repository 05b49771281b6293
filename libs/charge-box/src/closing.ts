import type { TransactionClosing } from './events';
import type { OperatorDecision, OperatorMessage, Policy } from './message';
import type { ChargeBoxState, OpenTransaction, Orphan } from './state';
import { suspicionsOfEnd } from './transaction-end';

type Message<Kind extends OperatorMessage['kind']> = Extract<OperatorMessage, { kind: Kind }>;

const refused = (reason: string): OperatorDecision => ({ outcome: 'refused', reason });
const nothing: OperatorDecision = { outcome: 'done', events: [] };
const noSuchOrphan = refused('There is no such orphaned stop of this charge box.');

/** An open transaction is ended; one that has ended gets the figures of an orphaned stop in place of its own. */
export function closeTransaction(
  message: Message<'close-transaction'>,
  box: ChargeBoxState,
  { maximumPower }: Pick<Policy, 'maximumPower'>,
): OperatorDecision {
  const { transactionId, orphanId } = message;
  const isIt = (candidate: { readonly transactionId: number }) => candidate.transactionId === transactionId;
  const open = box.open.find(isIt);
  const transaction = open ?? box.ended.findLast(isIt);
  if (transaction === undefined) return refused('This charge box has not started a transaction of this id.');
  const orphan = box.orphans.find((candidate) => candidate.orphanId === orphanId);
  const decided = orphanId === undefined ? withoutOrphan(open) : withOrphan(orphan, transactionId);
  if (decided !== undefined) return decided;

  const closing = closingWith(message, orphan);
  const { stoppedAt: at, meterStop, lastRegister } = closing;
  const against = { box, maximumPower, again: open === undefined };
  const odd = suspicionsOfEnd({ at, wattHours: meterStop ?? lastRegister }, transaction, against);
  const suspicions = [...new Set([...closing.suspicions, ...odd])];
  const data = { ...closing, connectorId: transaction.connectorId, suspicions };
  return orphanId === undefined || open !== undefined
    ? { outcome: 'done', events: [{ type: 'TransactionClosed', data }] }
    : { outcome: 'done', events: [{ type: 'TransactionCorrected', data: { ...data, orphanId } }] };
}

function withoutOrphan(open: OpenTransaction | undefined): OperatorDecision | undefined {
  return open === undefined
    ? refused('The transaction has ended. Only an orphaned stop (orphanId) can correct it.')
    : undefined;
}

function withOrphan(orphan: Orphan | undefined, transactionId: number): OperatorDecision | undefined {
  if (orphan === undefined) return noSuchOrphan;
  return orphan.boundTo === transactionId ? nothing : boundElsewhere(orphan);
}

function boundElsewhere({ boundTo }: Orphan): OperatorDecision | undefined {
  return boundTo === undefined ? undefined : refused(`The orphaned stop is bound to transaction ${boundTo} already.`);
}

/** The figures of the operator stand before those of the stop. */
function closingWith(
  { transactionId, orphanId, reason, at, ...own }: Message<'close-transaction'>,
  orphan: Partial<Orphan> = {},
): Omit<TransactionClosing, 'connectorId'> {
  const meterStop = own.meterStop ?? orphan.meterStop;
  const ofStop = orphan.suspicions?.filter((suspicion) => suspicion !== 'meter-missing') ?? [];
  return {
    transactionId,
    ...figureOf(meterStop, orphan.lastRegister),
    stoppedAt: own.stoppedAt ?? orphan.stoppedAt ?? at,
    ...(orphanId === undefined ? {} : { orphanId }),
    suspicions: [...ofStop, ...(meterStop === undefined ? (['meter-missing'] as const) : [])],
    reason,
    at,
  };
}

function figureOf(meterStop: number | undefined, lastRegister: number | undefined) {
  if (meterStop !== undefined) return { meterStop };
  return lastRegister === undefined ? {} : { lastRegister };
}

/** An orphaned stop that belongs to no transaction is settled; should one turn up, it can still be bound. */
export function dismissOrphan(
  { orphanId, reason, at }: Message<'dismiss-orphan'>,
  box: ChargeBoxState,
): OperatorDecision {
  const orphan = box.orphans.find((candidate) => candidate.orphanId === orphanId);
  if (orphan === undefined) return noSuchOrphan;
  const elsewhere = boundElsewhere(orphan);
  if (elsewhere !== undefined) return elsewhere;
  if (orphan.dismissed === true) return nothing;
  const { transactionId } = orphan;
  return { outcome: 'done', events: [{ type: 'OrphanDismissed', data: { orphanId, transactionId, reason, at } }] };
}
