import { openReadable } from './file';

/** What is wrong with the pages and indexes of the file of an embedded store, in SQLite's words; empty when nothing is. */
export function damageOf(file: string, most = 20): readonly string[] {
  const db = openReadable(file);
  try {
    const lines = db.prepare<[], string>(`PRAGMA integrity_check(${most})`).pluck().all();
    return lines.filter((line) => line !== 'ok');
  } catch (error) {
    // Damage may be such that it cannot even be described.
    return [(error as Error).message];
  } finally {
    db.close();
  }
}
