import type { CentralSystemRequest } from '@app/ocpp';
import type { Suspicion, TransactionStop } from '../events';
import type { MessageOrigin } from '../message';
import { orphanIdOf, stopKey } from '../natural-keys';
import { answer, inbound, repeat } from '../outcome';
import { completeValues, lastRegisterIn, valuesOf } from '../readings';
import type { ChargeBoxState, EndedTransaction } from '../state';
import { interpretTime } from '../times';
import type { TransactionEnd } from '../transaction-end';
import { suspicionsOfEnd } from '../transaction-end';

/** A stop is always taken: it ends its transaction, repeats what is known, or is kept as an orphan. The tag does not matter for that. */
export const stopTransaction = inbound<'StopTransaction'>()({
  needs: ['authorization'],
  decide: ({ request, box, origin, facts }) => {
    const { transactionId, idTag } = request;
    const orphanId = orphanIdOf(request, origin);
    const orphan = box.orphans.find((known) => known.orphanId === orphanId);
    // It is billed where an operator put it, whatever has begun under its id since.
    if (orphan?.boundTo !== undefined) return repeat(firstAnswer(orphan));
    const verdict = idTag === undefined ? {} : { idTagInfo: facts.authorization };
    const running = box.open.find((transaction) => transaction.transactionId === transactionId);
    const ended = box.ended.findLast((transaction) => transaction.transactionId === transactionId);
    if (running === undefined && ended?.stopKey === stopKey(request, origin)) return repeat(firstAnswer(ended));

    const stop = { ...stopOf(request, box, origin), ...verdict };
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
      data: { ...stop, orphanId, suspicions: [...stop.suspicions, reason] },
    });
  },
});

function firstAnswer({ stopInfo }: Pick<EndedTransaction, 'stopInfo'>) {
  return stopInfo === undefined ? {} : { idTagInfo: stopInfo };
}

/** The stop as it is kept, with what is odd about it by itself. */
function stopOf(
  request: CentralSystemRequest<'StopTransaction'>,
  box: ChargeBoxState,
  { at, meterText }: MessageOrigin,
): TransactionStop {
  const { transactionId, idTag, meterStop } = request;
  const { time, suspicions: ofTime } = interpretTime(request.timestamp, at, box.settings.timeZone);
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
