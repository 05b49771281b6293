import { idTagStream } from '@app/charge-box';
import type { KnownToken, KnownTokens, RecordedEvent, VeilEvent } from '@app/kernel';
import { tokenOfStream } from '@app/kernel';
import type { Projection } from '../projection';
import type { Anchor } from './anchor';
import { readAnchor } from './anchor';
import type { SqliteDatabase } from './database';
import { checkpointOf } from './database';

/** A log that can be told what rows know of its tokens: it then shows events as the rows saw them, up to an erasure. */
export interface Learning {
  learn(known: KnownTokens): void;
}

interface Kept {
  readonly token: string;
  readonly text: string | null;
  readonly owner: string | null;
  readonly erased_as: string | null;
}

/** A text that is to be nowhere any more. */
export interface Gone {
  readonly text: string;
  readonly owner: string | null;
  readonly as: string;
}

const idTagMember = /idtag$/i;

/** The texts that may have to be erased, kept so that they are found in rows when the log has forgotten them. */
export class VeilKeys {
  private readonly keep;
  private readonly find;
  private readonly settle;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly projections: readonly Projection<object>[],
  ) {
    this.keep = database.prepare('INSERT OR IGNORE INTO veil_keys (token, text, owner) VALUES (?, ?, ?)');
    this.find = database.prepare<[string], Kept>('SELECT * FROM veil_keys WHERE token = ?');
    this.settle = database.prepare('INSERT OR REPLACE INTO veil_keys (token, erased_as) VALUES (?, ?)');
  }

  /** The text that an event takes away from rows that may have it, `undefined` for every other event. */
  take({ stream, type, data }: RecordedEvent): Gone | undefined {
    const token = tokenOfStream(stream);
    if (token === undefined) return undefined;
    const event = { type, data } as VeilEvent;
    if (event.type === 'TextKeyed') this.keep.run(token, event.data.text, event.data.of ?? null);
    if (event.type !== 'TextErased') return undefined;
    const known = this.find.get(token);
    this.settle.run(token, event.data.as);
    const { text = null, owner = null } = known ?? {};
    return text === null ? undefined : { text, owner, as: event.data.as };
  }

  /** Puts what is shown in place of a text into every row that has it. */
  erase(gone: Gone): void {
    for (const projection of this.projections) this.eraseIn(projection, gone);
    if (gone.owner === null) {
      this.eraseKeys(gone);
      return this.eraseCauses(gone);
    }
    this.database
      .prepare(`UPDATE quirks SET last_text = ? WHERE last_text = ? AND last_path LIKE '%idtag%'`)
      .run(gone.as, gone.text);
  }

  /** The newest event may be in a stream that has an idTag in its name. */
  eraseAnchor(gone: Gone): void {
    const { anchor = null } =
      this.database.prepare<[], { anchor: string | null }>('SELECT anchor FROM checkpoint').get() ?? {};
    const kept = readAnchor(anchor);
    if (kept !== undefined)
      this.database.prepare('UPDATE checkpoint SET anchor = ?').run(JSON.stringify(withoutIdTag(kept, gone)));
  }

  /** What changed a row may be in such a stream too. */
  private eraseCauses({ text, as }: Gone): void {
    const tables = this.database
      .prepare<[], string>(
        `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'changed_by' WHERE m.type = 'table'`,
      )
      .pluck()
      .all();
    const [former, stream] = [idTagStream(text), idTagStream(as)].map((name) => JSON.stringify(name));
    for (const table of tables)
      this.database
        .prepare(`UPDATE ${table} SET changed_by = replace(changed_by, ?, ?) WHERE instr(changed_by, ?) > 0`)
        .run(former, stream, former);
  }

  private eraseIn({ name, columns }: Projection<object>, gone: Gone): void {
    const inJson = JSON.stringify(gone.text);
    const found = this.database
      .prepare<[string], { key: string; row: string }>(`SELECT key, row FROM ${name} WHERE instr(row, ?) > 0`)
      .all(inJson);
    const names = Object.keys(columns);
    const update = this.database.prepare(
      `UPDATE ${name} SET row = ?${names.map((column) => `, ${column} = ?`).join('')} WHERE key = ?`,
    );
    for (const { key, row } of found) {
      const before = JSON.parse(row) as object;
      const after = without(before, gone) as object;
      const values = Object.values(columns).map((valueOf) => valueOf(after));
      if (after !== before) update.run(JSON.stringify(after), ...values, key);
    }
  }

  /** An idTag is the key of its row, and of what says that the row is gone. */
  private eraseKeys({ text, as }: Gone): void {
    const [former, key] = [text.toLowerCase(), as.toLowerCase()];
    this.database
      .prepare(`UPDATE OR REPLACE removed SET key = ? WHERE projection = 'id_tags' AND key = ?`)
      .run(key, former);
    // Its removal may have been told under the new name already.
    this.database
      .prepare(
        `DELETE FROM id_tags WHERE key = ? AND EXISTS (SELECT 1 FROM removed WHERE projection = 'id_tags' AND key = ?)`,
      )
      .run(former, key);
    this.database.prepare('UPDATE OR REPLACE id_tags SET key = ? WHERE key = ?').run(key, former);
  }
}

/** Empties the log of SQLite, which has pages from before; false while somebody reads: with the next events it is tried again. */
export function emptyLog(database: SqliteDatabase): boolean {
  const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly busy: number }[];
  return result?.busy === 0;
}

/** The place of an event, without an idTag in the name of its stream. */
export function withoutIdTag(anchor: Anchor, { text, owner, as }: Gone): Anchor {
  return owner === null && anchor.stream === idTagStream(text) ? { ...anchor, stream: idTagStream(as) } : anchor;
}

/** Every token that the rows know of. */
export function knownTokens(database: SqliteDatabase): KnownTokens {
  return database.transaction(() => ({ position: checkpointOf(database), tokens: tokensIn(database) }))();
}

function tokensIn(database: SqliteDatabase): readonly KnownToken[] {
  return database
    .prepare<[], Kept>('SELECT token, text, owner, erased_as FROM veil_keys ORDER BY id')
    .all()
    .map(({ token, text, owner, erased_as: erasedAs }) => ({
      token,
      ...(text === null ? {} : { text }),
      ...(owner === null ? {} : { of: owner }),
      ...(erasedAs === null ? {} : { erasedAs }),
    }));
}

/** The value with another text in place of an idTag, or of a note about its owner. The same value when it has neither. */
function without(value: unknown, gone: Gone, name = ''): unknown {
  if (typeof value === 'string') return value === gone.text && isMeant(name, gone) ? gone.as : value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([inner, member]): [string, unknown, unknown] => [
    inner,
    member,
    without(member, gone, inner),
  ]);
  if (entries.every(([, before, after]) => before === after)) return value;
  if (Array.isArray(value)) return entries.map(([, , after]) => after);
  return Object.fromEntries(entries.map(([inner, , after]) => [inner, after]));
}

const isMeant = (name: string, { owner }: Gone): boolean => (owner === null ? idTagMember.test(name) : name === 'note');
