import type { ExecutionContext } from '@nestjs/common';
import { applyDecorators, createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  ApiBody,
  ApiConsumes,
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import type { ProblemCode, Violation } from './problem';
import { Problem, problemTable } from './problem';
import { referenceTo, schemaOf } from './schema-documents';

/** What an operation answers when all goes well. */
interface Answer {
  readonly description: string;
  /** Schema of the JSON; registered under a name. */
  readonly schema?: z.ZodType;
  /** The answer can be CSV too: its columns. */
  readonly csv?: readonly string[];
  readonly text?: string;
  /** The answer can come as another text too. */
  readonly lines?: string;
  /** The answer tells in `X-Position` up to where it reads. */
  readonly position?: true;
}

/** One operation of the API, declared once: validation and documentation follow from it. */
export interface Endpoint {
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Schema of a JSON body, or `csv` for text that the operation reads itself. */
  readonly body?: z.ZodType | 'csv';
  readonly answers: Readonly<Record<number, Answer>>;
  readonly problems: readonly ProblemCode[];
  /** The operation needs no key. */
  readonly open?: true;
}

type Parsed<Part> = Part extends z.ZodType ? z.output<Part> : Part extends 'csv' ? Buffer : undefined;

/** What an operation gets to see of its request, after validation. */
export interface InputOf<Declared extends Endpoint> {
  readonly path: Parsed<Declared['path']>;
  readonly query: Parsed<Declared['query']>;
  readonly body: Parsed<Declared['body']>;
}

export const endpoint = <const Declared extends Endpoint>(declared: Declared): Declared => declared;

/** The validated parts of the request. All violations in all parts are told at once. */
export const Input = createParamDecorator((declared: Endpoint, context: ExecutionContext) =>
  inputOf(declared, context.switchToHttp().getRequest<FastifyRequest>()),
);

const nothing = z.strictObject({});

function inputOf(declared: Endpoint, request: FastifyRequest) {
  requireMediaType(declared, request);
  const violations: Violation[] = [];
  const read = (place: Violation['in'], schema: z.ZodType | undefined, value: unknown) => {
    const result = (schema ?? nothing).safeParse(value, { reportInput: true });
    if (!result.success) violations.push(...result.error.issues.flatMap((issue) => violationsOf(place, issue)));
    return result.data;
  };
  const path = read('path', declared.path, request.params);
  const query = read('query', declared.query, request.query);
  const body = declared.body instanceof z.ZodType ? read('body', declared.body, request.body) : request.body;
  if (violations.length > 0) throw new Problem('invalid-request', undefined, { violations });
  return { path, query, body };
}

function requireMediaType({ body }: Endpoint, request: FastifyRequest): void {
  if (body === undefined || request.body === undefined) return;
  if (Buffer.isBuffer(request.body) !== (body === 'csv')) throw new Problem('unsupported-media-type');
}

function violationsOf(place: Violation['in'], issue: z.core.$ZodIssue): Violation[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      in: place,
      path: [...issue.path, key].join('.'),
      message: 'Nothing of this name is known here.',
      code: 'unknown',
    }));
  }
  const code = codeOf(issue);
  const message = code === 'missing' ? 'This is needed.' : issue.message;
  return [{ in: place, path: issue.path.join('.'), message, code }];
}

/** The stable code of what is wrong with a value. */
export function codeOf(issue: z.core.$ZodIssue): string {
  const mayBeMissing = issue.code === 'invalid_type' || issue.code === 'invalid_value';
  if (mayBeMissing && issue.input === undefined) return 'missing';
  const own: unknown = issue.code === 'custom' ? issue.params?.code : undefined;
  return typeof own === 'string' ? own : issue.code.replaceAll('_', '-');
}

/** Puts an operation into the OpenAPI document. */
export function Described(declared: Endpoint): MethodDecorator {
  const { tag, summary, description, open } = declared;
  return applyDecorators(
    ApiTags(tag),
    ApiOperation({ summary, ...(description && { description }), ...(open && { security: [] }) }),
    ApiHeader({
      name: 'X-Request-Id',
      description: 'Id of the request, for the log: 1 to 64 of A-Z a-z 0-9 . _ : -',
      required: false,
      schema: { type: 'string' },
    }),
    ...parameters(declared.path, (name, schema) => ApiParam({ name, required: true, ...schema })),
    ...parameters(declared.query, (name, schema, required) => ApiQuery({ name, required, ...schema })),
    ...bodyOf(declared.body),
    ...Object.entries(declared.answers).map(([status, answer]) => ApiResponse(answerOf(Number(status), answer))),
    ...problemsOf(declared),
    ApiExtension('x-problems', declared.problems),
  );
}

type ParameterDecorator = (name: string, options: object, required: boolean) => MethodDecorator;

function parameters(schema: z.ZodObject | undefined, decorate: ParameterDecorator): MethodDecorator[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, example, ...rest } = schemaOf(field as z.ZodType) as Readonly<Record<string, unknown>>;
    const required = !(field as z.ZodType).safeParse(undefined).success;
    const explode = rest.type === 'array' ? { style: 'form', explode: true } : {};
    return decorate(
      name,
      { description, ...(example !== undefined && { example }), ...explode, schema: rest },
      required,
    );
  });
}

function bodyOf(body: Endpoint['body']): MethodDecorator[] {
  if (body === undefined) return [];
  if (body !== 'csv') return [ApiBody({ required: true, schema: referenceTo(body) })];
  return [ApiConsumes('text/csv'), ApiBody({ required: true, schema: { type: 'string' } })];
}

function answerOf(status: number, { description, schema, csv, text, lines, position }: Answer) {
  const headers = {
    'X-Request-Id': { description: 'Id of the request, for the log.', schema: { type: 'string' as const } },
    ...(position && {
      'X-Position': { description: 'Place in the log of what was done.', schema: { type: 'string' as const } },
    }),
  };
  const content = {
    ...(schema && { 'application/json': { schema: referenceTo(schema) } }),
    ...(csv && { 'text/csv': { schema: { type: 'string' as const }, example: `${csv.join(',')}\r\n` } }),
    ...Object.fromEntries(
      [text, lines].flatMap((type) => (type ? [[type, { schema: { type: 'string' as const } }]] : [])),
    ),
  };
  return { status, description, headers, ...(Object.keys(content).length > 0 && { content }) };
}

function problemsOf({ problems, open }: Endpoint): MethodDecorator[] {
  const always: ProblemCode[] = open
    ? ['internal-error']
    : ['unauthorized', 'wrong-key', 'too-many-wrong-keys', 'internal-error', 'unavailable'];
  const codes = [...new Set([...problems, ...always])];
  const statuses = [...new Set(codes.map((code) => problemTable[code].status))];
  return statuses.map((status) =>
    problemAnswer(
      status,
      codes.filter((code) => problemTable[code].status === status),
    ),
  );
}

function problemAnswer(status: number, codes: readonly ProblemCode[]) {
  return ApiResponse({
    status,
    description: codes.map((code) => `${problemTable[code].title}: ${problemTable[code].detail}`).join(' '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        example: new Problem(codes[0] ?? 'internal-error').details('5f0f3f5e-7d1c-4a53-9a4e-1d1c6a3f2b10'),
      },
    },
  });
}
