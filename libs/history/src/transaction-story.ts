import type { ChargeBoxEvent, ChargeBoxEventOf, EnergySource, KnownEnergy, Suspicion } from '@app/charge-box';
import { energyAfter, identityOfStream, upcast } from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';
import type { ReadableLog } from './box-streams';
import { eventsOfBox } from './box-streams';
import { scan } from './scan';
import { mentions } from './selection';

type Data<Type extends ChargeBoxEvent['type']> = ChargeBoxEventOf<Type>['data'];

/** A transaction as its box and everybody else told it. */
export interface TransactionStory {
  readonly transactionId: number;
  readonly identity: string;
  /** `unknown`: it was never started as far as this history goes. */
  readonly status: 'open' | 'superseded' | 'stopped' | 'closed' | 'unknown';
  readonly start?: Data<'TransactionStarted'>;
  readonly stop?: Data<'TransactionStopped'>;
  readonly closed?: Data<'TransactionClosed'>;
  /** The last correction by an orphaned stop. */
  readonly corrected?: Data<'TransactionCorrected'>;
  readonly orphans: readonly Data<'OrphanStopReceived'>[];
  /** Messages of meter values. */
  readonly readings: number;
  /** Wh as far as is known. */
  readonly energy?: number;
  /** Which figure the energy goes up to. */
  readonly energySource?: EnergySource;
  readonly suspicions: readonly Suspicion[];
  /** Everything that belongs to it, in order. */
  readonly events: readonly RecordedEvent[];
}

/** The box that a transaction belongs to: the one that started it, else one that spoke of it. */
export async function boxOfTransaction(
  log: ReadableLog,
  transactionId: number,
  onProgress?: (share: number, events: number) => void,
): Promise<string | undefined> {
  const types = ['TransactionStarted', 'TransactionStopped', 'OrphanStopReceived', 'MeterValuesReported'];
  let speaker: string | undefined;
  let seen = 0;
  for await (const { events, share } of scan(log, { filter: { types } })) {
    seen += events.length;
    onProgress?.(share, seen);
    for (const event of events) {
      if ((event.data as { transactionId?: number }).transactionId !== transactionId) continue;
      if (event.type === 'TransactionStarted') return identityOfStream(event.stream);
      speaker ??= identityOfStream(event.stream);
    }
  }
  return speaker;
}

/** What else a transaction hangs together with, by the ids of it. */
class Threads {
  readonly calls = new Set<string>();
  readonly requests = new Set<string>();
  readonly reservations = new Set<number>();
  /** Orphaned stops that it was closed or corrected with; they name another transaction. */
  private readonly orphans = new Set<string>();
  /** The last verdict on its idTag before it started. */
  authorization: string | undefined;
  connectorId: number | undefined;
  begin = '';
  end: string | undefined;
  private readonly verdicts = new Map<string, string>();

  constructor(private readonly transactionId: number) {}

  follow(recorded: RecordedEvent): void {
    const event = upcast(recorded);
    if (event.type === 'IdTagAuthorized') this.verdicts.set(event.data.idTag.toLowerCase(), recorded.id);
    if (!mentions(recorded, this.transactionId)) return;
    const { callId, msgId, reservationId } = event.data as { callId?: string; msgId?: string; reservationId?: number };
    const { orphanId } = event.data as { orphanId?: string };
    if (orphanId !== undefined) this.orphans.add(orphanId);
    if (callId !== undefined) this.calls.add(callId);
    if (msgId !== undefined) this.requests.add(msgId);
    if (reservationId !== undefined) this.reservations.add(reservationId);
    this.span(event, recorded.position);
  }

  /** The operation that made a reservation belongs to it too. */
  followReservation(recorded: RecordedEvent): void {
    const event = upcast(recorded);
    if (event.type === 'ReservationMade' && this.reservations.has(event.data.reservationId))
      this.calls.add(event.data.callId);
  }

  has(recorded: RecordedEvent): boolean {
    if (mentions(recorded, this.transactionId) || recorded.id === this.authorization) return true;
    const { callId, msgId, reservationId, orphanId } = recorded.data as Record<string, unknown>;
    if (this.orphans.has(orphanId as string)) return true;
    if (this.calls.has(callId as string) || this.requests.has(msgId as string)) return true;
    if (this.reservations.has(reservationId as number)) return true;
    return this.isStatusWithin(recorded);
  }

  private span(event: ChargeBoxEvent, position: string): void {
    if (event.type === 'TransactionStarted' && event.data.transactionId === this.transactionId) {
      this.begin = position;
      this.connectorId = event.data.connectorId;
      this.authorization = this.verdicts.get(event.data.idTag.toLowerCase());
    }
    if (event.type === 'TransactionStopped' || event.type === 'TransactionClosed') this.end ??= position;
  }

  private isStatusWithin({ type, data, position }: RecordedEvent): boolean {
    if (type !== 'ConnectorStatusReported' || this.connectorId === undefined) return false;
    const isOfIt = (data as Data<'ConnectorStatusReported'>).connectorId === this.connectorId;
    return isOfIt && position > this.begin && (this.end === undefined || position < this.end);
  }
}

/** Everything about a transaction of a box. Reads the streams of the box twice: what led to a start stands before it. */
export async function transactionStory(
  log: ReadableLog,
  identity: string,
  transactionId: number,
): Promise<TransactionStory> {
  const threads = new Threads(transactionId);
  for await (const event of eventsOfBox(log, identity)) threads.follow(event);
  if (threads.reservations.size > 0)
    for await (const event of eventsOfBox(log, identity)) threads.followReservation(event);
  const events: RecordedEvent[] = [];
  for await (const event of eventsOfBox(log, identity)) if (threads.has(event)) events.push(event);
  return told(identity, transactionId, events);
}

function told(identity: string, transactionId: number, events: readonly RecordedEvent[]): TransactionStory {
  const own = events
    .map(upcast)
    .filter(({ data }) => (data as { transactionId?: number }).transactionId === transactionId);
  const all = <Type extends ChargeBoxEvent['type']>(type: Type) =>
    own.filter((event) => event.type === type).map(({ data }) => data as Data<Type>);
  const [start, stop, closed] = [
    all('TransactionStarted')[0],
    all('TransactionStopped')[0],
    all('TransactionClosed')[0],
  ];
  const corrected = all('TransactionCorrected').at(-1);
  const [orphans, reported] = [all('OrphanStopReceived'), all('MeterValuesReported')];
  const isSuperseded = events.some(({ data }) =>
    (data as { supersedes?: readonly number[] }).supersedes?.includes(transactionId),
  );
  const ends = [start, stop, closed, ...all('TransactionCorrected')];
  const suspicions = [...ends, ...orphans, ...reported].flatMap((data) => data?.suspicions ?? []);
  const { energy, energySource } = energyIn(own);
  return {
    transactionId,
    identity,
    status: statusOf({ start, stop, closed, isSuperseded }),
    ...defined({ start, stop, closed, corrected, energy, energySource }),
    orphans,
    readings: reported.length,
    suspicions: [...new Set([...suspicions, ...(isSuperseded ? ['superseded' as const] : [])])],
    events,
  };
}

/** As the read models have it: what came before its start does not count. */
function energyIn(own: readonly ChargeBoxEvent[]): KnownEnergy {
  const begin = own.findIndex(({ type }) => type === 'TransactionStarted');
  const start = own[begin];
  if (start?.type !== 'TransactionStarted') return {};
  const { meterStart } = start.data;
  return own.slice(begin + 1).reduce<KnownEnergy>(energyAfter, defined({ meterStart }));
}

interface Ends {
  readonly start: object | undefined;
  readonly stop: object | undefined;
  readonly closed: object | undefined;
  readonly isSuperseded: boolean;
}

function statusOf({ start, stop, closed, isSuperseded }: Ends): TransactionStory['status'] {
  if (stop !== undefined) return 'stopped';
  if (closed !== undefined) return 'closed';
  if (isSuperseded) return 'superseded';
  return start === undefined ? 'unknown' : 'open';
}

/** Without members that are not there. */
function defined<Value extends object>(value: Value): { [Name in keyof Value]?: Exclude<Value[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
