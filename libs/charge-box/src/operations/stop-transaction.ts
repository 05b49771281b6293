import type { CentralSystemRequest } from '@app/ocpp';
import type { Suspicion, TransactionStop } from '../events';
import type { MessageOrigin } from '../message';
import { orphanKey, stopKey, timelessOrphanId } from '../natural-keys';
import { answer, inbound, repeat } from '../outcome';
import { completeValues, lastRegisterIn, valuesOf } from '../readings';
import type { ChargeBoxState, EndedTransaction } from '../state';
import type { InterpretedTime } from '../times';
import { interpretTime, mayBeSame, tellsTime } from '../times';
import type { TransactionEnd } from '../transaction-end';
import { suspicionsOfEnd } from '../transaction-end';

/** A stop is always taken: it ends its transaction, repeats what is known, or is kept as an orphan. The tag does not matter for that. */
export const stopTransaction = inbound<'StopTransaction'>()({
  needs: ['authorization'],
  decide: ({ request, box, origin, facts }) => {
    const { transactionId, idTag } = request;
    const interpreted = interpretTime(request.timestamp, origin.at, box.settings.timeZone);
    const key = orphanKey(request, origin);
    // Its id outlives an erasure of the idTag, the key that is made of what the log shows does not.
    const orphan = box.orphans.findLast(
      (known) =>
        known.orphanId === key || (known.key === key && mayBeSame(interpreted.suspicions, known.receivedAt, origin.at)),
    );
    // It is billed where an operator put it, whatever has begun under its id since.
    if (orphan?.boundTo !== undefined) return repeat(firstAnswer(orphan));
    const verdict = idTag === undefined ? {} : { idTagInfo: facts.authorization };
    const running = box.open.find((transaction) => transaction.transactionId === transactionId);
    const ended = box.ended.findLast((transaction) => transaction.transactionId === transactionId);
    if (running === undefined && ended?.stopKey === stopKey(request, origin)) return repeat(firstAnswer(ended));

    const stop = { ...stopOf(request, box, interpreted, origin), ...verdict };
    if (running !== undefined) {
      const suspicions = [
        ...stop.suspicions,
        ...suspicionsOfEnd(endOf(stop), running, { box, maximumPower: facts.policy.maximumPower }),
      ];
      const { connectorId } = running;
      return answer(verdict, { type: 'TransactionStopped', data: { ...stop, connectorId, suspicions } });
    }
    if (orphan !== undefined) return repeat(firstAnswer(orphan));
    const reason: Suspicion = ended === undefined ? 'unknown-transaction' : 'transaction-over';
    return answer(verdict, {
      type: 'OrphanStopReceived',
      data: { ...stop, orphanId: orphanId(key, interpreted, origin), suspicions: [...stop.suspicions, reason] },
    });
  },
});

function orphanId(key: string, { suspicions }: InterpretedTime, { at }: MessageOrigin): string {
  return tellsTime(suspicions) ? key : timelessOrphanId(key, at);
}

function firstAnswer({ stopInfo }: Pick<EndedTransaction, 'stopInfo'>) {
  return stopInfo === undefined ? {} : { idTagInfo: stopInfo };
}

/** The stop as it is kept, with what is odd about it by itself. */
function stopOf(
  request: CentralSystemRequest<'StopTransaction'>,
  box: ChargeBoxState,
  { time, suspicions: ofTime }: InterpretedTime,
  { at, meterText }: MessageOrigin,
): TransactionStop {
  const { transactionId, idTag, meterStop } = request;
  const readings = completeValues(valuesOf(request.transactionData), at, box.settings.timeZone);
  const suspicions = new Set<Suspicion>([...ofTime, ...readings.suspicions]);
  if (meterStop === undefined) suspicions.add('meter-missing');
  return {
    transactionId,
    ...(idTag === undefined ? {} : { idTag }),
    timestamp: time,
    ...(meterStop === undefined ? {} : { meterStop }),
    ...(meterStop !== undefined || meterText === undefined ? {} : { meterText }),
    transactionData: readings.values,
    suspicions: [...suspicions],
    at,
  };
}

function endOf({ timestamp, meterStop, transactionData, at: receivedAt }: TransactionStop): TransactionEnd {
  return { at: timestamp.at, receivedAt, wattHours: meterStop ?? lastRegisterIn(transactionData)?.wattHours };
}
