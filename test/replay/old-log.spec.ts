import 'reflect-metadata';
import { eventSchemas, isKnownType, upcast } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import { openSource, placeOf } from '@app/history';
import type { EventStore } from '@app/kernel';
import { dump, rebuildFromZero } from '@app/read-models';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { misfitOf } from '../../tools/golden/check';
import { shapesOnFile } from '../../tools/golden/files';

// Whole histories that programs of their time wrote, as `history copy` gives them, lead to the rows on file today. A log is never changed. When rows
// are meant to come out otherwise, take the file of rows away: the next run writes it anew and fails once, so that somebody looks.

const root = join(__dirname, '../..');
const logs = join(__dirname, 'golden/logs');
const names = readdirSync(logs).filter((name) => name.endsWith('.ndjson'));

async function replayed(name: string): Promise<EventStore> {
  const place = placeOf(`ndjson:${join(logs, name)}`);
  if ('fault' in place) throw new Error(place.fault);
  const source = await openSource(place);
  const store = openInMemoryStore();
  for await (const { events } of source.read())
    for (const { stream, revision: _revision, ...event } of events) await store.append(stream, [event], 'any');
  await source.close();
  return store;
}

it('there is an old log', () => {
  expect(names).toContain('2026-11.ndjson');
});

describe.each(names)('%s', (name) => {
  let store: EventStore;
  beforeAll(async () => {
    store = await replayed(name);
  });

  it('leads to the rows on file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'old-log-'));
    await rebuildFromZero(store, join(folder, 'rows.db'));
    const rows = `${dump(join(folder, 'rows.db'))}\n`;
    rmSync(folder, { recursive: true });
    const file = join(logs, name.replace('.ndjson', '.rows.txt'));
    const onFile = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    if (onFile === undefined) writeFileSync(file, rows);
    expect(rows.split('\n')).toEqual(onFile?.split('\n'));
  });

  it('holds no event that is not lifted to a shape of today', async () => {
    const shapes = shapesOnFile(root);
    const { events } = await store.readAll({ limit: 10_000 });
    const known = events.filter(({ type }) => isKnownType(type));
    expect(known.length).toBeGreaterThan(40);
    const misfits = known.flatMap((event) => {
      const { type, data, position } = upcast(event);
      const place = misfitOf(data, shapes[type]?.[eventSchemas[type]] ?? 'none');
      return place === undefined ? [] : [`${type} at ${position}: ${place}`];
    });
    expect(misfits).toEqual([]);
  });
});
