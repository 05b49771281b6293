'use strict';

const { createServer } = require('node:http');

const key = 'a-key-for-tests-only';

/** Stands for the service: routes say what is answered; feeds are held open. */
class FakeService {
  /** Every call, in order: what was asked, with which body. */
  calls = [];
  routes = new Map();
  feeds = [];

  static async start(port = 0) {
    const fake = new FakeService();
    fake.server = createServer((request, response) => fake.serve(request, response));
    await new Promise((resolve) => fake.server.listen(port, '127.0.0.1', resolve));
    fake.port = fake.server.address().port;
    return fake;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `answer` is `[status, body]`, or a function of the call that returns it or undefined to hang. */
  on(route, answer) {
    this.routes.set(route, typeof answer === 'function' ? answer : () => answer);
    return this;
  }

  asked(route) {
    return this.calls.filter((call) => call.route === route);
  }

  async serve(request, response) {
    const url = new URL(request.url, this.url);
    let text = '';
    for await (const chunk of request) text += chunk;
    const call = {
      route: `${request.method} ${decodeURIComponent(url.pathname)}`,
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.calls.push(call);
    if (request.headers.authorization !== `Bearer ${key}`) return reply(response, 401, { detail: 'The key is wrong.' });
    const route = this.routes.get(call.route);
    if (route !== undefined) {
      const answer = route(call);
      if (answer !== undefined) return answer === 'drop' ? request.socket.destroy() : reply(response, ...answer);
      return undefined;
    }
    if (!/^GET \/api\/(requests\/feed|feeds\/)/.test(call.route))
      return reply(response, 404, { detail: 'Nothing is here.' });
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': here\n\n');
    const feed = { ...call, response, tell: (event, data, id) => response.write(written(event, data, id)) };
    this.feeds.push(feed);
    response.on('close', () => this.feeds.splice(this.feeds.indexOf(feed), 1));
    return undefined;
  }

  feed(path) {
    return this.feeds.find(({ route }) => route === `GET ${path}`);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const written = (event, data, id) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

function reply(response, status, body = {}) {
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(body));
}

/** Waits for a condition, and says which one it was when it does not come. */
async function until(reached, what = reached.toString(), patience = 20_000) {
  for (const end = Date.now() + patience; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
    const found = await reached();
    if (found) return found;
  }
  throw new Error(`It did not come to this: ${what}`);
}

module.exports = { FakeService, key, until };
