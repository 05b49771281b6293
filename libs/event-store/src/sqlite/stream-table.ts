import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { Retention } from '@app/kernel';

/** What the writer remembers of a stream, so that an append need not ask the file. */
export interface StreamState {
  readonly id: number;
  revision: number;
  /** Id of the newest event. */
  lastId: string;
  retention: Retention;
}

export const noStream = -1;

const remembered = 50_000;

interface StreamRow {
  readonly id: number;
  readonly max_count: number | null;
  readonly max_age: number | null;
}

/** The streams by name, those used last in memory. */
export class StreamTable {
  private readonly states = new LRUCache<string, StreamState>({ max: remembered });
  private readonly byName: Database.Statement<[string], StreamRow>;
  private readonly newestOf: Database.Statement<[number], { revision: number; id: string }>;
  private readonly create: Database.Statement<[string]>;
  private readonly retain: Database.Statement<[number | null, number | null, number]>;

  constructor(db: Database.Database) {
    this.byName = db.prepare('SELECT id, max_count, max_age FROM streams WHERE name = ?');
    this.newestOf = db.prepare('SELECT revision, id FROM events WHERE stream_id = ? ORDER BY revision DESC LIMIT 1');
    this.create = db.prepare('INSERT INTO streams (name) VALUES (?)');
    this.retain = db.prepare('UPDATE streams SET max_count = ?, max_age = ? WHERE id = ?');
  }

  find(name: string): StreamState | undefined {
    const known = this.states.get(name);
    if (known) return known;
    const row = this.byName.get(name);
    return row && this.remember(name, row);
  }

  findOrCreate(name: string): StreamState {
    return (
      this.find(name) ??
      this.remember(name, { id: Number(this.create.run(name).lastInsertRowid), max_count: null, max_age: null })
    );
  }

  setRetention(state: StreamState, retention: Retention): void {
    this.retain.run(retention.maxCount ?? null, retention.maxAge ?? null, state.id);
    state.retention = retention;
  }

  /** After a rollback nothing in memory can be trusted. */
  forget(): void {
    this.states.clear();
  }

  private remember(name: string, row: StreamRow): StreamState {
    const newest = this.newestOf.get(row.id);
    const retention = {
      ...(row.max_count !== null && { maxCount: row.max_count }),
      ...(row.max_age !== null && { maxAge: row.max_age }),
    };
    const state = { id: row.id, revision: newest?.revision ?? noStream, lastId: newest?.id ?? '', retention };
    this.states.set(name, state);
    return state;
  }
}
