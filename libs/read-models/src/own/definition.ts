import { chargeBoxEventSchemas, idTagEventSchemas, presetEventSchemas } from '@app/charge-box';
import { z } from 'zod';
import type { Occasion } from '../projection';
import { followedTables } from '../sqlite/followed-tables';

// What a file with a projection from outside must export. Everything in it was written elsewhere: it is looked at before it is used.

const reserved: ReadonlySet<string> = new Set([...Object.keys(followedTables), 'events']);
const projectedTypes: ReadonlySet<string> = new Set(
  [chargeBoxEventSchemas, idTagEventSchemas, presetEventSchemas].flatMap((schemas) => Object.keys(schemas)),
);
/** They mean something else in a query. */
const notColumns: ReadonlySet<string> = new Set(['limit', 'cursor']);

const name = z
  .string('must be a text')
  .regex(/^[a-z][a-z0-9_-]{0,40}$/, 'must be 1 to 41 of a-z 0-9 _ -, a letter first')
  .refine((text) => !reserved.has(text), 'is the name of a projection of the service');

const functionOf = <Given extends readonly never[]>() =>
  z.custom<(...given: Given) => unknown>((value) => typeof value === 'function', 'must be a function');

const columnName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_]{0,40}$/, 'must be 1 to 41 letters, digits or _, a small letter first')
  .refine((text) => !notColumns.has(text), 'means something else in queries');

const type = z.string().refine((text) => projectedTypes.has(text), {
  error: 'is no type of event of a charge box, an idTag or a preset (docs/events.md)',
});

const change = z.strictObject({
  keys: functionOf<[data: never, occasion: never]>(),
  apply: functionOf<[row: never, data: never, occasion: never]>(),
});

const exportedProjection = z.strictObject({
  name,
  version: z.int('must be a whole number').min(1, 'must be at least 1').max(999_999, 'must be at most 999999'),
  columns: z
    .record(columnName, functionOf<[row: never]>())
    .refine((columns) => Object.keys(columns).length <= 16, 'may be 16 at most')
    .default({}),
  indexes: z.array(z.string()).max(8, 'may be 8 at most').default([]),
  on: z
    .record(type, change)
    .refine((changes) => Object.keys(changes).length > 0, 'must have a change for one type of event at least'),
});

/** One type of event in a projection from outside. */
export interface OwnChange {
  keys(data: object, occasion: Omit<Occasion, 'key'>): unknown;
  apply(row: object | undefined, data: object, occasion: Occasion): unknown;
}

/** A projection from outside as its file exports it. */
export interface OwnProjection {
  readonly name: string;
  readonly version: number;
  readonly columns: Readonly<Record<string, (row: object) => unknown>>;
  readonly indexes: readonly string[];
  readonly on: Readonly<Record<string, OwnChange>>;
}

/** Reads what a file exports, or says everything that is wrong with it. */
export function readOwnProjection(exported: unknown): OwnProjection | { readonly faults: readonly string[] } {
  const read = exportedProjection.safeParse(exported);
  const faults = [...(read.error?.issues ?? []).flatMap(faultsOf), ...unknownIndexes(exported)];
  if (faults.length > 0 || read.data === undefined) return { faults };
  return read.data as unknown as OwnProjection;
}

function faultsOf(issue: z.core.$ZodIssue): readonly string[] {
  const place = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...issue.path, key].join('.')} means nothing here`);
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `${place} ${message}`);
  if (issue.path.length === 0) return ['The file must export one projection: module.exports = { name, version, on }'];
  return [
    `${place} ${issue.code === 'invalid_type' && issue.message.startsWith('Invalid') ? `must be ${aOf(issue.expected)}` : issue.message}`,
  ];
}

const aOf = (kind: string): string => (/^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`);

function unknownIndexes(exported: unknown): readonly string[] {
  const { columns, indexes } = (exported ?? {}) as { readonly columns?: unknown; readonly indexes?: unknown };
  if (!Array.isArray(indexes)) return [];
  const known = Object.keys(columns ?? {});
  const unknown = indexes.filter((index) => typeof index === 'string' && !known.includes(index)) as string[];
  return unknown.map((index) => `indexes names ${JSON.stringify(index.slice(0, 80))}, which is no column`);
}
