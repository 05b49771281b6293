import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A wire that can be disturbed: a relay of TCP in front of a server. */
export class Link {
  port = 0;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private readonly server: Server;
  private frozen = false;

  constructor(private readonly target: { readonly port: number }) {
    this.server = createServer((socket) => this.relay(socket));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  get connections(): number {
    return this.pairs.size;
  }

  /** Connections stay up, new ones are taken, and no byte goes through in either direction. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets()) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets()) socket.resume();
  }

  /** Leaves the connections that there are for dead, and lets new ones through. */
  letNewOnesThrough(): void {
    this.frozen = false;
  }

  cut(): void {
    for (const socket of this.sockets()) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private sockets(): readonly Socket[] {
    return [...this.pairs].flat();
  }

  private relay(near: Socket): void {
    const far = connect(this.target.port, '127.0.0.1');
    const pair = [near, far] as const;
    this.pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay(true);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        this.pairs.delete(pair);
      });
      if (this.frozen) from.pause();
    }
  }
}
