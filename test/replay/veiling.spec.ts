import { idTagStream, idTagVeiling } from '@app/charge-box';
import type { EventMetadata, Texts, Veilable } from '@app/kernel';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Protects: an event that can hold an idTag never comes to a store in clear. It sees members by their names alone.

const file = join(__dirname, 'golden/shapes.json');
const shapes = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'charge-box', receivedAt: '' };
const hidden: Texts = { text: () => 'hidden', ending: (key) => key.replace(/[^|]*$/, 'hidden') };
const veil = (type: string, data: object, more: Partial<EventMetadata> = {}) =>
  idTagVeiling.inEvent<Veilable>({ type, data, metadata: { ...metadata, ...more } }, hidden);

/** An example of data with every idTag that a shape has. */
function sample(shape: unknown): unknown {
  if (Array.isArray(shape)) return shape.map(sample);
  if (typeof shape !== 'object' || shape === null) return shape;
  return Object.fromEntries(
    Object.entries(shape).map(([name, inner]) => {
      const plain = name.replace(/[?]$/, '');
      return [plain, /idtag$/i.test(plain) ? 'a person' : sample(inner)];
    }),
  );
}

const cases = Object.entries(shapes).flatMap(([type, versions]) =>
  Object.entries(versions).map(([version, shape]): [string, string, object] => [
    type,
    version,
    sample(shape) as object,
  ]),
);

it('finds events with idTags among the shapes on file', () => {
  expect(cases.filter(([, , data]) => JSON.stringify(data).includes('a person')).length).toBeGreaterThan(8);
});

it.each(cases)('%s, version %s, is stored without an idTag', (type, _version, data) => {
  expect(JSON.stringify(veil(type, data).data)).not.toContain('a person');
});

it.each(cases)('%s, version %s, comes back as it was', (type, _version, data) => {
  const same: Texts = { text: (text) => text, ending: (key) => key };
  const event = { type, data, metadata };
  expect(idTagVeiling.inEvent(event, same)).toEqual(event);
});

it('is not deceived by what stands beside: the state of a box, what operators note, what deviations quote', () => {
  const open = [{ transactionId: 1, key: '1|0|2026-01-01T00:00:00Z|person', idTagInfo: { parentIdTag: 'person' } }];
  const waiting = [{ request: { key: 'a|b', idTag: 'person' } }];
  expect(veil('SnapshotTaken', { schema: 4, state: { open, waiting } }).data).toEqual({
    schema: 4,
    state: {
      open: [{ transactionId: 1, key: '1|0|2026-01-01T00:00:00Z|hidden', idTagInfo: { parentIdTag: 'hidden' } }],
      waiting: [{ request: { key: 'a|hidden', idTag: 'hidden' } }],
    },
  });
  expect(veil('IdTagSaved', { idTag: 'person', note: 'Jo' }).data).toEqual({ idTag: 'hidden', note: 'hidden' });
  const quirks = [
    { name: 'too-long', path: 'idTag', text: 'person' },
    { name: 'enum-case', path: 'status', text: 'AVAILABLE' },
  ];
  const veiledNotes = [{ name: 'too-long', path: 'idTag', text: 'hidden' }, quirks[1]];
  expect(veil('StatusNotified', {}, { quirks }).metadata.quirks).toEqual(veiledNotes);
  expect(veil('QuirksNoted', { quirks }).data).toEqual({ quirks: veiledNotes });
});

it('knows the text in the name of a stream, and whose texts are alike', () => {
  expect(idTagVeiling.inStream(idTagStream('Jo/1'))).toBe('jo/1');
  expect(idTagVeiling.inStream('chargeBox-1')).toBeUndefined();
  expect(idTagVeiling.ownerOf(' Jo ')).toBe(idTagVeiling.ownerOf('JO'));
});
