import { Agent, request } from 'node:http';
import { gunzipSync, inflateSync } from 'node:zlib';

/** One exchange over HTTP, finished. */
export interface Exchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Post {
  (body: Buffer, headers: Readonly<Record<string, string>>, how?: { readonly loseAnswer?: boolean }): Promise<Exchange>;
  close(): void;
}

/** Posts to the address that `url` gives, over kept connections. Redirects are not followed; compressed answers are unpacked. */
export function createPost(url: () => string, timeout: number): Post {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const post = (body: Buffer, headers: Readonly<Record<string, string>>, { loseAnswer = false } = {}) =>
    new Promise<Exchange>((resolve, reject) => {
      const outgoing = request(url(), {
        method: 'POST',
        agent,
        timeout,
        headers: { ...headers, 'Content-Length': String(body.length) },
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('No answer in time.')));
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        if (loseAnswer) return outgoing.destroy(new Error('The answer was lost on purpose.'));
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: unpacked(Buffer.concat(chunks), response.headers['content-encoding']),
          }),
        );
      });
      outgoing.end(body);
    });
  return Object.assign(post, { close: () => agent.destroy() });
}

function unpacked(body: Buffer, encoding: string | undefined): string {
  if (encoding === 'gzip') return gunzipSync(body).toString();
  return (encoding === 'deflate' ? inflateSync(body) : body).toString();
}
