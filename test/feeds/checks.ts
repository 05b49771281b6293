import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { forgetsItsPast, isBookkeeping } from '@app/charge-box';
import type { EventStore } from '@app/kernel';
import { pagesOf, tokenOfStream } from '@app/kernel';
import { followedTables, rowsOf } from '@app/read-models';
import type { Opening, Subscriber } from './ledger';
import { Ledger } from './ledger';

/** Milliseconds within which everybody must have everything once nothing more happens. */
const patience = 60_000;

type Rows = ReadonlyMap<string, unknown>;

/** Whether each subscriber has exactly the rows that there are: as the feed tells them anew, and as the file of the read models has them. */
export async function checkRows(
  subscribers: readonly Subscriber[],
  open: (subscriber: Subscriber) => Opening,
  file: string,
): Promise<readonly string[]> {
  const complaints: string[] = [];
  for (const subscriber of subscribers) {
    const { ledger } = subscriber;
    const findings = async () => [
      ...differences(`${ledger.name}, and the feed anew`, ledger.rows, await anew(open(subscriber))),
      ...differences(`${ledger.name}, and the read models`, ledger.rows, storedRows(subscriber, file)),
    ];
    complaints.push(...(await settled(findings)));
    if (ledger.rows.size === 0) complaints.push(`${ledger.name}: no rows, so nothing was checked`);
  }
  return complaints;
}

/** Notes of the service for itself, and what tokens mean, are nobody else's. */
const isTold = (stream: string): boolean => !isBookkeeping(stream) && tokenOfStream(stream) === undefined;

/** Whether every event was told once, in the order of the log. `end` stops everything and opens the log. */
export async function checkEvents(
  ledger: Ledger,
  open: Opening,
  end: () => Promise<EventStore>,
): Promise<readonly string[]> {
  const late = await settled(async () => {
    const rest = new Ledger('');
    for await (const message of open({ ...(ledger.last && { after: ledger.last }), until: 'caught-up' }))
      rest.take(message);
    return rest.events.length === 0 ? [] : [`events: ${rest.events.length} are not told yet`];
  });
  const store = await end();
  try {
    const recorded: string[] = [];
    for await (const { events } of pagesOf(store))
      recorded.push(...events.filter(({ stream }) => isTold(stream)).map(({ id }) => id));
    const isThere = new Set(recorded);
    // Old heartbeats are told, and forgotten.
    const told = ledger.events.filter(({ id, stream }) => isThere.has(id) || !forgetsItsPast(stream));
    const wrong = told.findIndex(({ id }, place) => id !== recorded[place]);
    // The service records little more than its own end after the last event was told.
    const missing = recorded.length - told.length;
    return [
      ...late,
      ...(wrong < 0 ? [] : [`events: number ${wrong + 1} is ${told[wrong]?.id}, the log has ${recorded[wrong]}`]),
      ...(missing < 10 ? [] : [`events: ${missing} of ${recorded.length} were never told`]),
    ];
  } finally {
    await store.close();
  }
}

/** What is still wrong when there was time enough: the last changes may be on their way. */
async function settled(findings: () => Promise<readonly string[]>): Promise<readonly string[]> {
  for (const end = Date.now() + patience; ; await pause(50)) {
    const found = await findings();
    if (found.length === 0 || Date.now() > end) return found;
  }
}

async function anew(open: Opening): Promise<Rows> {
  const ledger = new Ledger('anew');
  for await (const message of open({ until: 'caught-up' })) ledger.take(message);
  return ledger.rows;
}

/** Rows as the file has them; `undefined` for feeds whose rows are not kept by key there. */
function storedRows({ feed, filter }: Subscriber, file: string): Rows | undefined {
  if (feed === 'starts' || feed === 'meter-values' || feed === 'quirks') return undefined;
  const { identity } = filter;
  const table = followedTables[feed].name;
  return new Map([...rowsOf(file, { table, identity })].map(({ key = '', row }) => [key, row]));
}

function differences(what: string, has: Rows, is: Rows | undefined): readonly string[] {
  if (is === undefined || isDeepStrictEqual(new Map(has), new Map(is))) return [];
  const keys = [...new Set([...has.keys(), ...is.keys()])];
  const differing = keys.filter((key) => !isDeepStrictEqual(has.get(key), is.get(key)));
  const [first = ''] = differing;
  const shown = [has.get(first), is.get(first)].map((row) => JSON.stringify(row)?.slice(0, 200) ?? 'nothing');
  return [`${what}: ${differing.length} rows differ, such as ${first}: ${shown.join(' and ')}`];
}
