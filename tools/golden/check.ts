import type { Shape } from './shapes';
import { isChoice } from './shapes';

/** Shapes on file, by type and version. */
export type ShapesOnFile = Readonly<Record<string, Readonly<Record<string, Shape>>>>;

/** What the code says now. */
export interface CurrentShape {
  readonly version: number;
  readonly shape: Shape;
  /** Where its version is declared. */
  readonly declaredIn: string;
  /** Nothing of an older version is ever read. */
  readonly disposable?: boolean;
}

/** Everything that is wrong with stored shapes, each with what to do about it. */
export function faultsOf(current: Readonly<Record<string, CurrentShape>>, onFile: ShapesOnFile): readonly string[] {
  const gone = Object.keys(onFile)
    .filter((type) => !Object.hasOwn(current, type))
    .map((type) => `${type} is on file, so it may be in any history, but the code knows it no more. Keep it.`);
  return [...gone, ...Object.entries(current).flatMap(([type, now]) => faultOf(type, now, onFile[type] ?? {}))];
}

function faultOf(
  type: string,
  { version, shape, declaredIn, disposable = false }: CurrentShape,
  onFile: ShapesOnFile[string],
) {
  const versions = Object.keys(onFile).map(Number);
  const greatest = Math.max(0, ...versions);
  const known = onFile[version];
  if (known === undefined && version === greatest + 1)
    return [`${type} has no version ${version} on file yet: \`npm run golden\` writes it; commit what it writes.`];
  if (known === undefined)
    return [`${type} has version ${version} in ${declaredIn} where ${greatest} is the greatest on file.`];
  if (version < greatest)
    return [`${type} went back to version ${version}, but ${greatest} is on file and may be stored.`];
  const place = differenceOf(known, shape, 'data');
  if (place === undefined) return [];
  const step = disposable ? '' : `, add a step from ${version} to ${version + 1} to libs/charge-box/src/upcasters.ts`;
  return [
    `${type} changed its shape at ${place}, but its version is still ${version}, and data of version ${version} is stored as it was. Raise ` +
      `its version to ${version + 1} in ${declaredIn}${step}, and run \`npm run golden\`.`,
  ];
}

/** Path of the first place where two shapes are not the same. */
export function differenceOf(was: Shape, is: Shape, path: string): string | undefined {
  if (JSON.stringify(was) === JSON.stringify(is)) return undefined;
  if (typeof was === 'string' || typeof is === 'string' || isChoice(was) || isChoice(is)) return path;
  const members = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  for (const member of members) {
    const [before, after] = [was, is].map((shape) => (shape as Readonly<Record<string, Shape>>)[member]);
    const inner = `${path}.${member}`;
    if (before === undefined || after === undefined) return inner;
    const place = differenceOf(before, after, inner);
    if (place !== undefined) return place;
  }
  return path;
}

/** Path of the first place where a value is not of a shape. */
export function misfitOf(value: unknown, shape: Shape, path = 'data'): string | undefined {
  if (typeof shape === 'string') return isOneOf(value, shape.split(' | ')) ? undefined : path;
  if (isChoice(shape)) return shape.anyOf.some((each) => misfitOf(value, each, path) === undefined) ? undefined : path;
  if (Array.isArray(shape)) return misfitInList(value, (shape as readonly [Shape])[0], path);
  return misfitInMembers(value, shape as Readonly<Record<string, Shape>>, path);
}

function misfitInList(value: unknown, shape: Shape, path: string): string | undefined {
  if (!Array.isArray(value)) return path;
  return firstOf(value.map((each, place) => misfitOf(each, shape, `${path}[${place}]`)));
}

function misfitInMembers(value: unknown, shape: Readonly<Record<string, Shape>>, path: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return path;
  const missing = Object.keys(shape).filter((name) => !/[?*]$/.test(name) && !Object.hasOwn(value, name));
  const faults = Object.entries(value as Readonly<Record<string, unknown>>).map(([name, inner]) => {
    const expected = shape[name] ?? shape[`${name}?`] ?? shape['*'];
    return expected === undefined ? `${path}.${name}` : misfitOf(inner, expected, `${path}.${name}`);
  });
  return firstOf([...missing.map((name) => `${path}.${name}`), ...faults]);
}

const firstOf = (faults: readonly (string | undefined)[]) => faults.find((fault) => fault !== undefined);

function isOneOf(value: unknown, kinds: readonly string[]): boolean {
  return kinds.some((kind) => {
    if (kind === 'object') return typeof value === 'object' && value !== null;
    if (kind.startsWith("'")) return String(value) === kind.slice(1, -1);
    return kind === typeof value || kind === String(value);
  });
}
