import 'reflect-metadata';
import { upcast } from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CurrentShape } from '../../tools/golden/check';
import { faultsOf, misfitOf } from '../../tools/golden/check';
import { extents } from '../../tools/golden/examples';
import * as files from '../../tools/golden/files';
import type { Shape } from '../../tools/golden/shapes';
import { isChoice, shapesIn } from '../../tools/golden/shapes';

// A stored shape is for ever: what was on file of any version is read as it was, and no shape changes without a version of its own. Cannot see:
// a member that means something else under the same name and type, unless a row or the state shows it.

const root = join(__dirname, '../..');
const golden = files.goldenFiles(root);
const onFile = files.shapesOnFile(root);
let current: ReturnType<typeof files.currentShapes>;
beforeAll(() => {
  current = files.currentShapes(root);
}, 60_000);

function recorded(type: string, schema: number, data: object): RecordedEvent {
  const metadata = { schema, correlationId: 'g', causationId: 'g', actor: 'system', receivedAt: '' };
  return { id: 'g', type, stream: 'golden', revision: 0, position: '1', recordedAt: '', data, metadata };
}

/** Paths of members that may be absent and are. */
function absent(value: unknown, shape: Shape, path = 'data'): readonly string[] {
  if (typeof shape === 'string' || isChoice(shape) || value === undefined) return value === undefined ? [path] : [];
  if (Array.isArray(shape))
    return (value as unknown[]).flatMap((each) => absent(each, (shape as readonly [Shape])[0], path));
  return Object.entries(shape).flatMap(([name, inner]) => {
    const member = name.replace(/[?*]$/, '');
    return absent((value as Readonly<Record<string, unknown>>)[member], inner, `${path}.${member}`);
  });
}

describe('what is stored', () => {
  it('has the shapes that are on file', () => {
    expect(faultsOf(current, onFile)).toEqual([]);
  });

  it('has a golden file for every version of every type', () => {
    const wanted = Object.entries(onFile)
      .filter(([type]) => type !== 'SnapshotTaken')
      .flatMap(([type, versions]) => Object.keys(versions).map((version) => `${type}.v${version}`));
    expect(golden.map(({ type, schema }) => `${type}.v${schema}`)).toEqual(wanted.toSorted());
  });

  it.each(golden)(
    '$type of version $schema is of its shape, in full and at its least',
    ({ type, schema, examples }) => {
      const shape = onFile[type]?.[schema] ?? 'none';
      expect(extents.map((extent) => misfitOf(examples[extent], shape))).toEqual([undefined, undefined]);
      expect(absent(examples.full, shape)).toEqual([]);
      const optional = typeof shape === 'object' ? Object.keys(shape).filter((name) => name.endsWith('?')) : [];
      expect(optional.filter((name) => Object.hasOwn(examples.minimal, name.slice(0, -1)))).toEqual([]);
    },
  );

  it.each(golden)('$type of version $schema is lifted to the shape of today', ({ type, schema, examples }) => {
    for (const extent of extents) {
      const { data, metadata } = upcast(recorded(type, schema, examples[extent]));
      expect(metadata.schema).toBe(current[type]?.version);
      expect(misfitOf(data, current[type]?.shape ?? 'none')).toBeUndefined();
    }
  });

  it('leads where it always led', async () => {
    const [was, now] = [files.outcomesOnFile(root), await files.currentOutcomes(root)];
    expect(files.faultsOfOutcomes(was, now)).toEqual([]);
    expect(now).toEqual(was);
  }, 60_000);
});

describe('the check of shapes', () => {
  const declaredIn = 'a table';
  const shape = { at: 'string', 'note?': 'string', inner: { list: [{ a: 'number' }] as const } };
  const now = (version: number, changed: Shape = shape): Record<string, CurrentShape> => ({
    Happened: { version, shape: changed, declaredIn },
  });
  const kept = { Happened: { 1: shape } };

  it('is content with what is on file, in whatever order it was declared', () => {
    expect(faultsOf(now(1), kept)).toEqual([]);
  });

  it.each<[string, Shape, string]>([
    ['a member more that may be absent', { ...shape, 'more?': 'string' }, 'data.more?'],
    ['a member less', { at: 'string', inner: shape.inner }, 'data.note?'],
    ['a member that must be there now', { at: 'string', note: 'string', inner: shape.inner }, 'data.note?'],
    ['another type deep inside', { ...shape, inner: { list: [{ a: 'string' }] } }, 'data.inner.list.0.a'],
    ['a literal more', { ...shape, at: "'a' | string" }, 'data.at'],
    ['a choice', { ...shape, inner: { anyOf: ['string', shape.inner] } }, 'data.inner'],
  ])('refuses %s, and says what to do', (_what, changed, place) => {
    const [fault = '', ...more] = faultsOf(now(1, changed), kept);
    expect(more).toEqual([]);
    expect(fault).toContain(`Happened changed its shape at ${place}, but its version is still 1`);
    for (const word of ['to 2 in a table', 'a step from 1 to 2', 'npm run golden']) expect(fault).toContain(word);
  });

  it.each([
    ['is not on file yet', now(2), kept, 'npm run golden'],
    ['leaves one out', now(3), kept, '1 is the greatest on file'],
    ['went back', now(1), { Happened: { 1: shape, 2: shape } }, 'went back to version 1'],
    ['is known no more', {}, kept, 'Keep it'],
  ])('tells a version that %s', (_what, is, was, sentence) => {
    expect(faultsOf(is, was)).toEqual([expect.stringContaining(sentence)]);
  });

  it('sees structure alone in types', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shapes-'));
    const file = join(folder, 'events.ts');
    const event = (type: string, data: string) => `{ readonly type: '${type}'; readonly data: ${data} }`;
    writeFileSync(
      file,
      `type Name = string;
      interface Inner { readonly b?: Name; /** A comment. */ a: readonly number[] }
      export type Events =
        | ${event('One', "{ x: 'b' | 'a'; y: Inner; z: true | undefined }")}
        | ${event('Two', '{ z?: true; y: { a: number[]; b?: string | undefined } } & { x: "a" | "b" }')}
        | ${event('Three', 'Partial<Record<"p" | "q", boolean>>')}
        | ${event('Four', '{ open: "known" | (string & {}); any: { a: 1 } | { b: string } | null; map: Record<string, number> }')};`,
    );
    const shapes = shapesIn(file, 'Events', []);
    rmSync(folder, { recursive: true });
    const inner = { a: ['number'], 'b?': 'string' };
    expect(shapes).toEqual({
      One: { x: "'a' | 'b'", y: inner, z: 'true' },
      Two: { x: "'a' | 'b'", y: inner, 'z?': 'true' },
      Three: { 'p?': 'boolean', 'q?': 'boolean' },
      Four: {
        any: { anyOf: [`'null'`.slice(1, -1), { a: "'1'" }, { b: 'string' }] },
        map: { '*': 'number' },
        open: "'known' | string",
      },
    });
  }, 60_000);
});

describe('npm run golden', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'golden-'));
    cpSync(join(root, files.goldenFolder), join(folder, files.goldenFolder), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const text = (name: string) => readFileSync(join(folder, files.goldenFolder, name), 'utf8');
  const heartbeat = (version: number): Record<string, CurrentShape> => ({
    HeartbeatReceived: { version, shape: { at: 'string', 'more?': 'number' }, declaredIn: 'a table' },
  });

  it('writes nothing when nothing is new', () => {
    const before = text('shapes.json');
    expect(files.writeNewShapes(folder, current)).toEqual([]);
    expect(text('shapes.json')).toBe(before);
  });

  it('never overwrites a version that is there', () => {
    expect(files.writeNewShapes(folder, heartbeat(1))).toEqual([]);
    expect(files.shapesOnFile(folder)).toEqual(onFile);
  });

  it('adds a new version beside the old ones', () => {
    const before = text('HeartbeatReceived.v1.json');
    expect(files.writeNewShapes(folder, heartbeat(2))).toEqual([
      'HeartbeatReceived 2 in shapes.json',
      'HeartbeatReceived.v2.json',
    ]);
    expect(JSON.parse(text('HeartbeatReceived.v2.json'))).toMatchObject({
      schema: 2,
      examples: { full: { more: expect.any(Number) as number } },
    });
    expect(text('HeartbeatReceived.v1.json')).toBe(before);
    expect(files.shapesOnFile(folder)).toMatchObject({
      HeartbeatReceived: { 1: { at: 'string' }, 2: { 'more?': 'number' } },
    });
  });

  it('keeps outcomes until the version of what they are outcomes of is another', () => {
    const outcome = (value: number) => ({ state: { value }, rows: [`+ ${value}`] });
    const was = { stateSchema: 1, rows: 'a:1', outcomes: { 'X.v1 full': outcome(1) } };
    const now = (stateSchema: number, rows: string) => ({ stateSchema, rows, outcomes: { 'X.v1 full': outcome(2) } });
    expect(files.mergedOutcomes(was, now(1, 'a:1'))).toEqual({ 'X.v1 full': outcome(1) });
    expect(files.mergedOutcomes(was, now(2, 'a:1'))).toEqual({ 'X.v1 full': { state: { value: 2 }, rows: ['+ 1'] } });
    expect(files.mergedOutcomes(was, now(1, 'a:2'))).toEqual({ 'X.v1 full': { state: { value: 1 }, rows: ['+ 2'] } });
    expect(files.faultsOfOutcomes(was, now(1, 'a:1'))).toEqual([
      expect.stringContaining('raise stateSchema'),
      expect.stringContaining('raise the version of the projection'),
    ]);
    expect(files.faultsOfOutcomes({ ...was, outcomes: {} }, now(1, 'a:1'))).toEqual([
      expect.stringContaining('no outcomes on file'),
    ]);
    expect(files.faultsOfOutcomes(was, { ...was, outcomes: {} })).toEqual([expect.stringContaining('Keep it')]);
  });
});
