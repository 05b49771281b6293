import Database from 'better-sqlite3';
import {
  chmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { FakeClock, events, stored } from '../contract/store-under-test';
import { trialFolder } from '../contract/trial-folder';
import { openEmbeddedStore } from '../index';
import { failureOf } from './failure';
import { openWritable } from './file';

/** Does it with the rights of nobody where this user may do everything. */
function asNobody<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

function caught(work: () => { close(): unknown }): unknown {
  try {
    work().close();
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused.');
}

describe('the file of the embedded event store', () => {
  const newFile = trialFolder();

  function fileWith(bytes: Buffer | string): string {
    const file = newFile();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return file;
  }

  async function filled(count = 2000): Promise<string> {
    const file = newFile();
    const store = await openEmbeddedStore({ file });
    await store.append('a', events(count, { data: { text: 'x'.repeat(300) } }), 'any');
    await store.close();
    return file;
  }

  it.each<[string, Buffer]>([
    ['a few bytes', Buffer.from('not a store')],
    ['pages of noise', Buffer.alloc(20_000, 'noise')],
    ['the head of a store, then noise', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(9000, 7)])],
  ])('is refused and left as it is when it holds %s', async (_, bytes) => {
    const file = fileWith(bytes);
    const refusal = { code: 'store-corrupted', message: expect.stringContaining(file) as string };
    await expect(openEmbeddedStore({ file })).rejects.toMatchObject(refusal);
    await expect(openEmbeddedStore({ file, readOnly: true })).rejects.toMatchObject(refusal);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('is refused when it belongs to another program', async () => {
    const file = fileWith('');
    const other = new Database(file);
    other.exec('CREATE TABLE theirs (id INTEGER)');
    other.close();
    await expect(openEmbeddedStore({ file })).rejects.toMatchObject({ code: 'store-corrupted' });
  });

  it('is refused when a later version of this program has written it', async () => {
    const file = await filled(1);
    const later = new Database(file);
    later.pragma('user_version = 99');
    later.close();
    await expect(openEmbeddedStore({ file })).rejects.toMatchObject({
      code: 'store-newer',
      message: expect.stringContaining(file) as string,
    });
    await expect(openEmbeddedStore({ file, readOnly: true })).rejects.toMatchObject({ code: 'store-newer' });
  });

  it('is refused when its end is missing', async () => {
    const file = await filled();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await expect(openEmbeddedStore({ file })).rejects.toMatchObject({ code: 'store-corrupted' });
  });

  it('fails the reads that meet a damaged page', async () => {
    const file = await filled();
    const handle = openSync(file, 'r+');
    for (let page = 10; page < 200; page += 1) writeSync(handle, Buffer.alloc(4096, 0xff), 0, 4096, page * 4096);
    closeSync(handle);
    const store = await openEmbeddedStore({ file });
    await expect(store.readAll({ limit: 10_000 })).rejects.toMatchObject({ code: 'store-corrupted' });
    await store.close();
  });

  it('may be there already, empty', async () => {
    const store = await openEmbeddedStore({ file: fileWith('') });
    expect(await store.append('a', events(1), 'any')).toMatchObject({ revision: 0 });
    await store.close();
  });

  it('loses the lock with a failed attempt to open it', async () => {
    const file = fileWith('not a store');
    await expect(openEmbeddedStore({ file })).rejects.toMatchObject({ code: 'store-corrupted' });
    writeFileSync(file, '');
    const store = await openEmbeddedStore({ file });
    await store.close();
  });

  it('is refused when it may only be read', async () => {
    const file = await filled(1);
    chmodSync(file, 0o444);
    for (const folder of [dirname(file), dirname(dirname(file))]) chmodSync(folder, 0o777);
    const opening = asNobody(() =>
      failureOf(
        caught(() => openWritable(file)),
        file,
      ),
    );
    expect(opening).toMatchObject({ code: 'store-unwritable', detail: expect.stringContaining(file) as string });
    chmodSync(file, 0o600);
    openWritable(file).close();
  });

  // That the disk obeys cannot be seen from here; that it is asked to can.
  it('is synced with every commit', () => {
    const db = openWritable(fileWith(''));
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  });

  describe('with retention', () => {
    async function left(file: string): Promise<number> {
      const db = new Database(file, { readonly: true });
      const count = db.prepare<[], number>('SELECT count(*) FROM events').pluck().get() ?? NaN;
      db.close();
      return count;
    }

    async function until(file: string, condition: (count: number) => boolean): Promise<void> {
      while (!condition(await left(file))) await new Promise((resolve) => setImmediate(resolve));
    }

    it('loses what is not kept, step by step in the background', async () => {
      const file = newFile();
      const store = await openEmbeddedStore({ file });
      await store.append('a', events(3000), 'any');
      await store.retain('a', { maxCount: 10 });
      await until(file, (count) => count === 10);
      expect(await stored(store, 'a')).toHaveLength(10);
      await store.close();
    });

    it('never grows much beyond what is kept', async () => {
      const file = newFile();
      const store = await openEmbeddedStore({ file });
      await store.retain('a', { maxCount: 10 });
      for (let i = 0; i < 20; i += 1) await store.append('a', events(40), 'any');
      await until(file, (count) => count < 10 + 32);
      await store.close();
      expect(await left(file)).toBeGreaterThanOrEqual(10);
    });

    it('loses what has grown too old while it was closed, save the newest event of the stream', async () => {
      const file = newFile();
      const clock = new FakeClock();
      const first = await openEmbeddedStore({ file, clock });
      for (let i = 0; i < 100; i += 1) await first.retain(`a-${i}`, { maxAge: 60 });
      for (let i = 0; i < 100; i += 1) await first.append(`a-${i}`, events(3), 'any');
      await first.close();
      clock.advance(61);
      const again = await openEmbeddedStore({ file, clock });
      await until(file, (count) => count === 100);
      expect(await again.readStream('a-7', { limit: 1 })).toEqual({ events: [], lastRevision: 2, endOfStream: true });
      await again.close();
    });
  });
});
