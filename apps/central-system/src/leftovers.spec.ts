import { lockForWriting } from '@app/event-store';
import { silentLog } from '@app/kernel';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectionsFolderIn, readModelsFileIn, tidyRows } from './leftovers';

let DATA_DIR: string;
beforeEach(() => (DATA_DIR = mkdtempSync(join(tmpdir(), 'leftovers-'))));
afterEach(() => rmSync(DATA_DIR, { recursive: true }));

const own = { tidy: jest.fn<void, []>() };
const tidy = (more: object = {}, log = silentLog) =>
  tidyRows({
    configuration: { DATA_DIR, EVENT_STORE: 'embedded', PROJECTIONS_DIR: '/projections', ...more },
    own,
    log,
  });
const leave = (name: string) => writeFileSync(join(DATA_DIR, name), 'CARD-7');
const names = () => readdirSync(DATA_DIR).filter((name) => !name.endsWith('.lock'));

it('what an interrupted rebuild left is removed', () => {
  for (const name of ['read-models.db', 'read-models.next.db', 'read-models.next.db-wal']) leave(name);
  tidy();
  expect(names()).toEqual(['read-models.db']);
  expect(own.tidy).toHaveBeenCalled();
});

it('what is being built, or complete and offered, stays', () => {
  leave('read-models.next.db');
  const building = lockForWriting(`${readModelsFileIn(DATA_DIR)}.rebuild`);
  tidy();
  building.release();
  expect(names()).toEqual(['read-models.next.db']);
  leave('read-models.next.db.ready');
  tidy();
  expect(names()).toHaveLength(2);
});

it('rows of projections go where there are none any more', () => {
  mkdirSync(projectionsFolderIn(DATA_DIR));
  for (const name of ['mine.v1.db', 'mine.v1.db-wal', 'notes.txt']) leave(join('projections', name));
  tidy({ EVENT_STORE: 'memory', PROJECTIONS_DIR: undefined });
  expect(readdirSync(projectionsFolderIn(DATA_DIR))).toHaveLength(3);
  tidy({ PROJECTIONS_DIR: undefined });
  expect(readdirSync(projectionsFolderIn(DATA_DIR))).toEqual(['notes.txt']);
});

it('what cannot be removed is told', () => {
  const errors: string[] = [];
  own.tidy.mockImplementationOnce(() => {
    throw new Error('EACCES');
  });
  tidy({}, { ...silentLog, error: (_fields: object, sentence: string) => void errors.push(sentence) });
  expect(errors).toEqual([expect.stringContaining('may be left')]);
  expect(existsSync(DATA_DIR)).toBe(true);
});
