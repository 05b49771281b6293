import { ownColumn, ownTable } from '../own/guard';
import type { Page, Paging } from '../queries';
import type { OwnRow } from '../own/rows';
import type { SqliteDatabase } from './database';
import { hasIndexes, openForReading } from './database';
import type { Listing } from './pages';
import { conditionsOf, readPage } from './pages';

interface Stored {
  readonly key: string;
  readonly row: string;
}

/** Rows are counted so far: a look at how projections are doing must not take long. */
const countedRows = 100_000;

const rowOf = ({ key, row }: Stored): OwnRow => ({ key, row: JSON.parse(row) as object });

/** The rows of one projection from outside, as queries see them. */
export class OwnRows {
  readonly database: SqliteDatabase;
  private built = false;
  private readonly listing: Listing<Stored, OwnRow>;

  constructor(
    file: string,
    private readonly about: {
      readonly name: string;
      readonly columns: readonly string[];
      readonly indexes: readonly string[];
    },
  ) {
    this.database = openForReading(file);
    const { columns, indexes } = about;
    this.listing = {
      name: ownTable,
      select: `SELECT key, row FROM ${ownTable}`,
      order: ['key'],
      leading: indexes.map((index) => ownColumn(columns.indexOf(index))),
      place: ({ key }) => [key],
      row: rowOf,
    };
  }

  /** Whether they have shown everything once. */
  get isBuilt(): boolean {
    return (this.built ||= hasIndexes(this.database));
  }

  page(filter: Readonly<Record<string, string>>, paging: Paging): Page<OwnRow> {
    const { name, columns } = this.about;
    const conditions = conditionsOf(
      Object.entries(filter).map(([column, value]) => [`${ownColumn(columns.indexOf(column))} = ?`, value]),
    );
    return readPage(this.database, this.listing, { filter: { name, filter }, conditions, paging });
  }

  row(key: string): OwnRow | undefined {
    const stored = this.database.prepare<[string], Stored>(`SELECT key, row FROM ${ownTable} WHERE key = ?`).get(key);
    return stored && rowOf(stored);
  }

  reached(): { readonly position: string; readonly skipped: number; readonly rows: number } {
    const counted = this.database
      .prepare<[number], { rows: number }>(`SELECT count(*) AS rows FROM (SELECT 1 FROM ${ownTable} LIMIT ?)`)
      .get(countedRows);
    const kept = this.database
      .prepare<[], { position: string; skipped: number }>('SELECT position, skipped FROM checkpoint')
      .get();
    return { position: '', skipped: 0, ...kept, rows: counted?.rows ?? 0 };
  }

  close(): void {
    this.database.close();
  }
}
