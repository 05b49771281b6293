import { z } from 'zod';

/** What is registered about a schema that has a name in the OpenAPI document. */
interface Registered {
  readonly id: string;
  readonly description?: string;
  readonly example?: unknown;
  [key: string]: unknown;
}

const registry = z.registry<Registered>();
const uri = (id: string) => `#/components/schemas/${id}`;

/** Gives a schema a name in the OpenAPI document. */
export function named<Schema extends z.ZodType>(
  schema: Schema,
  id: string,
  about: Omit<Registered, 'id'> = {},
): Schema {
  registry.add(schema, { id, ...about });
  return schema;
}

/** A reference to a schema that has a name. */
export function referenceTo(schema: z.ZodType): { $ref: string } {
  const id = registry.get(schema)?.id;
  if (id === undefined) throw new Error('A schema of the API has no name.');
  return { $ref: uri(id) };
}

/** The schemas that have names, as OpenAPI 3.0 has them. */
export function namedSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(registry, {
    target: 'openapi-3.0',
    metadata: registry,
    uri,
    io: 'input',
    override: plain,
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, { ...schema, $id: undefined }]));
}

/** A schema without a name, as OpenAPI 3.0 has it. */
export function schemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'output', override: plain, unrepresentable: 'any' });
}

type Override = Parameters<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'] & object>[0];

// Page-long patterns of formats and the greatest safe integer tell a reader nothing.
function plain({ jsonSchema }: Pick<Override, 'jsonSchema'>): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}
