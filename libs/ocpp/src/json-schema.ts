import type { Field, Kind, StringKind } from './schema';
import { fieldsOf, optional, text } from './schema';

/** A JSON Schema (2020-12, as in OpenAPI 3.1) of the kinds that messages are made of. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly format?: 'date-time';
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
}

/** What `validate` allows, as a schema. It cannot say which characters XML carries: `validate` has the last word. */
export function jsonSchemaOf(kind: Kind): JsonSchema {
  switch (kind.kind) {
    case 'struct':
      return { ...(kind.name === undefined ? {} : { title: kind.name }), ...objectOf(fieldsOf(kind)) };
    case 'attributedText':
      return objectOf([
        { name: 'value', of: text(), occurs: 'one' },
        ...Object.entries(kind.attributes).map(([name, of]) => ({ name, ...optional(of) })),
      ]);
    case 'enum':
      return { title: kind.name, type: 'string', enum: [...kind.literals] };
    case 'int':
      return { type: 'integer', minimum: kind.min ?? -2_147_483_648, maximum: 2_147_483_647 };
    case 'boolean':
      return { type: 'boolean' };
    case 'instant':
      return { type: 'string', format: 'date-time' };
    case 'string':
      return textOf(kind);
  }
}

function objectOf(fields: readonly (Field & { readonly name: string })[]): JsonSchema {
  const required = fields.filter(({ occurs }) => occurs !== 'optional' && occurs !== 'many').map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, occurring(field)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function occurring({ of, occurs }: Field): JsonSchema {
  if (occurs !== 'many' && occurs !== 'some') return jsonSchemaOf(of);
  return { type: 'array', items: jsonSchemaOf(of), ...(occurs === 'some' ? { minItems: 1 } : {}) };
}

function textOf({ name, max, xsd, caseInsensitive }: StringKind): JsonSchema {
  return {
    ...(name === undefined ? {} : { title: name }),
    ...(caseInsensitive === true ? { description: 'Compared without regard to letter case.' } : {}),
    type: 'string',
    ...(xsd === 'anyURI' ? { minLength: 1 } : {}),
    ...(max === undefined ? {} : { maxLength: max }),
  };
}
