import type { Log } from '@app/kernel';
import { errorCode, errorTable } from '@app/kernel';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemCode } from './problem';
import { Problem, problemTable, sendProblem } from './problem';
import type { Routes } from './routes';

const codeOfStatus = new Map<number, ProblemCode>([
  [400, 'malformed-body'],
  [401, 'unauthorized'],
  [404, 'not-found'],
  [405, 'method-not-allowed'],
  [409, 'refused'],
  [413, 'body-too-large'],
  [414, 'url-too-long'],
  [415, 'unsupported-media-type'],
  [503, 'unavailable'],
]);

/** Errors that pass by themselves or with the help of an operator; everything else of ours is a defect. */
const passing: ReadonlySet<string> = new Set([
  'store-full',
  'store-unavailable',
  'store-denied',
  'store-closed',
  'read-models-building',
  'projection-building',
  'projection-stopped',
  'conflict-persists',
  'mailbox-full',
  'overloaded',
  'captures-unavailable',
]);

/** Makes a problem of everything that is thrown. What callers did not cause is logged, and told without its internals. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly routes: Routes,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    const problem = request.is404 && error instanceof NotFoundException ? this.unrouted(request) : problemOf(error);
    if (problem.status >= 500)
      this.log.error({ requestId: request.id, error: textOf(error) }, 'A request of the API failed.');
    if (reply.sent) return;
    sendProblem(reply, problem);
  }

  private unrouted(request: FastifyRequest): Problem {
    const allowed = this.routes.methodsAt(request.url);
    if (allowed.length === 0) return new Problem('not-found');
    return new Problem('method-not-allowed', undefined, { headers: { allow: allowed.join(', ') } });
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (codeOf(error) === 'invalid-cursor') return invalidCursor();
  const own = errorCode(error);
  if (own !== undefined && passing.has(own)) {
    return new Problem('unavailable', errorTable[own], { headers: { 'retry-after': '5' } });
  }
  return error instanceof HttpException ? problemOfHttp(error) : new Problem('internal-error');
}

function problemOfHttp(error: HttpException): Problem {
  const status = error.getStatus();
  const code = codeOfStatus.get(status) ?? (status < 500 ? 'request-failed' : 'internal-error');
  const detail =
    status === 400 || code === 'request-failed' ? `${problemTable[code].detail} (${error.message})` : undefined;
  return new Problem(code, detail, { status });
}

const invalidCursor = () =>
  new Problem('invalid-request', undefined, {
    violations: [
      { in: 'query', path: 'cursor', message: 'The cursor is not one of this list.', code: 'invalid-cursor' },
    ],
  });

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
