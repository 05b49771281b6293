import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One instance as a balancer sees it. */
export interface Backend {
  readonly soapPort: number;
  readonly apiPort: number;
}

/** A proxy before several instances, as operators run one: asks each whether it is ready, and sends requests to those that are. */
export class Balancer {
  port = 0;
  private readonly backends = new Set<Backend>();
  private readonly ready = new Set<Backend>();
  private readonly agent = new Agent({ keepAlive: true });
  private readonly server = createServer((incoming, response) => this.forward(incoming, response));
  private asking: NodeJS.Timeout | undefined;
  private turn = 0;

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', () => resolve()));
    this.port = (this.server.address() as AddressInfo).port;
    this.asking = setInterval(() => void this.ask(), 50);
    return this;
  }

  /** Resolves once the instance gets requests. */
  async add(backend: Backend): Promise<void> {
    this.backends.add(backend);
    while (!this.ready.has(backend)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  remove(backend: Backend): void {
    this.backends.delete(backend);
    this.ready.delete(backend);
  }

  async stop(): Promise<void> {
    clearInterval(this.asking);
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async ask(): Promise<void> {
    for (const backend of this.backends) {
      const answer = await fetch(`http://127.0.0.1:${backend.apiPort}/health/ready`).catch(() => undefined);
      if (answer?.status === 200 && this.backends.has(backend)) this.ready.add(backend);
      else this.ready.delete(backend);
    }
  }

  private forward(incoming: IncomingMessage, response: ServerResponse): void {
    const choice = [...this.ready];
    this.turn += 1;
    const backend = choice[this.turn % choice.length];
    if (backend === undefined) return void response.writeHead(503).end();
    const { method, url, headers } = incoming;
    const outgoing = request(
      { host: '127.0.0.1', port: backend.soapPort, method, path: url, headers, agent: this.agent },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    incoming.pipe(outgoing);
  }
}
