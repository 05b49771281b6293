import { idTagVeiling } from '@app/charge-box';
import { veiledForRows } from '@app/event-store';
import type { EventStore, RecordedEvent } from '@app/kernel';
import { rebuildFromZero } from '@app/read-models';
import type { AnsweredReading, AnsweredStart, AnsweredStop, FleetReport } from '../../apps/charge-box-simulator/src';

// What a fleet was answered, held against what the history has of it.

/** Rows built from a store as it is opened, up to its end. */
export const buildRows = (store: EventStore, file: string): Promise<void> =>
  rebuildFromZero(veiledForRows(store, idTagVeiling), file);

type Answered = Pick<FleetReport, 'starts' | 'stops' | 'readings'>;

/** Everything that is wrong: answers that are not in the history, or there more than once, and ids given twice. */
export async function historyAgainst(store: EventStore, report: Answered | undefined): Promise<readonly string[]> {
  const { starts, stops, readings } = await collect(store);
  return [
    ...repeated(starts.map(({ transactionId }) => `transaction id ${transactionId}`)),
    ...missingOrDoubled('start', (report?.starts ?? []).map(keyOfStart), starts.map(keyOfStart)),
    ...missingOrDoubled('stop', (report?.stops ?? []).map(keyOfStop), stops.map(keyOfStop)),
    ...missingOrDoubled('reading', (report?.readings ?? []).map(keyOfReading), readings.map(keyOfReading)),
  ];
}

interface History {
  readonly starts: (Pick<AnsweredStart, 'identity' | 'transactionId'> & { readonly meterStart?: number })[];
  readonly stops: Pick<AnsweredStop, 'identity' | 'transactionId' | 'meterStop'>[];
  readonly readings: Pick<AnsweredReading, 'identity' | 'transactionId' | 'value'>[];
}

const keyOfStart = ({ identity, transactionId, meterStart }: History['starts'][number]) =>
  `${identity} ${transactionId} ${meterStart}`;
const keyOfStop = ({ identity, transactionId, meterStop }: History['stops'][number]) =>
  `${identity} ${transactionId} ${meterStop}`;
const keyOfReading = ({ identity, transactionId, value }: History['readings'][number]) =>
  `${identity} ${transactionId} ${value}`;

async function collect(store: EventStore): Promise<History> {
  const history: History = { starts: [], stops: [], readings: [] };
  for (let from = '', end = false; !end;) {
    const page = await store.readAll({ from, direction: 'forward', limit: 5_000 });
    for (const event of page.events) take(event, history);
    from = page.next;
    end = page.endOfLog;
  }
  return history;
}

interface AnyData {
  readonly transactionId: number;
  readonly meterStart: number;
  readonly meterStop: number;
  readonly values: readonly { readonly value: readonly { readonly value: string }[] }[];
}

function take({ type, stream, data }: RecordedEvent, history: History): void {
  const identity = stream.slice(stream.indexOf('-') + 1);
  const { transactionId, meterStart, meterStop, values } = data as AnyData;
  if (type === 'TransactionStarted') history.starts.push({ identity, transactionId, meterStart });
  if (type === 'TransactionStopped') history.stops.push({ identity, transactionId, meterStop });
  if (type !== 'MeterValuesReported') return;
  for (const reading of values.flatMap(({ value }) => value))
    history.readings.push({ identity, transactionId, value: reading.value });
}

function repeated(keys: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return keys.filter((key) => seen.size === seen.add(key).size).map((key) => `${key} was given twice`);
}

function missingOrDoubled(what: string, answered: readonly string[], kept: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const key of kept) counts.set(key, (counts.get(key) ?? 0) + 1);
  const missing = answered
    .filter((key) => !counts.has(key))
    .map((key) => `the answered ${what} ${key} is not in the history`);
  const doubled = [...counts]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `the ${what} ${key} is in the history ${count} times`);
  return [...missing, ...doubled];
}

/** The first line in which two dumps of read models differ. */
export function firstDifference(live: string, anew: string): readonly string[] {
  if (live === anew) return [];
  const [one, other] = [live.split('\n'), anew.split('\n')];
  const place = one.findIndex((line, index) => line !== other[index]);
  return [`the read models differ from ones built anew: ${one[place]} where anew ${other[place]}`];
}
