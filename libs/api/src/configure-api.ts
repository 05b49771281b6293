import helmet from '@fastify/helmet';
import { Pipelines, silentLog } from '@app/kernel';
import type { Clock } from '@app/kernel';
import { RequestMethod } from '@nestjs/common';
import type { NestApplicationOptions, Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { logAnswers } from './access-log';
import type { AdapterOptions } from './adapter';
import { apiAdapter, listBodyLimit, urlLimit } from './adapter';
import { authenticate } from './authentication';
import { unprefixed } from './health.controller';
import { docsPath, openApiOf, serveDocs } from './open-api';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { Problem } from './problem';
import { ProblemFilter } from './problem.filter';
import { readAtLeast } from './read-at-least';
import { routesOf } from './routes';
import { API_CLOCK } from './tokens';
import { WrongKeys } from './wrong-keys';

export interface CreateApiOptions extends AdapterOptions {
  /** Options of the Nest application besides its parsers of bodies, which are the API's own. */
  readonly nest?: Omit<NestApplicationOptions, 'bodyParser'>;
}

/** Makes the application of the API out of the module that holds `ApiModule`; what remains is to listen. */
export async function createApi(
  root: Type<unknown> | DynamicModule,
  { nest, ...adapter }: CreateApiOptions = {},
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(root, apiAdapter(adapter), {
    ...nest,
    bodyParser: false,
  });
  await configureApi(app);
  return app;
}

/** Sets up an application made with `apiAdapter` and `bodyParser: false`, before it listens. */
export async function configureApi(app: NestFastifyApplication): Promise<void> {
  const options = app.get<ApiOptions>(API_OPTIONS, { strict: false });
  const log = options.logger ?? silentLog;
  const server = app.getHttpAdapter().getInstance();
  const routes = routesOf(server);
  cutOffFloods(server);
  // First, so that refusals have these headers too.
  await secureAnswers(app, server);
  server.addHook('onResponse', logAnswers(log));
  server.addHook(
    'onRequest',
    authenticate({
      apiKey: options.apiKey,
      wrongKeys: new WrongKeys(app.get<Clock>(API_CLOCK, { strict: false })),
      open: openPaths(options),
    }),
  );
  server.addHook('preHandler', readAtLeast(options));
  limitRequests(server);
  closeInTime(server);
  readBodies(server);
  app.useGlobalFilters(new ProblemFilter(log, routes));
  app.setGlobalPrefix('api', { exclude: unprefixed.map((path) => ({ path, method: RequestMethod.ALL })) });
  serveDocs(app, openApiOf(app, options.version));
}

function cutOffFloods(server: FastifyInstance): void {
  const pipelines = new Pipelines();
  server.addHook('onRequest', (request, reply, done) => {
    if (pipelines.refuses(request.raw, reply.raw)) return void reply.hijack();
    done();
  });
}

const openPaths = ({ metricsPublic, open }: ApiOptions) => [
  '/health/*',
  docsPath,
  `${docsPath}-json`,
  `${docsPath}/*`,
  ...(metricsPublic ? ['/metrics'] : []),
  ...(open ?? []),
];

const takesLists: ReadonlySet<string> = new Set(['/api/id-tags/import', '/api/charge-boxes/:identity/local-list']);

function limitRequests(server: FastifyInstance): void {
  server.addHook('onRequest', async ({ url }) => {
    if (url.length > urlLimit) throw new Problem('url-too-long');
  });
  server.addHook('onRoute', (route) => {
    if (takesLists.has(route.url)) route.bodyLimit = listBodyLimit;
  });
}

// The API is served over plain http in many places: neither HSTS nor upgrade-insecure-requests, or its pages would break.
async function secureAnswers(app: NestFastifyApplication, server: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    hsts: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null, frameAncestors: ["'none'"] } },
    xFrameOptions: { action: 'deny' },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
  server.addHook('onSend', async (_request, reply) => {
    if (reply.getHeader('cache-control') === undefined) void reply.header('cache-control', 'no-store');
  });
}

/** Requests under way may finish; a connection that is held open and says nothing must not keep the service from ending. */
function closeInTime(server: FastifyInstance): void {
  server.addHook('preClose', async () => {
    setTimeout(() => server.server.closeAllConnections(), 1_000).unref();
  });
}

function readBodies(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain');
  const readJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, readJson);
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Many clients name a type on every request.
    if (request.method === 'DELETE' && body === '') return done(null);
    return readJson(request, body, done);
  });
  server.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
