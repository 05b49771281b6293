import type { ChargeBoxEvent, CompleteMeterValue } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import { rebuildFromZero } from '@app/read-models';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transactionStory } from '../transaction-story';
import { at, dressed, identityOf, kinds, streamFor } from './a-life';

// Protects: the read models and the command line name one figure for the energy of a transaction, with its origin.

const folder = mkdtempSync(join(tmpdir(), 'energy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const identity = identityOf(0);
const meterValues = (value: string, moment = at(2)): readonly CompleteMeterValue[] => [
  {
    timestamp: { at: moment },
    value: [
      {
        value,
        unit: 'Wh',
        context: 'Sample.Periodic',
        format: 'Raw',
        measurand: 'Energy.Active.Import.Register',
        location: 'Outlet',
      },
    ],
  },
];

const { meterStop: _meterStop, ...bareStop } = kinds.stop(1, at(5)).data as Extract<
  ChargeBoxEvent,
  { type: 'TransactionStopped' }
>['data'];
const closing = { transactionId: 1, connectorId: 2, stoppedAt: at(5), suspicions: [], reason: 'lost', at: at(6) };
const stop = (more: object = {}) => ({ type: 'TransactionStopped', data: { ...bareStop, ...more } }) as ChargeBoxEvent;
const closed = (more: object = {}) => ({ type: 'TransactionClosed', data: { ...closing, ...more } }) as ChargeBoxEvent;
const corrected = (more: object = {}) =>
  ({ type: 'TransactionCorrected', data: { ...closing, orphanId: 'o', ...more } }) as ChargeBoxEvent;
const reading = (value: string): ChargeBoxEvent => ({
  type: 'MeterValuesReported',
  data: { connectorId: 2, transactionId: 1, values: meterValues(value), suspicions: [], at: at(2) },
});
const start = kinds.start(1, at(0));

/** The energy as the read models and as the story tell it. */
async function energiesOf(events: readonly ChargeBoxEvent[]) {
  const store = openInMemoryStore();
  for (const [place, event] of events.entries())
    await store.append(streamFor(identity, event.type), [dressed(event, place)], 'any');
  const file = join(folder, `${(files += 1)}.db`);
  await rebuildFromZero(store, file);
  const database = new Database(file, { readonly: true });
  const kept = database.prepare<[], { row: string }>("SELECT row FROM transactions WHERE key = '1'").get();
  database.close();
  const figures = ({ energy, energySource }: { energy?: number; energySource?: string }) => ({ energy, energySource });
  const row = JSON.parse(kept?.row ?? '{}') as { energy?: number; energySource?: string; meterStop?: number };
  return { row: figures(row), story: figures(await transactionStory(store, identity, 1)), meterStop: row.meterStop };
}

describe('the energy of a transaction', () => {
  it.each<[string, readonly ChargeBoxEvent[], number | undefined, string | undefined]>([
    ['is that of meterStop', [start, reading('1900'), stop({ meterStop: 1_500 })], 500, 'meterStop'],
    [
      'is that of the readings of a stop without meterStop',
      [start, reading('1900'), stop({ transactionData: meterValues('1600') })],
      600,
      'transactionData',
    ],
    [
      'stays that of the last meter values when the stop has none',
      [start, reading('1900'), stop()],
      900,
      'meterValues',
    ],
    ['stays so when it is closed by hand without a figure', [start, reading('1900'), closed()], 900, 'meterValues'],
    ['follows meter values that came after such an end', [start, closed(), reading('1900')], 900, 'meterValues'],
    [
      'does not follow them when the stop has one',
      [start, stop({ meterStop: 1_500 }), reading('1900')],
      500,
      'meterStop',
    ],
    ['takes no reading before its start', [reading('1900'), start], undefined, undefined],
    [
      'is that of the readings of an orphaned stop that closed it',
      [start, reading('1900'), closed({ orphanId: 'o', lastRegister: 1_700 })],
      700,
      'transactionData',
    ],
    [
      'is that of the stop that corrected it',
      [start, closed({ meterStop: 1_100 }), corrected({ meterStop: 51_000 })],
      50_000,
      'meterStop',
    ],
    [
      'stays as it was when the correction has no figure',
      [start, closed({ meterStop: 1_100 }), corrected()],
      100,
      'meterStop',
    ],
  ])('%s', async (_rule, events, energy, energySource) => {
    const { row, story } = await energiesOf(events);
    expect({ row, story }).toEqual({ row: { energy, energySource }, story: { energy, energySource } });
  });

  it('leaves no meterStop beside it that a correction has overtaken', async () => {
    const events = [start, closed({ meterStop: 1_100 }), corrected({ lastRegister: 1_700 })];
    expect(await energiesOf(events)).toMatchObject({ row: { energy: 700 }, meterStop: undefined });
  });

  it('is the same in rows and stories, whatever happened', async () => {
    const figure = fc.constantFrom<object>({}, { meterStop: 1_200 }, { meterStop: 900 });
    const ofBox = fc.oneof(figure, fc.constant({ transactionData: meterValues('1300') }));
    const ofHand = fc.oneof(figure, fc.constant({ lastRegister: 1_400 }));
    const anything = fc.oneof(
      fc.constantFrom('1500', '1600', 'x').map(reading),
      ofBox.map(stop),
      ofHand.map(closed),
      ofHand.map(corrected),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 6 }), async (events) => {
        const { row, story } = await energiesOf([start, ...events]);
        expect(row).toEqual(story);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
