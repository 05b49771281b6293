import type { Log } from '@app/kernel';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The id of a request: the one that the caller gives when it is short and clean, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,64}$/.test(given) ? given : randomUUID();
}

const mask = '***';
const longest = 300;

/** One line for each answer. It says who asked what and how it went, and never names an idTag. */
export function logAnswers(log: Log) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    // Probes ask every second, and nobody wants to read that.
    const level = request.url.startsWith('/health/') && reply.statusCode < 400 ? 'debug' : 'info';
    log[level](
      {
        requestId: request.id,
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
        remoteAddress: request.ip,
      },
      'Answered a request of the API.',
    );
  };
}

function pathOf(request: FastifyRequest): string {
  const pattern = request.is404 ? undefined : request.routeOptions.url;
  // Without a route nothing tells where an idTag stands.
  if (pattern === undefined) return /tag|%/i.test(request.url) ? mask : cut(request.url);
  const values = request.params as Readonly<Record<string, string>>;
  const path = pattern.replace(/:(\w+)/g, (_, name: string) =>
    name === 'idTag' ? mask : encodeURIComponent(values[name] ?? ''),
  );
  return cut(path + queryOf(request, pattern));
}

function queryOf(request: FastifyRequest, pattern: string): string {
  const secret = (name: string) => /tag/i.test(name) || (name === 'search' && pattern.includes('id-tags'));
  const known = new URLSearchParams(request.url.split('?').slice(1).join('?'));
  const shown = [...known].map(
    ([name, value]) => `${encodeURIComponent(name)}=${secret(name) ? mask : encodeURIComponent(value)}`,
  );
  return shown.length === 0 ? '' : `?${shown.join('&')}`;
}

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}...` : text);
