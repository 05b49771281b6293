import type { FeedFormat, Sink } from '@app/feeds';
import type { FastifyReply } from 'fastify';

const mediaTypes: Readonly<Record<FeedFormat, string>> = {
  sse: 'text/event-stream; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** Which format a request asks for. */
export function formatOf(accept: string | undefined): FeedFormat {
  return /\bapplication\/(x-)?ndjson\b/i.test(accept ?? '') ? 'ndjson' : 'sse';
}

/** Begins the answer that a feed is written into. */
export function openConnection(reply: FastifyReply, format: FeedFormat): Sink {
  reply.hijack();
  const { raw: response } = reply;
  const headers = Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined));
  response.writeHead(200, {
    ...(headers as Record<string, string>),
    'content-type': mediaTypes[format],
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  response.flushHeaders();
  // A reader that goes away while something is written to it is no fault of ours; `close` follows.
  response.on('error', () => undefined);
  return {
    write: (text) => response.write(text),
    whenDrained: (work) => void response.once('drain', work),
    end: () => void response.end(),
    cut: () => void response.destroy(),
  };
}
