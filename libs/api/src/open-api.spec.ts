import SwaggerParser from '@apidevtools/swagger-parser';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { apiAdapter } from './adapter';
import { configureApi } from './configure-api';
import { rootOf, Sides } from './specs/fake-sides';
import { namedSchemas, referenceTo } from './schema-documents';
import * as answers from './schemas/answers';
import * as captures from './schemas/captures';
import * as commands from './schemas/commands';
import * as consequences from './schemas/consequences';
import * as delegation from './schemas/delegation';
import * as projections from './schemas/projections';
import * as requests from './schemas/requests';
import * as rows from './schemas/rows';
import * as transactionRows from './schemas/transaction-rows';
import * as webhooks from './schemas/webhooks';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let app: NestFastifyApplication;
let document: Document;
let operations: [string, Operation][];
const served: string[] = [];

beforeAll(async () => {
  const adapter = apiAdapter();
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) served.push(`${name} ${url.replace(/:(\w+)/g, '{$1}')}`);
  });
  app = await NestFactory.create<NestFastifyApplication>(rootOf(new Sides()), adapter, {
    bodyParser: false,
    logger: false,
  });
  await configureApi(app);
  await app.listen(0, '127.0.0.1');
  document = (await (await fetch(`${await app.getUrl()}/api/docs-json`)).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
});
afterAll(() => app.close());

describe('The OpenAPI document', () => {
  it('is valid', async () => {
    await expect(SwaggerParser.validate(structuredClone(document) as never)).resolves.toBeDefined();
  });

  it('has every route that is served, and no other', () => {
    const routes = served.filter((route) => !/^HEAD |\/api\/docs/.test(route));
    expect(routes.length).toBeGreaterThan(20);
    expect(operations.map(([name]) => name).sort()).toEqual(routes.sort());
  });

  it('names every operation once', () => {
    const names = operations.map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const [, { summary }] of operations) expect(summary).toMatch(/^[A-Z].*\.$/);
  });

  it('asks for the key everywhere but for health', () => {
    const open = operations.filter(([, { security }]) => security?.length === 0).map(([name]) => name);
    expect(open).toEqual(['GET /health/live', 'GET /health/ready']);
    expect(document).toMatchObject({ security: [{ key: [] }] });
  });

  it('has the refusals of every operation', () => {
    for (const [, { responses, security, requestBody }] of operations) {
      const expected = security ? ['500'] : ['401', '429', '500', '503'];
      if (requestBody) expected.push('400', '413', '415');
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(expected));
      const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400);
      const described = refusals.filter(
        ([, { content = {} }]) => 'application/problem+json' in content || 'application/json' in content,
      );
      expect(described).toHaveLength(refusals.length);
    }
  });

  it('has a schema for every answer but an empty one', () => {
    for (const [name, { responses }] of operations) {
      const empty = Object.entries(responses).filter(([, { content }]) => content === undefined);
      expect([name, empty.map(([status]) => status)]).toEqual([name, '204' in responses ? ['204'] : []]);
    }
  });

  it('tells what a parameter may be', () => {
    const list = document.paths['/api/transactions']?.get?.parameters;
    expect(list?.find(({ name }) => name === 'limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    });
    expect(list?.find(({ name }) => name === 'from')).toMatchObject({
      schema: { type: 'string', format: 'date-time' },
    });
    expect(document.paths['/api/transactions/{id}']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'id', in: 'path', required: true }),
    );
  });

  it('tells which answers come as CSV, and which body is', () => {
    const csv = operations
      .filter(([, { responses }]) => 'text/csv' in (responses['200']?.content ?? {}))
      .map(([name]) => name);
    expect(csv.sort()).toEqual([
      'GET /api/id-tags',
      'GET /api/meter-values',
      'GET /api/transactions',
      'GET /api/transactions/{id}/meter-values',
    ]);
    expect(Object.keys(document.paths['/api/id-tags/import']?.post?.requestBody?.content ?? {})).toEqual(['text/csv']);
  });

  it('has examples that keep to their schemas', () => {
    const schemas = [
      rows,
      transactionRows,
      answers,
      captures,
      projections,
      requests,
      commands,
      consequences,
      delegation,
      webhooks,
    ].flatMap((module) => Object.values<unknown>(module));
    const documented = namedSchemas() as Record<string, { example?: unknown }>;
    let examples = 0;
    for (const schema of schemas) {
      const id = schema instanceof z.ZodType ? nameOf(schema) : undefined;
      const example = id === undefined ? undefined : documented[id]?.example;
      if (example === undefined) continue;
      examples += 1;
      expect([id, (schema as z.ZodType).safeParse(example).error?.issues]).toEqual([id, undefined]);
    }
    expect(examples).toBeGreaterThan(15);
  });

  it('is shown as a page that loads nothing from elsewhere', async () => {
    const response = await fetch(`${await app.getUrl()}/api/docs`);
    const html = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(html).not.toMatch(/(src|href)=["'](https?:)?\/\//);
    expect(html).not.toMatch(/<script>/);
    for (const asset of ['swagger-ui-bundle.js', 'swagger-ui-init.js', 'swagger-ui.css']) {
      const loaded = await fetch(`${await app.getUrl()}/api/docs/${asset}`);
      expect([loaded.status, (await loaded.arrayBuffer()).byteLength > 1000]).toEqual([200, true]);
    }
  });
});

function nameOf(schema: z.ZodType): string | undefined {
  try {
    return referenceTo(schema).$ref.split('/').at(-1);
  } catch {
    return undefined;
  }
}
