import type { QuirkNote } from '@app/kernel';
import type { CentralSystemRequest } from '@app/ocpp';
import type { BootDetails, ChargeBoxEventOf, CompleteMeterValue, ReportedTime } from './events';
import { digest } from './digest';

// What makes two requests the same request. A MessageID does not: boxes reuse it. The time counts as the box wrote it.

const join = (...parts: readonly (string | number | undefined)[]): string => parts.map((part) => part ?? '').join('|');

/** What stood in the place of a meter reading; keys of what can be read, and of what is not there, do without. */
interface Unread {
  readonly meterText?: string;
}

const meterOf = (reading: number | undefined, { meterText }: Unread): number | string | undefined =>
  reading ?? (meterText === undefined ? undefined : `?${digest(meterText)}`);

/** Of a start: connector, idTag, time and meter. */
export function startKey(
  request: Pick<CentralSystemRequest<'StartTransaction'>, 'connectorId' | 'idTag' | 'timestamp' | 'meterStart'>,
  unread: Unread,
): string {
  const meter = meterOf(request.meterStart, unread);
  return join(request.connectorId, meter, request.timestamp, request.idTag.toLowerCase());
}

/** A start of one charge box, known again by whoever may not know its idTag. */
export function startMark(
  identity: string,
  {
    connectorId,
    meterStart,
    timestamp,
  }: Pick<CentralSystemRequest<'StartTransaction'>, 'connectorId' | 'timestamp' | 'meterStart'>,
  unread: Unread = {},
): string {
  return digest(join(connectorId, meterOf(meterStart, unread), timestamp, identity));
}

/** Of a stop: time, meter and idTag, besides its transaction. */
export function stopKey(
  request: Pick<CentralSystemRequest<'StopTransaction'>, 'timestamp' | 'meterStop' | 'idTag'>,
  unread: Unread,
): string {
  return join(meterOf(request.meterStop, unread), request.timestamp, request.idTag?.toLowerCase());
}

/** The time as the box wrote it, from an event; empty when it wrote none. */
export function writtenTime(time: ReportedTime): string {
  return time.text ?? time.at;
}

/** Of an orphaned stop; it is also its id where its time says something. */
export function orphanKey(
  request: Pick<CentralSystemRequest<'StopTransaction'>, 'transactionId' | 'timestamp' | 'meterStop' | 'idTag'>,
  unread: Unread,
): string {
  return digest(join(request.transactionId, stopKey(request, unread)));
}

/** What stood in the place of a meter reading that cannot be read, among the deviations of a request. */
export function meterTextIn(quirks: readonly QuirkNote[]): string | undefined {
  return quirks.find(({ name, path = '' }) => name === 'unreadable-field' && /\/meterSt(art|op)$/.test(path))?.text;
}

/** The id of an orphaned stop whose time says nothing, so that others have the same key. */
export function timelessOrphanId(key: string, receivedAt: string): string {
  return digest(join(key, receivedAt));
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
