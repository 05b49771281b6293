import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { Failed, NoAnswer, NotSent } from './outcome';

/** One HTTP request as it goes out. */
export interface Outgoing {
  readonly url: URL;
  /** IP address that the connection is made to, whatever the name in the URL says by now. */
  readonly address: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  readonly agent: Agent;
  /** Milliseconds until the connection must be up, and until all must be done. */
  readonly connectWithin: number;
  readonly within: number;
  readonly maximumAnswer: number;
}

/** One HTTP answer, whole, as it came. */
export interface Incoming {
  readonly kind: 'incoming';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A kept connection turned out dead before a byte of an answer came: the box may or may not have read the request. */
interface Stale extends NoAnswer {
  readonly stale: true;
}

export type Exchanged = Incoming | Failed | NotSent | NoAnswer | Stale;

/** How far a request has got. */
interface Progress {
  socket?: Socket;
  /** Up means that the request is being written, and may have been read. */
  up: boolean;
  reused: boolean;
  answering: boolean;
  readBefore: number;
}

// Every socket that has carried a request: the agent does not say so of one that is handed on to a request in waiting.
const used = new WeakSet<Socket>();

/** Sends one request and takes its answer. Ends in time, whatever comes; never rejects. */
export function exchange(outgoing: Outgoing): Promise<Exchanged> {
  return new Promise((resolve) => {
    const progress: Progress = { up: false, reused: false, answering: false, readBefore: 0 };
    const request = begin(outgoing);
    let connecting: NodeJS.Timeout | undefined;
    let isSettled = false;
    const total = setTimeout(() => settle(outOfTime(progress, outgoing)), outgoing.within);
    const settle = (outcome: Exchanged) => {
      // Whatever comes later must not end a connection that has been kept for others.
      if (isSettled) return;
      isSettled = true;
      clearTimeout(total);
      clearTimeout(connecting);
      resolve(outcome);
      if (outcome.kind !== 'incoming') request.destroy();
    };
    request.on('socket', (socket) => {
      if (isSettled) return;
      connecting = setTimeout(() => settle(notConnected(outgoing)), outgoing.connectWithin);
      follow(socket, progress, outgoing.url, () => clearTimeout(connecting));
    });
    request.on('response', (response) => {
      progress.answering = true;
      collect(response, outgoing.maximumAnswer, settle);
    });
    request.on('upgrade', () => settle(noAnswer('The answer is in another protocol than HTTP.')));
    request.on('error', (error) => settle(afterError(error, progress, outgoing)));
    request.on('close', () => {
      // An answer that ends with its connection is handed over after this.
      if (!progress.answering) settle(afterError(new Error('The connection was closed.'), progress, outgoing));
    });
    request.end(outgoing.body);
  });
}

/**
 * The socket goes to the pinned address, while Host and the name that TLS checks stay those of the URL. An address in place of
 * a name also keeps the agent from handing out a connection that was made to another address.
 */
function begin({ url, address, headers, agent }: Outgoing): ClientRequest {
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = url.protocol === 'https:';
  return (secure ? httpsRequest : httpRequest)({
    method: 'POST',
    host: address,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    headers: { ...headers, Host: url.host },
    agent,
    ...(secure ? { servername: isIP(name) === 0 ? name.replace(/\.$/, '') : '' } : {}),
  });
}

function follow(socket: Socket, progress: Progress, url: URL, connected: () => void): void {
  const up = () => {
    progress.up = true;
    connected();
  };
  progress.socket = socket;
  progress.reused = used.has(socket);
  progress.readBefore = socket.bytesRead;
  used.add(socket);
  if (progress.reused) up();
  else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', up);
}

function collect(response: IncomingMessage, maximum: number, settle: (outcome: Exchanged) => void): void {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  const brokeOff = () => settle(noAnswer('The answer broke off before its end.'));
  response.on('error', brokeOff).on('close', brokeOff);
  if (Number(headers['content-length'] ?? 0) > maximum) return settle(tooLarge(maximum, status));
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maximum) settle(tooLarge(maximum, status));
    else chunks.push(chunk);
  });
  response.on('end', () => settle({ kind: 'incoming', status, headers, body: Buffer.concat(chunks) }));
}

export const tooLarge = (maximum: number, status: number): Failed => ({
  kind: 'failed',
  reason: 'too-large',
  detail: `The answer is larger than ${maximum} bytes.`,
  status,
});

const noAnswer = (detail: string): NoAnswer => ({ kind: 'no-answer', detail });

const place = ({ address, url }: Outgoing): string =>
  `${address} port ${url.port === '' ? url.protocol.slice(0, -1) : url.port}`;

function outOfTime({ up }: Progress, outgoing: Outgoing): NoAnswer | NotSent {
  return up ? noAnswer(`There was no answer within ${Math.round(outgoing.within)} ms.`) : notConnected(outgoing);
}

const notConnected = (outgoing: Outgoing): NotSent => ({
  kind: 'not-sent',
  reason: 'connection-timeout',
  detail: `No connection to ${place(outgoing)} came up in time; nothing is there or a firewall drops what is sent there.`,
});

function afterError(error: NodeJS.ErrnoException, progress: Progress, outgoing: Outgoing): Exchanged {
  const { up, reused, socket, readBefore } = progress;
  if (!up) return beforeConnection(error, outgoing);
  const outcome = noAnswer(`The connection to ${place(outgoing)} was lost before the answer: ${error.message}`);
  const lost = error.code === 'ECONNRESET' || error.code === 'EPIPE';
  return lost && reused && socket?.bytesRead === readBefore ? { ...outcome, stale: true } : outcome;
}

function beforeConnection(error: NodeJS.ErrnoException, outgoing: Outgoing): NotSent {
  if (error.code === 'ETIMEDOUT') return notConnected(outgoing);
  if (error.code === 'ECONNREFUSED') {
    const detail = `${place(outgoing)} refused the connection: nothing listens there.`;
    return { kind: 'not-sent', reason: 'connection-refused', detail };
  }
  const detail = `No connection to ${place(outgoing)}: ${error.message}`;
  return { kind: 'not-sent', reason: 'connection-failed', detail };
}
