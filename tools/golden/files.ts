import { eventSchemas, stateSchema } from '@app/charge-box';
import { shapeOfRows } from '@app/read-models';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CurrentShape, ShapesOnFile } from './check';
import { exampleOf, extents } from './examples';
import type { Extent } from './examples';
import type { GoldenEvent, Outcome } from './outcomes';
import { outcomesOf } from './outcomes';
import { shapesIn } from './shapes';

// What is on file of every shape that was ever stored. A file that is there is never written again, but for the outcomes, which may change
// with the version of what they are outcomes of.

/** One shape of one type of event, with data that a program of its time may have stored. */
export interface GoldenFile {
  readonly type: string;
  readonly schema: number;
  readonly examples: Readonly<Record<Extent, object>>;
}

export interface OutcomesOnFile {
  /** Of the state of a charge box. */
  readonly stateSchema: number;
  /** Of all rows. */
  readonly rows: string;
  /** By `<Type>.v<N> <extent>`. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export const goldenFolder = 'test/replay/golden';
const file = (root: string, name: string) => join(root, goldenFolder, name);
const read = <Content>(root: string, name: string): Content =>
  JSON.parse(readFileSync(file(root, name), 'utf8')) as Content;
const write = (root: string, name: string, content: unknown) =>
  writeFileSync(file(root, name), `${JSON.stringify(content, null, 2)}\n`);

const snapshots = 'SnapshotTaken';
const state = 'ChargeBoxState';

/** The shapes as the types of the code have them. */
export function currentShapes(root: string): Readonly<Record<string, CurrentShape>> {
  const { [state]: ofState, ...events } = shapesIn(join(root, 'libs/charge-box/src/index.ts'), 'StoredEvent', [state]);
  const declared = Object.entries(events).map(([type, shape]): [string, CurrentShape] => {
    const version = (eventSchemas as Readonly<Record<string, number>>)[type] ?? 0;
    return [type, { version, shape, declaredIn: 'the table of schema versions beside the event' }];
  });
  if (ofState === undefined) throw new Error(`${state} has no shape`);
  const ofSnapshots = {
    version: stateSchema,
    shape: ofState,
    declaredIn: 'libs/charge-box/src/state.ts',
    disposable: true,
  };
  return Object.fromEntries([...declared, [snapshots, ofSnapshots]]);
}

export const shapesOnFile = (root: string): ShapesOnFile =>
  existsSync(file(root, 'shapes.json')) ? read<ShapesOnFile>(root, 'shapes.json') : {};

/** What happened before each example. */
export const givenOnFile = (root: string): readonly GoldenEvent[] => read(root, 'given.json');
export const outcomesOnFile = (root: string): OutcomesOnFile | undefined =>
  existsSync(file(root, 'outcomes.json')) ? read(root, 'outcomes.json') : undefined;

export function goldenFiles(root: string): readonly GoldenFile[] {
  const names = readdirSync(join(root, goldenFolder)).filter((name) => /\.v\d+\.json$/.test(name));
  return names.sort().map((name) => read(root, name));
}

/** The outcomes of all golden files, as the code brings them about now. */
export async function currentOutcomes(root: string): Promise<OutcomesOnFile> {
  const events = goldenFiles(root).flatMap(({ type, schema, examples }) =>
    extents.map((extent) => ({ name: `${type}.v${schema} ${extent}`, type, schema, data: examples[extent] })),
  );
  const outcomes = await outcomesOf(givenOnFile(root), events);
  const named = events.map(({ name }, place) => [name, outcomes[place] as Outcome] as const);
  return { stateSchema, rows: shapeOfRows, outcomes: Object.fromEntries(named) };
}

/** Writes shapes that are new, and a file for each. Returns the names of what was written. */
export function writeNewShapes(root: string, current: Readonly<Record<string, CurrentShape>>): readonly string[] {
  mkdirSync(join(root, goldenFolder), { recursive: true });
  const written: string[] = [];
  let shapes = shapesOnFile(root);
  for (const [type, { version, shape, disposable = false }] of Object.entries(current)) {
    if (shapes[type]?.[version] === undefined) {
      shapes = { ...shapes, [type]: { ...shapes[type], [version]: shape } };
      written.push(`${type} ${version} in shapes.json`);
    }
    const name = `${type}.v${version}.json`;
    if (disposable || existsSync(file(root, name))) continue;
    const [full, minimal] = [exampleOf(type, shape, 'full'), exampleOf(type, shape, 'minimal')];
    write(root, name, { type, schema: version, examples: { full, minimal } } satisfies GoldenFile);
    written.push(name);
  }
  write(root, 'shapes.json', shapes);
  return written;
}

/** Writes outcomes that are new, or those of another version. */
export async function writeOutcomes(root: string): Promise<readonly string[]> {
  const [was, now] = [outcomesOnFile(root), await currentOutcomes(root)];
  const merged = { ...now, outcomes: mergedOutcomes(was, now) };
  if (JSON.stringify(merged) === JSON.stringify(was)) return [];
  write(root, 'outcomes.json', merged);
  return ['outcomes.json'];
}

/** What came out under the same versions stays on file, so that a test sees that it comes out otherwise now. */
export function mergedOutcomes(
  was: OutcomesOnFile | undefined,
  now: OutcomesOnFile,
): Readonly<Record<string, Outcome>> {
  return Object.fromEntries(
    Object.entries(now.outcomes).map(([name, outcome]) => {
      const known = was?.outcomes[name];
      const state = known !== undefined && was?.stateSchema === now.stateSchema ? known.state : outcome.state;
      const rows = known !== undefined && was?.rows === now.rows ? known.rows : outcome.rows;
      return [name, { state, rows }];
    }),
  );
}

/** Where the same events lead elsewhere under the same versions, each with what to do about it. */
export function faultsOfOutcomes(was: OutcomesOnFile | undefined, now: OutcomesOnFile): readonly string[] {
  const other = (name: string, part: keyof Outcome) =>
    JSON.stringify(was?.outcomes[name]?.[part]) !== JSON.stringify(now.outcomes[name]?.[part]);
  return Object.keys({ ...was?.outcomes, ...now.outcomes }).flatMap((name) => {
    if (now.outcomes[name] === undefined)
      return [`${name} has outcomes on file, but its golden file is gone. Keep it.`];
    if (was?.outcomes[name] === undefined) return [`${name} has no outcomes on file: \`npm run golden\` writes them.`];
    return [...(other(name, 'state') ? [stateFault(name)] : []), ...(other(name, 'rows') ? [rowsFault(name)] : [])];
  });
}

const stateFault = (name: string) =>
  `${name} leads to another state than is on file, and snapshots hold that one. If it is meant to, raise stateSchema in ` +
  'libs/charge-box/src/state.ts, and run `npm run golden`.';
const rowsFault = (name: string) =>
  `${name} leads to other rows than are on file, and read models hold those. If it is meant to, raise the version of the projection, or ` +
  'of the tables in libs/read-models/src/sqlite/database.ts, and run `npm run golden`.';
