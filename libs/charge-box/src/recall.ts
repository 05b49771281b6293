import type { ChargeBoxEvent } from './events';
import { evolve } from './evolve';
import type { OperatorMessage } from './message';
import type { ChargeBoxState } from './state';
import { initialState, limits } from './state';

/** Which events tell what a decision has to know and the state may have let go; the whole stream of the box is to be asked for them. */
export interface Recall {
  readonly types: ReadonlySet<string>;
  readonly concerns: (event: ChargeBoxEvent) => boolean;
}

/** What begins, ends or settles transactions and orphaned stops. */
export const transactionEvents: ReadonlySet<string> = new Set<ChargeBoxEvent['type']>([
  'TransactionStarted',
  'TransactionStopped',
  'TransactionClosed',
  'TransactionCorrected',
  'OrphanStopReceived',
  'OrphanDismissed',
]);

/** `undefined` when the state has everything, which is nearly always. */
export function recallFor(message: OperatorMessage, box: ChargeBoxState): Recall | undefined {
  if (message.kind === 'dismiss-orphan')
    return mayHaveForgottenOrphan(message.orphanId, box) ? recallOf({ orphanId: message.orphanId }) : undefined;
  if (message.kind !== 'close-transaction') return undefined;
  const { transactionId, orphanId } = message;
  const isKnown = [...box.open, ...box.ended].some((known) => known.transactionId === transactionId);
  return isKnown && !mayHaveForgottenOrphan(orphanId, box) ? undefined : recallOf({ transactionId, orphanId });
}

// Of an orphan that came again after it was forgotten, the state knows too little: that it had been bound.
function mayHaveForgottenOrphan(orphanId: string | undefined, { orphans }: ChargeBoxState): boolean {
  if (orphanId === undefined) return false;
  return orphans.length >= limits.orphans || !orphans.some((orphan) => orphan.orphanId === orphanId);
}

interface Subject {
  readonly transactionId?: number;
  readonly orphanId?: string;
}

function recallOf({ transactionId, orphanId }: Subject): Recall {
  return {
    types: transactionEvents,
    concerns: ({ data }) => {
      const { supersedes, ...subject } = data as Subject & { readonly supersedes?: readonly number[] };
      if (orphanId !== undefined && subject.orphanId === orphanId) return true;
      if (transactionId === undefined) return false;
      return subject.transactionId === transactionId || supersedes?.includes(transactionId) === true;
    },
  };
}

/** The state with what these events tell of transactions and orphaned stops, in place of what it remembers of them. */
export function withRecalled(box: ChargeBoxState, events: readonly ChargeBoxEvent[]): ChargeBoxState {
  const { open, ended, orphans } = events.reduce(evolve, initialState);
  return { ...box, open, ended, orphans };
}
