import type { Log } from '@app/kernel';
import { startThread } from '@app/kernel';
import { extname, join } from 'node:path';
import type { CaptureReply, CaptureRequest, CaptureStart, TakenExchange } from './messages';

/** The thread that keeps captures, as this side sees it. It is no part of any answer: whatever fails there costs captures alone. */
export interface WritingThread {
  post(request: CaptureRequest, handedOver?: readonly TakenExchange[]): void;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
}

export function startWriting(start: CaptureStart, take: (reply: CaptureReply) => void, log: Log): WritingThread {
  const thread = startThread(join(__dirname, `capture-worker${extname(__filename)}`), 'captures', start);
  thread.on('message', take);
  thread.on('error', (error) => log.error({ err: error, file: start.file }, 'The thread that keeps captures failed'));
  return {
    post: (request, handedOver = []) =>
      thread.postMessage(
        request,
        handedOver.map(({ body }) => body.buffer as ArrayBuffer),
      ),
    ended: new Promise((resolve) => thread.once('exit', () => resolve())),
  };
}
