import { codedError, systemClock } from '@app/kernel';
import type {
  Appended,
  Clock,
  EventStore,
  EventToAppend,
  ExpectedRevision,
  LogPage,
  Position,
  Retention,
  StreamPage,
} from '@app/kernel';
import type { SubscribeOptions, Subscriber, Subscription } from '@app/kernel';
import { eventText, plainText } from '../event-text';
import { Head } from '../head';
import { checkedRetention } from '../limits';
import { positionText } from '../position';
import { failureOf } from '../sqlite/failure';
import { lockForWriting } from '../sqlite/lock';
import type { WriteLock } from '../sqlite/lock';
import { follow } from '../subscription';
import { prepareFiles } from './files';
import { logQuery, streamQuery } from './query';
import type { LogRead, StreamRead } from './query';
import { Reader } from './reader';
import { startThread } from './thread';
import { Writer } from './writer';

/** An event store in a file of this machine, with what only such a store can offer. */
export interface EmbeddedStore extends EventStore {
  /**
   * Calls with the newest position after each group of appends; returns the way to stop that. For wiring: tell a follower in another
   * thread to `wake`.
   */
  onAppended(listener: (position: Position) => void): () => void;
  /** Looks for new events now instead of at the next poll. Only a read-only store polls. */
  wake(): void;
}

export interface WritableOptions {
  readonly file: string;
  readonly clock?: Clock;
  /** Most bytes of the file; at the limit appends are refused with `store-full` until retention has made room. */
  readonly maxBytes?: number;
}

/** Changed by measurements and by specs only. */
export interface Machinery {
  readonly start: typeof startThread;
  readonly autoCheckpointPages: number;
}

const machinery: Machinery = { start: startThread, autoCheckpointPages: 1000 };
const sweepInterval = 60 * 60 * 1000;

export async function openWritableStore(
  options: WritableOptions,
  { start, autoCheckpointPages }: Machinery = machinery,
): Promise<EmbeddedStore> {
  const { file, maxBytes, clock = systemClock } = options;
  prepareFiles(file);
  const lock = lockedForWriting(file);
  try {
    const thread = start('writer-thread', { file, maxBytes, autoCheckpointPages });
    const { writer, position } = await Writer.open(thread, () => clock.now());
    return new WritableStore({ writer, reader: new Reader(start('reader-thread', { file })), lock, clock }, position);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockedForWriting(file: string): WriteLock {
  try {
    return lockForWriting(file);
  } catch (error) {
    const { code, detail } = failureOf(error, file);
    throw codedError(code, detail, error);
  }
}

interface Parts {
  readonly writer: Writer;
  readonly reader: Reader;
  readonly lock: WriteLock;
  readonly clock: Clock;
}

class WritableStore implements EmbeddedStore {
  private readonly newest: Head;
  private readonly sweeping: NodeJS.Timeout;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly parts: Parts,
    position: number,
  ) {
    this.newest = new Head(positionText(position));
    this.sweeping = setInterval(() => parts.writer.sweep(), sweepInterval).unref();
    parts.writer.sweep();
  }

  async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<Appended> {
    this.refuseIfClosed();
    const texts: string[] = [];
    let size = 0;
    for (const event of events) {
      const { id, type, data, metadata } = eventText(event);
      texts.push(id, type, data, metadata);
      size += data.length + metadata.length;
    }
    const work = { stream: plainText(stream, 'stream'), expected: expected === 'any' ? -2 : expected, texts };
    const [revision, position] = await this.parts.writer.do(work, size);
    if (position === undefined) return { outcome: 'conflict', actualRevision: revision };
    const text = positionText(position);
    this.newest.advance(text);
    return { outcome: 'appended', revision, position: text };
  }

  async readStream(stream: string, options: StreamRead): Promise<StreamPage> {
    this.refuseIfClosed();
    return this.parts.reader.readStream(streamQuery(stream, options, this.parts.clock.now()));
  }

  async readAll(options: LogRead): Promise<LogPage> {
    this.refuseIfClosed();
    return this.parts.reader.readAll(logQuery(options, this.parts.clock.now()));
  }

  subscribe(options: SubscribeOptions, subscriber: Subscriber): Subscription {
    return follow({ head: this.newest, readAll: (page) => this.readAll(page) }, options, subscriber);
  }

  async head(): Promise<Position> {
    this.refuseIfClosed();
    return this.newest.position;
  }

  async retain(stream: string, retention: Retention): Promise<void> {
    this.refuseIfClosed();
    await this.parts.writer.do({ stream: plainText(stream, 'stream'), retention: checkedRetention(retention) }, 0);
  }

  onAppended(listener: (position: Position) => void): () => void {
    return this.newest.onAdvance(listener);
  }

  wake(): void {
    this.newest.rouse();
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    clearInterval(this.sweeping);
    this.newest.rouse();
    const { writer, reader, lock } = this.parts;
    await reader.close();
    await writer.close();
    lock.release();
  }

  private refuseIfClosed(): void {
    if (this.closing) throw codedError('store-closed');
  }
}
