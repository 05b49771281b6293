import type { CentralSystemRequest } from '@app/ocpp';
import type { BootDetails, ChargeBoxEventOf, CompleteMeterValue, ReportedTime } from './events';
import { digest } from './digest';

// What makes two requests the same request. A MessageID does not: boxes reuse it. The time counts as the box wrote it.

const join = (...parts: readonly (string | number | undefined)[]): string => parts.map((part) => part ?? '').join('|');

/** Of a start: connector, idTag, time and meter. */
export function startKey(
  request: Pick<CentralSystemRequest<'StartTransaction'>, 'connectorId' | 'idTag' | 'timestamp' | 'meterStart'>,
): string {
  return join(request.connectorId, request.meterStart, request.timestamp, request.idTag.toLowerCase());
}

/** A start of one charge box, known again by whoever may not know its idTag. */
export function startMark(
  identity: string,
  {
    connectorId,
    meterStart,
    timestamp,
  }: Pick<CentralSystemRequest<'StartTransaction'>, 'connectorId' | 'timestamp' | 'meterStart'>,
): string {
  return digest(join(connectorId, meterStart, timestamp, identity));
}

/** Of a stop: time, meter and idTag, besides its transaction. */
export function stopKey(
  request: Pick<CentralSystemRequest<'StopTransaction'>, 'timestamp' | 'meterStop' | 'idTag'>,
): string {
  return join(request.meterStop, request.timestamp, request.idTag?.toLowerCase());
}

/** The time as the box wrote it, from an event; empty when it wrote none. */
export function writtenTime(time: ReportedTime): string {
  return time.text ?? time.at;
}

/** Of an orphaned stop; it is also its id. */
export function orphanIdOf(
  request: Pick<CentralSystemRequest<'StopTransaction'>, 'transactionId' | 'timestamp' | 'meterStop' | 'idTag'>,
): string {
  return digest(join(request.transactionId, stopKey(request)));
}

/** Of a message of meter values: everything in it. */
export function meterValuesKey(message: {
  readonly connectorId: number;
  readonly transactionId?: number;
  readonly values: readonly CompleteMeterValue[];
}): string {
  const readings = message.values.map(({ timestamp, value }) => [
    writtenTime(timestamp),
    ...value.map((reading) => [
      reading.value,
      reading.context,
      reading.format,
      reading.measurand,
      reading.location,
      reading.unit ?? '',
    ]),
  ]);
  return digest(JSON.stringify([message.connectorId, message.transactionId ?? null, readings]));
}

/** Of a boot: what the box says of itself. */
export function bootKey(boot: BootDetails): string {
  return digest(JSON.stringify(Object.entries(boot).sort(([one], [other]) => (one < other ? -1 : 1))));
}

/** Of a status report; without a time of its own a report repeats nothing. */
export function statusKey(
  report: Omit<ChargeBoxEventOf<'ConnectorStatusReported'>['data'], 'at' | 'timestamp'>,
  written: string,
): string {
  const { status, errorCode, info, vendorId, vendorErrorCode } = report;
  return written === '' ? '' : digest(JSON.stringify([status, errorCode, info, vendorId, vendorErrorCode, written]));
}
