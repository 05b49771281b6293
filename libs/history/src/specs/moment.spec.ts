import { openInMemoryStore } from '@app/event-store';
import { scan } from '../scan';
import { momentOf, startOf } from '../moment';
import { at, live } from './a-life';

const now = Date.parse('2026-03-02T00:00:00Z');

describe('a moment', () => {
  it.each([
    ['2026-03-01', '2026-03-01T00:00:00Z'],
    ['2026-03-01T12:30:00', '2026-03-01T12:30:00Z'],
    ['2026-03-01 12:30', '2026-03-01T12:30:00Z'],
    ['2026-03-01T12:30:00.5+02:00', '2026-03-01T10:30:00.500Z'],
    ['90s', '2026-03-01T23:58:30Z'],
    ['2h', '2026-03-01T22:00:00Z'],
    ['7d', '2026-02-23T00:00:00Z'],
  ])('%s is a time', (text, time) => {
    expect(momentOf(text, now)).toEqual({ time: Date.parse(time) });
  });

  it.each([
    ['42', '0000000000000042'],
    ['0000000000000042', '0000000000000042'],
    ['1'.repeat(40), '1'.repeat(40)],
  ])('%s is a position', (text, position) => {
    expect(momentOf(text, now)).toEqual({ position });
  });

  it.each(['', 'yesterday', '2026-13-01', '2026-03-01T25:00', '5w', '-5m', '1'.repeat(41)])(
    '%j is none, and the fault says what would be one',
    (text) => {
      expect(momentOf(text, now)).toEqual({ fault: expect.stringContaining('2026-03-01T12:00:00Z') as string });
    },
  );
});

describe('where reading begins for a moment', () => {
  const life = Array.from({ length: 2_500 }, () => ({ box: 0, kind: 'status', session: 1 }) as const);

  it('leaves out only what was taken well before it', async () => {
    let clock = Date.parse(at(0));
    const store = openInMemoryStore({ clock: { now: () => (clock += 10_000) } });
    await live(store, life);
    const moment = { time: Date.parse(at(2_300)) };
    const after = await startOf(store, moment);
    const times: number[] = [];
    for await (const { events } of scan(store, { after }))
      times.push(...events.map(({ metadata }) => Date.parse(metadata.receivedAt)));
    expect(times[0]).toBeLessThan(moment.time - 3_590_000);
    expect(times.length).toBeLessThan(2_000);
    expect(times.filter((time) => time >= moment.time)).toHaveLength(200);
  });

  it('is the event itself for a position', async () => {
    const store = openInMemoryStore();
    await live(store, life.slice(0, 5));
    const position = '0000000000000003';
    const after = await startOf(store, { position });
    const { events } = await store.readAll({ from: after, limit: 1 });
    expect(events[0]?.position).toBe(position);
  });
});
