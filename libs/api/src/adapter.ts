import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { requestIdOf } from './access-log';
import type { ProblemCode } from './problem';
import { Problem, problemType, sendProblem } from './problem';

/** Longest URL that is read. Longer than any identity that can be recorded, percent-encoded. */
export const urlLimit = 8192;
const mebibyte = 1_048_576;
const bodyLimit = mebibyte;
/** Largest body of the routes that take whole lists. */
export const listBodyLimit = 16 * mebibyte;

export interface AdapterOptions {
  /** Reverse proxies whose X-Forwarded-For is believed: addresses or networks. None by default. */
  readonly trustProxy?: readonly string[];
}

/** The HTTP server of the API, with its limits. */
export function apiAdapter({ trustProxy }: AdapterOptions = {}): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit,
    requestTimeout: 60_000,
    trustProxy: trustProxy && trustProxy.length > 0 ? [...trustProxy] : false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: urlLimit },
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const code = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'url-too-long' : 'malformed-request';
      void reply.header('x-request-id', reply.request.id);
      sendProblem(reply, new Problem(code));
    },
    clientErrorHandler: refuseConnection,
  });
}

const codeOfConnectionError: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

// What is no HTTP never becomes a request: the answer goes straight to the socket.
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const problem = new Problem(codeOfConnectionError[error.code ?? ''] ?? 'malformed-request').details(requestId);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
