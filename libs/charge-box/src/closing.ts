import type { Suspicion, TransactionClosing } from './events';
import type { OperatorDecision, OperatorMessage, Policy } from './message';
import type { ChargeBoxState, Orphan } from './state';
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
  const orphan = box.orphans.find((candidate) => candidate.orphanId === orphanId);
  if (transaction === undefined) return refused('This charge box has not started a transaction of this id.');
  if (orphanId !== undefined && orphan === undefined) return noSuchOrphan;
  if (orphan?.boundTo !== undefined)
    return orphan.boundTo === transactionId ? nothing : refused(boundAlready(orphan.boundTo));
  if (open === undefined && orphanId === undefined)
    return refused('The transaction has ended. Only an orphaned stop (orphanId) can correct it.');

  const closing = closingWith(message, orphan);
  const { stoppedAt: at, meterStop: wattHours = closing.lastRegister } = closing;
  const again = open === undefined;
  const odd = suspicionsOfEnd({ at, wattHours }, transaction, { box, maximumPower, again });
  const suspicions = [...new Set([...closing.suspicions, ...odd])];
  const data = { ...closing, connectorId: transaction.connectorId, suspicions };
  return orphanId === undefined || open !== undefined
    ? { outcome: 'done', events: [{ type: 'TransactionClosed', data }] }
    : { outcome: 'done', events: [{ type: 'TransactionCorrected', data: { ...data, orphanId } }] };
}

const boundAlready = (transactionId: number) => `The orphaned stop is bound to transaction ${transactionId} already.`;

/** The figures of the operator stand before those of the stop. */
function closingWith(
  { kind: _kind, ...message }: Message<'close-transaction'>,
  orphan: Orphan | undefined,
): Omit<TransactionClosing, 'connectorId'> {
  const meterStop = message.meterStop ?? orphan?.meterStop;
  const { lastRegister } = orphan ?? {};
  const ofStop = (orphan?.suspicions ?? []).filter((suspicion) => suspicion !== 'meter-missing');
  const missing: readonly Suspicion[] = meterStop === undefined ? ['meter-missing'] : [];
  return {
    transactionId: message.transactionId,
    ...(meterStop === undefined ? {} : { meterStop }),
    ...(meterStop === undefined && lastRegister !== undefined ? { lastRegister } : {}),
    stoppedAt: message.stoppedAt ?? orphan?.stoppedAt ?? message.at,
    ...(message.orphanId === undefined ? {} : { orphanId: message.orphanId }),
    suspicions: [...ofStop, ...missing],
    reason: message.reason,
    at: message.at,
  };
}

/** An orphaned stop that belongs to no transaction is settled; should one turn up, it can still be bound. */
export function dismissOrphan(
  { orphanId, reason, at }: Message<'dismiss-orphan'>,
  box: ChargeBoxState,
): OperatorDecision {
  const orphan = box.orphans.find((candidate) => candidate.orphanId === orphanId);
  if (orphan === undefined) return noSuchOrphan;
  if (orphan.boundTo !== undefined) return refused(boundAlready(orphan.boundTo));
  if (orphan.dismissed === true) return nothing;
  const { transactionId } = orphan;
  return { outcome: 'done', events: [{ type: 'OrphanDismissed', data: { orphanId, transactionId, reason, at } }] };
}
