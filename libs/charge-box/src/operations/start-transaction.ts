import type { CentralSystemRequest } from '@app/ocpp';
import type { ChargeBoxEvent, Suspicion } from '../events';
import { startKey } from '../natural-keys';
import { answer, inbound, repeat } from '../outcome';
import { suspicionOf } from '../readings';
import type { ChargeBoxState, OpenTransaction } from '../state';
import { lastRegister } from '../state';
import type { InterpretedTime } from '../times';
import { believedAt, interpretTime, mayBeSame, tellsTime } from '../times';

/** A start always gets an id, for the energy may have flowed already; its idTagInfo carries the verdict. A repeated start gets the same id. */
export const startTransaction = inbound<'StartTransaction'>()({
  needs: ['authorization', 'newTransactionId'],
  decide: ({ request, box, origin, facts }) => {
    const interpreted = interpretTime(request.timestamp, origin.at, box.settings.timeZone);
    const known = sameStart(box, startKey(request, origin), interpreted, origin.at);
    if (known !== undefined) return repeat({ transactionId: known.transactionId, idTagInfo: known.idTagInfo });

    const { connectorId, idTag, meterStart, reservationId } = request;
    const { newTransactionId: transactionId, authorization: idTagInfo, policy } = facts;
    const { at } = origin;
    // One that was superseded before has been told of, and holds no connector.
    const supersedes = box.open
      .filter((other) => other.connectorId === connectorId && other.superseded !== true)
      .map((other) => other.transactionId);
    const started: ChargeBoxEvent = {
      type: 'TransactionStarted',
      data: {
        transactionId,
        connectorId,
        idTag,
        timestamp: interpreted.time,
        meterStart,
        meterText: meterStart === undefined ? origin.meterText : undefined,
        reservationId,
        idTagInfo,
        suspicions: suspicions({
          box,
          request,
          interpreted,
          at,
          isOccupied: supersedes.length > 0,
          accepted: idTagInfo.status === 'Accepted',
          power: policy.maximumPower,
        }),
        supersedes: supersedes.length === 0 ? undefined : supersedes,
        at,
      },
    };
    const usesReservation = reservationId !== undefined && reservationId > 0;
    const used: readonly ChargeBoxEvent[] = usesReservation
      ? [{ type: 'ReservationUsed', data: { reservationId, transactionId, at } }]
      : [];
    return answer({ transactionId, idTagInfo }, started, ...used);
  },
});

function sameStart(
  { open, ended }: ChargeBoxState,
  key: string,
  { suspicions: ofTime }: InterpretedTime,
  at: string,
): OpenTransaction | undefined {
  const running = open.findLast((transaction) => transaction.key === key);
  // A clock that does not run writes the same time at every start: then only a transaction that still runs can be the same.
  if (running !== undefined) return mayBeSame(ofTime, running.receivedAt, at) ? running : undefined;
  return tellsTime(ofTime) ? ended.findLast((transaction) => transaction.key === key) : undefined;
}

interface Start {
  readonly box: ChargeBoxState;
  readonly request: CentralSystemRequest<'StartTransaction'>;
  readonly interpreted: InterpretedTime;
  readonly at: string;
  readonly isOccupied: boolean;
  readonly accepted: boolean;
  readonly power: number;
}

function suspicions({
  box,
  request: { connectorId, meterStart },
  interpreted: { time, suspicions: ofTime },
  at,
  isOccupied,
  accepted,
  power,
}: Start): readonly Suspicion[] {
  const found: Suspicion[] = [...ofTime];
  if (!accepted) found.push('unaccepted-id-tag');
  if (isOccupied) found.push('connector-occupied');
  const meter =
    meterStart === undefined
      ? 'meter-missing'
      : suspicionOf(lastRegister(box, connectorId), { wattHours: meterStart, at: believedAt(time.at, at) }, power);
  return meter === undefined ? found : [...found, meter];
}
