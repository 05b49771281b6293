import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections that may wait to be accepted, as far as the system allows (`net.core.somaxconn`): after a restart a whole fleet and everybody who
 * follows come at once, and whoever finds no room waits for seconds or is reset.
 */
export const waitingConnections = 4_096;

/** Most requests of one connection that wait for their answers. Charge boxes send one at a time, and clients of an API few. */
const pipelined = 16;

/** Cuts off who sends request after request and reads no answer: all of the answers would be kept. */
export class Pipelines {
  private readonly waiting = new WeakMap<Socket, number>();

  /** Counts a request until it is answered. True when it is one too many, or its connection has gone: do nothing for it. */
  refuses({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const count = (this.waiting.get(socket) ?? 0) + 1;
    // What arrived together goes on being told after the connection has been cut.
    if (count > pipelined) socket.destroy();
    if (socket.destroyed) return true;
    this.waiting.set(socket, count);
    response.once('close', () => this.waiting.set(socket, (this.waiting.get(socket) ?? 1) - 1));
    return false;
  }
}
