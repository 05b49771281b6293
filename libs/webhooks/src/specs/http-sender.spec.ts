import type { AllowList } from '@app/egress';
import { parseAllowList } from '@app/egress';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpSender } from '../http-sender';

// How a delivery goes over HTTP, at a receiver of this machine. Cannot see: TLS, which libs/egress shows.

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let requests: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
let sender: HttpSender;
beforeEach(async () => {
  requests = [];
  answer = (_request, response) => response.writeHead(204).end();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sender = senderTo('127.0.0.0/8');
});
afterEach(async () => {
  sender.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function senderTo(allow: string, timeout = 2_000): HttpSender {
  return new HttpSender({ allow: parseAllowList(allow) as AllowList, timeout }, async (name) =>
    name === 'rebound.example' ? ['192.0.2.1', '127.0.0.1'] : ['127.0.0.1'],
  );
}

const port = () => (server.address() as AddressInfo).port;
const post = (url = `http://127.0.0.1:${port()}/hook?a=1`) =>
  sender.send({ url, headers: { 'Webhook-Id': '7' }, body: '{"ä":1}' });

describe('a delivery', () => {
  it('is a POST of the whole body', async () => {
    expect(await post()).toEqual({ kind: 'answered', status: 204, retryAfter: undefined });
    expect(requests).toMatchObject([
      { path: '/hook?a=1', body: '{"ä":1}', headers: { 'webhook-id': '7', 'content-length': '8' } },
    ]);
  });

  it('follows no redirect', async () => {
    answer = (_request, response) => response.writeHead(302, { Location: `http://127.0.0.1:${port()}/other` }).end();
    expect(await post()).toMatchObject({ kind: 'answered', status: 302 });
    expect(requests).toHaveLength(1);
  });

  it('takes the pause that a receiver asks for', async () => {
    answer = (_request, response) => response.writeHead(429, { 'Retry-After': '7' }).end();
    expect(await post()).toEqual({ kind: 'answered', status: 429, retryAfter: '7' });
  });

  it('reads no more of an answer than it needs', async () => {
    answer = (_request, response) => {
      response.writeHead(500);
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', flood).on('error', () => undefined);
      flood();
    };
    expect(await post()).toEqual({ kind: 'answered', status: 500 });
  });

  it('does not wait longer than it may', async () => {
    sender = senderTo('127.0.0.0/8', 200);
    answer = () => undefined;
    expect(await post()).toMatchObject({ kind: 'failed', reason: 'no-answer' });
  });

  it('fails where nobody listens', async () => {
    const { port: free } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await post(`http://127.0.0.1:${free}/`)).toMatchObject({ kind: 'failed', reason: 'connection-refused' });
    server.listen(0, '127.0.0.1');
  });

  it('goes again over a connection of its own where the kept one was closed', async () => {
    await post();
    let first = true;
    answer = (request, response) => {
      if (first) request.socket.destroy();
      else response.writeHead(200).end();
      first = false;
    };
    expect(await post()).toMatchObject({ kind: 'answered', status: 200 });
    expect(requests).toHaveLength(3);
  });
});

describe('an address', () => {
  it.each([
    ['loopback that is not listed', 'public', () => `http://127.0.0.1:${port()}/`],
    ['a name that leads to one', 'public', () => `http://inner.example:${port()}/`],
    ['a name that leads to a good and a bad one', '127.0.0.0/8', () => `http://rebound.example:${port()}/`],
    ['metadata of a cloud', '0.0.0.0/0', () => 'http://169.254.169.254/'],
    ['another port than is listed', '127.0.0.0/8:1', () => `http://127.0.0.1:${port()}/`],
  ])('that is %s is not called', async (_what, allow, url) => {
    sender = senderTo(allow);
    expect(await post(url())).toMatchObject({ kind: 'failed', reason: 'address-refused' });
    expect(requests).toEqual([]);
  });

  it('is judged by its text already, with what to do about it', () => {
    sender = senderTo('public');
    expect(sender.faultOf('https://example.com/hook')).toBeUndefined();
    expect(sender.faultOf('https://user:word@example.com/')).toMatch(
      /has a user or a password; give the webhook another URL/,
    );
    expect(sender.faultOf('ftp://example.com/')).toMatch(/is no http or https URL/);
    expect(sender.faultOf('http://127.0.0.1/')).toBe(
      '127.0.0.1 is a loopback address; add 127.0.0.0/8 to WEBHOOK_ALLOW if the receiver runs on this very machine.',
    );
    expect(sender.faultOf('http://10.1.2.3/')).toBe(
      '10.1.2.3 is not in WEBHOOK_ALLOW; add 10.1.2.0/24 there, or give the webhook another URL.',
    );
  });
});
