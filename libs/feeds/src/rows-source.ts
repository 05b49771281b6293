import { codedError } from '@app/kernel';
import type { FollowedRows, FollowedTable, RowChange } from '@app/read-models';
import { ChangeReader } from '@app/read-models';
import type { FeedFilter } from './filter';
import { matches } from './filter';
import type { Facts } from './item';
import { Item } from './item';
import type { Place } from './place';
import type { FeedPage, FeedSource } from './source';

const lookedAt = 1_000;
const characters = 32_768;
/** So many rows of one box are sorted for every page rather than looked for among those of all boxes. */
const few = 2_000;

interface StoredRow {
  readonly identity?: string;
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly operation?: string;
}

/** A projection as a feed: each row where it changed last. Read from the start it is the snapshot, whatever changes meanwhile. */
export class RowsSource implements FeedSource {
  readonly version: string;
  readonly followsLog: boolean;
  private readonly reader: ChangeReader;
  private readonly narrow: Readonly<Record<string, string>>;
  private caughtUp = false;

  constructor(
    private readonly rows: FollowedRows,
    table: FollowedTable,
  ) {
    this.version = table.version;
    this.followsLog = !table.numbersRows;
    this.narrow = table.narrow;
    this.reader = new ChangeReader(() => rows.database, table);
    // Once is enough, and under load it is not so at every moment.
    const stop = rows.onProgress(() => this.settled && stop());
  }

  get settled(): boolean {
    return (this.caughtUp ||= this.rows.status().caughtUp);
  }

  check(): void {
    if (!this.rows.database.open) throw codedError('store-closed');
  }

  read(after: Place, filter: FeedFilter): FeedPage {
    const narrow = this.narrowest(filter);
    const items: Item[] = [];
    const wants = (change: RowChange) => {
      const item = itemOf(change);
      if (!matches(item, filter)) return false;
      items.push(item);
      return true;
    };
    const found = this.reader.read(after, { rows: lookedAt, characters, wants, ...(narrow && { narrow }) });
    return { ...found, items };
  }

  watch(_after: Place, news: () => void): () => void {
    return this.rows.onProgress(news);
  }

  private narrowest(filter: FeedFilter) {
    for (const [field, column] of Object.entries(this.narrow)) {
      const value = filter[field as 'identity' | 'id' | 'transactionId'];
      if (value !== undefined && this.reader.isFew(column, value, few)) return { column, value };
    }
    return undefined;
  }
}

function itemOf({ place, key, row, cause }: RowChange): Item {
  const named = JSON.stringify(key);
  if (row === undefined)
    return new Item('removed', place, key, { data: () => `{"key":${named}}`, facts: () => ({}), cause });
  const facts = (): Facts => JSON.parse(row) as StoredRow;
  return new Item('row', place, key, { data: () => `{"key":${named},"row":${row}}`, facts, cause });
}
