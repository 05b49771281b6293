import 'reflect-metadata';
import { openForWriting } from '../sqlite/database';
import type { SqliteDatabase } from '../sqlite/database';
import * as lists from '../sqlite/lists';
import type { Page, Paging } from '../queries';
import { FindMeterValues } from '../queries';
import { queryHandlers } from '../query-handlers';
import type { MeterValueRow } from '../rows';

// Few rows wanted of many: each step looks at a bounded number of them. Cannot see: how long a step takes.

const count = 9_000;
const at = (place: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + place * 1_000).toISOString();
const rare = new Set([0, 1_999, 2_000, 4_001, count - 1]);

let database: SqliteDatabase;
beforeAll(() => {
  database = openForWriting(':memory:');
  const reading = database.prepare(
    `INSERT INTO meter_values (identity, connector_id, timestamp, received_at, value, context, format, measurand, location, source)
       VALUES (?, 1, ?, ?, ?, 'c', 'Raw', ?, 'Outlet', 'MeterValues')`,
  );
  const transaction = database.prepare(
    `INSERT INTO transactions (key, row, changed, changed_by, id, identity, connector_id, id_tag, status, started_at)
       VALUES (?, ?, '', '', ?, ?, ?, ?, ?, ?)`,
  );
  database.transaction(() => {
    for (let place = 0; place < count; place += 1) {
      const isRare = rare.has(place);
      const identity = place % 3 === 0 ? 'A' : 'B';
      reading.run(identity, at(place), at(place), String(place), isRare ? 'Rare' : 'Usual');
      const row = JSON.stringify({ transactionId: place });
      const status = isRare ? 'open' : 'stopped';
      transaction.run(String(place), row, place, identity, isRare ? 2 : 1, 'tag', status, at(place));
    }
  })();
});
afterAll(() => database.close());

/** All rows of a list, and how many there were on each page. */
function walk<Row>(find: (paging: Paging) => Page<Row>, limit = 2) {
  const rows: Row[] = [];
  const sizes: number[] = [];
  let cursor: string | undefined;
  do {
    const page = find({ limit, ...(cursor === undefined ? {} : { cursor }) });
    rows.push(...page.rows);
    sizes.push(page.rows.length);
    cursor = page.next;
  } while (cursor !== undefined);
  return { rows, sizes };
}

const readings = (filter: Parameters<typeof lists.findMeterValues>[1], limit?: number) => {
  const { rows, sizes } = walk((paging) => lists.findMeterValues(database, filter, paging), limit);
  return { places: rows.map(({ value }) => Number(value)), sizes };
};
const transactions = (filter: Parameters<typeof lists.findTransactions>[1], limit?: number) => {
  const { rows, sizes } = walk((paging) => lists.findTransactions(database, filter, paging), limit);
  return { places: rows.map(({ transactionId }) => transactionId), sizes };
};
const newestFirst = (places: Iterable<number>) => [...places].sort((one, other) => other - one);

describe('rare rows of a long list', () => {
  it('are all found, each once and in order, over pages that may be short or empty', () => {
    const { places, sizes } = readings({ measurand: 'Rare' });
    expect(places).toEqual([...rare]);
    expect(sizes).toContain(0);
    expect(sizes.length).toBeGreaterThanOrEqual(count / 2_000);
  });

  it('are found between two times', () => {
    expect(readings({ measurand: 'Rare', from: at(1), to: at(count - 1) }).places).toEqual([1_999, 2_000, 4_001]);
    expect(readings({ measurand: 'Rare', from: at(2_000), to: at(4_001) }).places).toEqual([2_000]);
  });

  it('are found among those of one box', () => {
    const ofBox = [...rare].filter((place) => place % 3 === 0);
    expect(readings({ measurand: 'Rare', identity: 'A' }).places).toEqual(ofBox);
    expect(transactions({ connectorId: 2, identity: 'A' }).places).toEqual(newestFirst(ofBox));
  });

  it('are found newest first', () => {
    expect(transactions({ connectorId: 2 }).places).toEqual(newestFirst(rare));
    expect(transactions({ connectorId: 2, idTag: 'TAG' }).places).toEqual(newestFirst(rare));
  });

  it('are found at once where a column with an index singles them out', () => {
    expect(transactions({ status: 'open' }, 10)).toEqual({ places: newestFirst(rare), sizes: [rare.size] });
    expect(transactions({ connectorId: 2, from: at(1_000), to: at(2_500) })).toEqual({
      places: [2_000, 1_999],
      sizes: [2],
    });
    expect(transactions({ status: 'open' }).places).toEqual(newestFirst(rare));
  });

  it('fill the page of a query, which looks on until it has them', async () => {
    const handler = queryHandlers.find(({ name }) => name === 'FindMeterValuesHandler');
    if (handler === undefined) throw new Error('Nobody answers FindMeterValues.');
    const find = async (cursor?: string) => {
      const paging = { limit: 2, ...(cursor === undefined ? {} : { cursor }) };
      const query = new FindMeterValues({ measurand: 'Rare' }, paging);
      const page = (await new handler({ database }).execute(query)) as Page<MeterValueRow>;
      return { places: page.rows.map(({ value }) => Number(value)), next: page.next };
    };
    const first = await find();
    expect(first.places).toEqual([0, 1_999]);
    const second = await find(first.next);
    expect(second.places).toEqual([2_000, 4_001]);
    expect(await find(second.next)).toEqual({ places: [count - 1], next: undefined });
  });

  it('keep the bounds of a list without other conditions', () => {
    const { places } = readings({ from: at(10), to: at(5_010) }, 1_000);
    expect(places).toEqual(Array.from({ length: 5_000 }, (_, place) => place + 10));
  });
});
