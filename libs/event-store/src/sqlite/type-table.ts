import type Database from 'better-sqlite3';

interface TypeRow {
  readonly id: number;
  readonly name: string;
}

/** The event types as the small integers that stand for them in the file. */
export class TypeTable {
  private readonly ids = new Map<string, number>();
  private readonly all: Database.Statement<[], TypeRow>;
  private readonly insert: Database.Statement<[string]> | undefined;

  constructor(db: Database.Database) {
    this.all = db.prepare('SELECT id, name FROM types');
    this.insert = db.readonly ? undefined : db.prepare('INSERT INTO types (name) VALUES (?)');
    this.load();
  }

  /** Takes a new type into the table. */
  idOf(name: string): number {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    if (!this.insert) throw new Error('the table of types is open for reading only');
    const id = Number(this.insert.run(name).lastInsertRowid);
    this.ids.set(name, id);
    return id;
  }

  /** Types that no event has are left out. */
  idsOf(names: readonly string[]): number[] {
    if (names.some((name) => !this.ids.has(name))) this.load();
    return names.flatMap((name) => this.ids.get(name) ?? []);
  }

  forget(): void {
    this.ids.clear();
    this.load();
  }

  private load(): void {
    for (const { id, name } of this.all.all()) this.ids.set(name, id);
  }
}
