import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections that may wait to be accepted, as far as the system allows (`net.core.somaxconn`): after a restart a whole fleet and everybody who
 * follows come at once, and whoever finds no room waits for seconds or is reset.
 */
export const waitingConnections = 4_096;

/** Most requests of one connection that wait for their answers. Charge boxes send one at a time, and clients of an API few. */
const pipelined = 16;

interface Line {
  last: ServerResponse;
  waiting: number;
}

/** Cuts off who sends request after request and reads no answer: all of the answers would be kept. */
export class Pipelines {
  private readonly lines = new WeakMap<Socket, Line>();

  /** True when a request is one too many of those that wait, or its connection has gone: do nothing for it. */
  refuses({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const line = this.lines.get(socket);
    if (line === undefined) this.lines.set(socket, { last: response, waiting: 1 });
    else {
      // Answers go out in order: once the last one has, all have.
      line.waiting = line.last.writableFinished ? 1 : line.waiting + 1;
      line.last = response;
      // What arrived together goes on being told after the connection has been cut.
      if (line.waiting > pipelined) socket.destroy();
    }
    return socket.destroyed;
  }
}
