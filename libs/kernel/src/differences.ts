/** What is different between two plain values, a sentence each; none where they are equal. */
export function differencesBetween(before: unknown, now: unknown): readonly string[] {
  const [old, young] = [leavesOf(before), leavesOf(now)];
  const paths = [...new Set([...old.keys(), ...young.keys()])];
  return paths
    .filter((path) => old.get(path) !== young.get(path))
    .map((path) => `${path}: ${old.get(path) ?? 'absent'}, now ${young.get(path) ?? 'absent'}`);
}

/** The single values inside, by their paths. A list of single values is one of them; what is undefined is absent. */
function leavesOf(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (!isComposed(value)) return new Map([[path, textOf(value)]]);
  const isList = Array.isArray(value) && !value.some(isComposed);
  if (isList) return new Map([[path, value.map(textOf).join(', ') || 'none']]);
  return new Map(
    Object.entries(value).flatMap(([name, inner]) => [...leavesOf(inner, path === '' ? name : `${path}.${name}`)]),
  );
}

const isComposed = (value: unknown): value is object => typeof value === 'object' && value !== null;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
