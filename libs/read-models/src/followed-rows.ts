import type { SqliteDatabase } from './sqlite/database';
import type { FollowedTable } from './sqlite/followed-tables';

/** Rows whose changes can be followed. */
export interface FollowedRows {
  /** Throws a coded error while there is nothing to follow. */
  readonly database: SqliteDatabase;
  /** Whether they show everything that is stored. */
  status(): { readonly caughtUp: boolean };
  /** Calls back whenever rows may have changed, until the returned function is called. */
  onProgress(listener: () => unknown): () => void;
}

/** A projection from outside as whoever follows its rows sees it. */
export interface OwnFollowed {
  readonly name: string;
  readonly version: number;
  readonly columns: readonly string[];
  readonly table: FollowedTable;
  readonly rows: FollowedRows;
  /** Calls back when what was told of the rows does not hold any more, or nothing more will come. */
  onLost(listener: () => unknown): void;
}
