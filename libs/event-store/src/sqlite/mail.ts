import { receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

/** The next message that has already come in, without waiting for the event loop. */
export function receive<Message>(port: MessagePort): Message | undefined {
  return receiveMessageOnPort(port)?.message as Message | undefined;
}
