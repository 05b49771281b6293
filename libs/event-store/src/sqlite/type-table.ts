import type Database from 'better-sqlite3';

interface TypeRow {
  readonly id: number;
  readonly name: string;
}

/** The event types as the small integers that stand for them in the file. */
export class TypeTable {
  private readonly ids = new Map<string, number>();
  private readonly names = new Map<number, string>();
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
    this.add({ id, name });
    return id;
  }

  /** Types that no event has are left out. */
  idsOf(names: readonly string[]): number[] {
    if (names.some((name) => !this.ids.has(name))) this.load();
    return names.flatMap((name) => this.ids.get(name) ?? []);
  }

  nameOf(id: number): string {
    if (!this.names.has(id)) this.load();
    return this.names.get(id) ?? '';
  }

  forget(): void {
    this.ids.clear();
    this.names.clear();
    this.load();
  }

  private load(): void {
    for (const row of this.all.all()) this.add(row);
  }

  private add({ id, name }: TypeRow): void {
    this.ids.set(name, id);
    this.names.set(id, name);
  }
}
