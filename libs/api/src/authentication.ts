import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KeyVerifier } from './options';
import { Problem } from './problem';
import type { WrongKeys } from './wrong-keys';

/** What lets requests in. */
export interface Gate {
  readonly apiKey: KeyVerifier;
  readonly wrongKeys: WrongKeys;
  /** Paths that need no key; a trailing `*` stands for all that follows. */
  readonly open: readonly string[];
}

/**
 * Lets a request in when its route is open or it carries the key. It runs before the body is read, so strangers cannot make
 * the service read megabytes, and a route is closed unless it is named as open.
 */
export function authenticate(gate: Gate) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    void reply.header('x-request-id', request.id);
    if (isOpen(gate.open, request)) return;
    const wait = gate.wrongKeys.waitOf(request.ip);
    if (wait > 0) throw new Problem('too-many-wrong-keys', undefined, { headers: { 'retry-after': String(wait) } });
    const key = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined) throw unauthorized('unauthorized', '');
    if (gate.apiKey.verify(key)) return;
    gate.wrongKeys.note(request.ip);
    throw unauthorized('wrong-key', ', error="invalid_token"');
  };
}

// The registered path decides, not the text of the URL, which can be written in many ways. Only for what no route serves
// there is nothing but the text: outside /api that is not found anyway.
function isOpen(open: readonly string[], request: FastifyRequest): boolean {
  const path = request.routeOptions.url;
  if (request.is404 || path === undefined) return !/^\/(api|metrics)/i.test(request.url);
  return open.some((entry) => (entry.endsWith('*') ? path.startsWith(entry.slice(0, -1)) : path === entry));
}

function unauthorized(code: 'unauthorized' | 'wrong-key', suffix: string): Problem {
  return new Problem(code, undefined, {
    headers: { 'www-authenticate': `Bearer realm="ocpp-central-system"${suffix}` },
  });
}
