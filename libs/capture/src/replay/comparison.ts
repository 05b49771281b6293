import { differencesBetween } from '@app/kernel';
import type { CentralSystemOperation } from '@app/ocpp';
import { ocpp15 } from '@app/ocpp';
import { createResponseReader } from '@app/soap';

/** An answer as far as two of them can be compared. */
export interface ComparableAnswer {
  readonly status: number;
  /** What it says, with what is new in each answer put as what it is. */
  readonly says: unknown;
  /** Id that a start was given. */
  readonly transactionId?: number;
}

const read = createResponseReader({ version: ocpp15, side: 'centralSystem' });
const isOperation = (name: string | undefined): name is CentralSystemOperation =>
  name !== undefined && Object.hasOwn(ocpp15.centralSystem.operations, name);

/** Reads the answer to an operation. `masked`: idTags are pseudonyms, of which another side knows nothing. */
export function comparable(
  answer: { readonly text: string; readonly status: number },
  operation: string | undefined,
  masked: boolean,
): ComparableAnswer {
  const { status } = answer;
  // A request that was not understood has no operation; it is answered by a fault, which is read alike for all.
  const message = read(answer.text, { operation: isOperation(operation) ? operation : 'Heartbeat' });
  if (message.kind === 'unreadable') return { status, says: { unreadable: message.reason } };
  if (message.kind === 'fault') return { status, says: { fault: message.fault ?? message.subcode ?? message.code } };
  const { transactionId } = message.response as { readonly transactionId?: number };
  const says = withoutWhatIsNew(message.response, masked);
  return { status, says, ...(transactionId === undefined ? {} : { transactionId }) };
}

function withoutWhatIsNew(value: unknown, masked: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      shapeOf(name, inner, masked) ?? withoutWhatIsNew(inner, masked),
    ]),
  );
}

function shapeOf(name: string, value: unknown, masked: boolean): string | undefined {
  if (name === 'currentTime' && typeof value === 'string') return 'a time';
  if (name === 'transactionId' && typeof value === 'number') return value > 0 ? 'an id' : 'no id';
  return name === 'parentIdTag' && masked ? 'an idTag' : undefined;
}

/** What is different, a sentence each; none where both say the same. */
export function differencesOf(recorded: ComparableAnswer, now: ComparableAnswer): readonly string[] {
  const status = recorded.status === now.status ? [] : [`status: ${recorded.status}, now ${now.status}`];
  return [...status, ...differencesBetween(recorded.says, now.says)];
}
