import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { LRUCache } from 'lru-cache';
import { deflate, gzip } from 'node:zlib';
import type { Log, Meter } from '@app/kernel';
import { Pipelines, waitingConnections } from '@app/kernel';
import type { BodyRefused } from './body';
import { readBody } from './body';
import { BodyRoom } from './body-room';
import type { IngressSettings } from './settings';
import type { SoapAnswer, SoapExchange } from './soap-exchange';
import { plainText } from './soap-exchange';
import { normalisedPath, targetOf } from './target';

export type WsdlSource = (service: 'central-system' | 'charge-point', address: string) => string;

interface Parts {
  readonly exchange: SoapExchange;
  readonly wsdl: WsdlSource;
  readonly meter: Meter;
  readonly log: Log;
}

const pack = { gzip: promisify(gzip), deflate: promisify(deflate) };
// Smaller answers grow when compressed (OCPP 1.5, 8.6).
const worthCompressing = 1_024;

/** The HTTP server that charge boxes call. A server of its own, because the adapter of Nest costs three quarters of its speed. */
export class SoapListener {
  private readonly server: Server;
  private readonly path: string;
  private readonly run = randomBytes(6).toString('base64url');
  private readonly answering = new WeakMap<Socket, ServerResponse>();
  private readonly room: BodyRoom;
  private readonly pipelines = new Pipelines();
  private readonly descriptions = new LRUCache<string, Buffer>({ max: 16 });
  private requests = 0;
  private inFlight = 0;
  private draining = false;

  constructor(
    private readonly settings: IngressSettings,
    private readonly parts: Parts,
  ) {
    this.path = normalisedPath(settings.path);
    this.room = new BodyRoom(settings.maximumBodies);
    this.server = createServer(
      {
        keepAliveTimeout: settings.keepAliveTimeout,
        // Headers and body must arrive in time, or a slow sender would hold a connection for ever.
        headersTimeout: settings.receiveTimeout,
        requestTimeout: settings.receiveTimeout,
        connectionsCheckingInterval: Math.max(250, Math.min(5_000, settings.receiveTimeout / 4)),
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => void this.handle(request, response),
    );
    this.server.maxConnections = settings.maximumConnections;
    this.server.maxHeadersCount = 100;
    // Who does not read an answer does not keep it for ever.
    this.server.timeout = settings.silenceTimeout;
    // Without a listener for `upgrade`, an offer of another protocol is served as HTTP/1.1 (RFC 9110, 7.8).
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      this.refuseGarbage(error, socket as Socket),
    );
  }

  /** Port that is listened on, once `listen` has resolved. */
  get port(): number {
    return (this.server.address() as AddressInfo | null)?.port ?? 0;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      const { port, host } = this.settings;
      this.server.listen({ port, host, backlog: waitingConnections }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  /** Still serves everybody, and asks them to come back on another connection. */
  letGo(): void {
    this.draining = true;
  }

  /** Takes no new connections, finishes what is being answered, then closes; after `patience` milliseconds it closes anyway. */
  async close(patience = 10_000): Promise<void> {
    if (!this.server.listening) return;
    this.draining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const end = setTimeout(() => this.server.closeAllConnections(), patience);
    await closed;
    clearTimeout(end);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.pipelines.refuses(request, response))
      return this.parts.meter.count('ocpp_refused_http_total', 'pipelined');
    this.answering.set(request.socket, response);
    try {
      await this.route(request, response);
    } catch (error) {
      this.parts.log.error({ err: error }, 'A request broke the listener');
      if (!response.headersSent) this.sendPlain(response, 500, 'Internal error.');
    } finally {
      this.answering.delete(request.socket);
    }
  }

  private route(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    if (asksForWebSocket(request)) return this.refuseWebSocket(request, response);
    const target = targetOf(request.url ?? '/');
    if (target.path !== this.path)
      return this.refuse(response, 404, 'path', `Charge boxes are served at ${this.settings.path}.`);
    if (request.method === 'POST') return this.exchange(request, response);
    if (request.method === 'GET' && target.wsdl !== undefined) return this.sendWsdl(request, response, target.wsdl);
    response.setHeader('Allow', 'POST');
    this.refuse(
      response,
      405,
      'method',
      `This is a SOAP service: POST an envelope, or GET ${this.settings.path}?wsdl for its description.`,
    );
  }

  private async exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const share = this.room.enter();
    try {
      // Only what has arrived is worked on: slow senders take connections, not the places of others.
      const body = await readBody(request, this.settings, share);
      if (!Buffer.isBuffer(body)) return await this.refuseBody(request, response, body);
      if (this.inFlight >= this.settings.maximumInFlight) return await this.sendOverloaded(request, response);
      this.inFlight += 1;
      try {
        await this.answer(body, request, response);
      } finally {
        this.inFlight -= 1;
      }
    } finally {
      share.leave();
    }
  }

  private sendOverloaded(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.send(request, response, this.parts.exchange.overloaded());
  }

  private async answer(body: Buffer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const answer = await this.parts.exchange.answer(body, {
      requestId: `${this.run}-${this.requests.toString(36)}`,
      contentType: request.headers['content-type'],
      headers: request.headers,
      remoteAddress: this.settings.proxies?.clientOf(request) ?? request.socket.remoteAddress,
      hangUp: () => this.waits(request.socket, response),
    });
    return this.send(request, response, answer);
  }

  /** The request waits for somebody outside: it is bounded by connections then, not by what is worked on at once. */
  private waits(socket: Socket, response: ServerResponse): AbortSignal {
    const hungUp = new AbortController();
    if (response.destroyed || response.closed || socket.destroyed) {
      // It has hung up already, and will not do so again.
      hungUp.abort();
      return hungUp.signal;
    }
    this.inFlight -= 1;
    // Of answers that stand in line behind another one only the connection tells the end.
    const ends = [response, socket];
    const end = () => {
      for (const each of ends) each.off('close', end);
      this.inFlight += 1;
      if (!response.writableFinished) hungUp.abort();
    };
    for (const each of ends) each.on('close', end);
    return hungUp.signal;
  }

  private async send(request: IncomingMessage, response: ServerResponse, answer: SoapAnswer): Promise<void> {
    const coding = answer.text.length > worthCompressing ? codingFor(request) : undefined;
    const body = coding === undefined ? answer.text : await pack[coding](answer.text);
    const headers: Record<string, string | number> = {
      'Content-Type': answer.contentType,
      'Content-Length': Buffer.byteLength(body),
    };
    if (coding !== undefined) headers['Content-Encoding'] = coding;
    if (answer.status === 503) headers['Retry-After'] = '5';
    if (this.draining) headers.Connection = 'close';
    response.writeHead(answer.status, headers).end(body);
  }

  private async refuseBody(
    request: IncomingMessage,
    response: ServerResponse,
    { status, reason, detail }: BodyRefused,
  ): Promise<void> {
    if (reason === 'aborted') {
      this.parts.meter.count('ocpp_refused_http_total', reason);
      return void request.socket.destroy();
    }
    // The rest of the body is not worth reading.
    response.setHeader('Connection', 'close');
    response.on('finish', () => request.socket.destroySoon());
    if (reason !== 'no-room') return this.refuse(response, status, reason, detail);
    this.parts.meter.count('ocpp_refused_http_total', reason);
    return this.sendOverloaded(request, response);
  }

  private sendWsdl(
    request: IncomingMessage,
    response: ServerResponse,
    service: 'central-system' | 'charge-point',
  ): void {
    const host = /^[A-Za-z0-9.:[\]-]{1,255}$/.exec(request.headers.host ?? '')?.[0] ?? `localhost:${this.port}`;
    const body = this.description(service, `http://${host}${this.settings.path}`);
    response.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': body.length }).end(body);
  }

  private description(service: 'central-system' | 'charge-point', address: string): Buffer {
    const key = `${service} ${address}`;
    const known = this.descriptions.get(key) ?? Buffer.from(this.parts.wsdl(service, address));
    this.descriptions.set(key, known);
    return known;
  }

  private refuse(response: ServerResponse, status: number, reason: string, sentence: string): void {
    this.parts.meter.count('ocpp_refused_http_total', reason);
    this.sendPlain(response, status, sentence);
  }

  private sendPlain(response: ServerResponse, status: number, sentence: string): void {
    const body = `${sentence}\n`;
    response.writeHead(status, { 'Content-Type': plainText, 'Content-Length': Buffer.byteLength(body) }).end(body);
  }

  private refuseWebSocket(request: IncomingMessage, response: ServerResponse): void {
    const { remoteAddress } = request.socket;
    this.parts.log.warn({ remoteAddress }, 'A WebSocket was asked for: this box speaks JSON, not SOAP');
    response.setHeader('Allow', 'POST').setHeader('Connection', 'close');
    const sentence =
      'This box speaks JSON (OCPP-J over WebSocket). This service speaks OCPP 1.5 over SOAP: set the box to SOAP.';
    this.refuse(response, 405, 'websocket', sentence);
  }

  private refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
    const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    this.parts.meter.count('ocpp_refused_http_total', slow ? 'timeout' : 'not-http');
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    // More bytes than the length said: what was complete gets its answer, which says more than a refusal of the rest.
    const response = this.answering.get(socket);
    if (response?.req.complete) return void response.once('finish', () => socket.destroySoon());
    if (slow) return endWith(socket, '408 Request Timeout', 'The request did not arrive in time.\n');
    if (error.code === 'HPE_HEADER_OVERFLOW')
      return endWith(socket, '431 Request Header Fields Too Large', 'The headers are too large.\n');
    endWith(socket, '400 Bad Request', 'This is not an HTTP request that can be read.\n');
  }
}

function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && /(^|,)\s*websocket\s*(,|$)/i.test(headers.upgrade ?? '');
}

function endWith(socket: Socket, status: string, body: string): void {
  const length = Buffer.byteLength(body);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${plainText}\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`,
    () => socket.destroySoon(),
  );
}

/** How to compress the answer: as the box accepts it, or as it compressed itself. */
function codingFor(request: IncomingMessage): 'gzip' | 'deflate' | undefined {
  const offered =
    `${String(request.headers['accept-encoding'] ?? '')},${request.headers['content-encoding'] ?? ''}`.toLowerCase();
  const refused = /(gzip|deflate)\s*;\s*q=0(\.0*)?\s*(,|$)/.exec(offered)?.[1];
  return (['gzip', 'deflate'] as const).find((coding) => offered.includes(coding) && coding !== refused);
}
