/** Stands in the place of a member that an accessor computes. The accessor is not called, and no kind allows it. */
const computed = Symbol('computed');

/** The own members of a plain object, `undefined` for anything else. Nothing of the value is run, except the traps of a proxy. */
export function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return guarded(() => {
    if (typeof value !== 'object' || value === null || !isPlain(value)) return undefined;
    return new Map(Object.getOwnPropertyNames(value).map((name) => [name, memberOf(value, name)]));
  });
}

/** The entries of a list without gaps, `undefined` for anything else. */
export function entriesOf(value: unknown): readonly unknown[] | undefined {
  return guarded(() => {
    if (!Array.isArray(value)) return undefined;
    const entries: unknown[] = [];
    for (let index = 0; index < value.length; index += 1) {
      if (!Object.hasOwn(value, index)) return undefined;
      entries.push(memberOf(value, index));
    }
    return entries;
  });
}

/** What a value is, for people. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (value === computed) return 'a computed member';
  if (typeof value === 'object') return guarded(() => (Array.isArray(value) ? 'a list' : undefined)) ?? 'an object';
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.slice(0, 40))}${value.length > 40 ? '...' : ''}`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
}

function memberOf(value: object, name: string | number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, name);
  return descriptor === undefined || 'value' in descriptor ? (descriptor?.value as unknown) : computed;
}

/** An object literal, also of another realm; not a list, a date, a map or an instance of a class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty'))
  );
}

// Only a proxy can throw here. What cannot be looked at is not plain data.
function guarded<Result>(look: () => Result | undefined): Result | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
