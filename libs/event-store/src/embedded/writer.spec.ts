import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { WriterReply, WriterRequest } from '../sqlite/messages';
import { Writer } from './writer';

const full = { code: 'store-full', detail: 'no room' } as const;

/** A writer whose thread says what `replies` says for each request with work. */
function writerOn(replies: (request: WriterRequest) => WriterReply): { writer: Writer; asked: WriterRequest[] } {
  const asked: WriterRequest[] = [];
  const thread = Object.assign(new EventEmitter(), {
    postMessage(request: WriterRequest) {
      asked.push(request);
      setImmediate(() => thread.emit('message', replies(request)));
    },
  });
  return { writer: new Writer(thread as unknown as Worker, () => 0), asked };
}

describe('whether anything can be written', () => {
  it('is not tried while appends succeed', async () => {
    const { writer, asked } = writerOn(() => ({ kind: 'done', outcomes: [[0, 1]] }));
    await writer.append('a', 'any', { texts: [], at: 0 });
    await writer.check();
    expect(asked).toHaveLength(1);
  });

  it('is tried after a failure, until it succeeds', async () => {
    let isFull = true;
    const { writer, asked } = writerOn(({ work }) =>
      isFull ? { kind: 'failed', count: work.length, failure: full } : { kind: 'done', outcomes: [[0, 1]] },
    );
    await expect(writer.append('a', 'any', { texts: [], at: 0 })).rejects.toMatchObject({ code: 'store-full' });
    await expect(writer.check()).rejects.toMatchObject({ code: 'store-full' });
    isFull = false;
    await writer.check();
    await writer.check();
    expect(asked.map(({ work }) => work.map((each) => ('probe' in each ? 'probe' : 'append')))).toEqual([
      ['append'],
      ['probe'],
      ['probe'],
    ]);
  });

  it('is not, once the thread has ended', async () => {
    const { writer } = writerOn(() => ({ kind: 'done', outcomes: [] }));
    const thread = (writer as unknown as { thread: EventEmitter }).thread;
    writer.opened.catch(() => undefined);
    thread.emit('exit');
    await new Promise((resolve) => setImmediate(resolve));
    await expect(writer.check()).rejects.toMatchObject({ code: 'store-unavailable' });
    await expect(writer.purge()).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});
