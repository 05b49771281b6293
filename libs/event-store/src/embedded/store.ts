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
import { lockForWriting } from '../sqlite/lock';
import type { WriteLock } from '../sqlite/lock';
import { follow } from '../subscription';
import { prepareFiles } from './files';
import { logQuery, streamQuery } from './query';
import type { LogRead, StreamRead } from './query';
import { Reader } from './reader';
import { Tail } from './tail';
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
  /** Rejects with the reason when nothing can be stored, as the newest append or a trial shows. */
  check(): Promise<void>;
}

export interface WritableOptions {
  readonly file: string;
  readonly clock?: Clock;
  /** Most bytes of the file; at the limit appends are refused with `store-full` until retention has made room. */
  readonly maxBytes?: number;
}

const sweepInterval = 60 * 60 * 1000;

/** `start` is another one only where a spec wants to see a thread die. */
export async function openWritableStore(options: WritableOptions, start = startThread): Promise<EmbeddedStore> {
  const { file, maxBytes, clock = systemClock } = options;
  prepareFiles(file);
  const lock = lockForWriting(file);
  try {
    const readingThread = start('reader-worker', { file });
    const writer = new Writer(start('writer-worker', { file, maxBytes }), () => clock.now());
    const reader = new Reader(readingThread);
    try {
      return new WritableStore({ writer, reader, lock, clock }, await writer.opened);
    } catch (error) {
      await reader.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Parts {
  readonly writer: Writer;
  readonly reader: Reader;
  readonly lock: WriteLock;
  readonly clock: Clock;
}

class WritableStore implements EmbeddedStore {
  readonly shared = false;
  private readonly newest: Head;
  private readonly tail: Tail;
  private readonly sweeping: NodeJS.Timeout;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly parts: Parts,
    position: number,
  ) {
    this.newest = new Head(positionText(position));
    this.tail = new Tail(position);
    this.sweeping = setInterval(() => parts.writer.sweep(), sweepInterval).unref();
    parts.writer.sweep();
  }

  async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<Appended> {
    this.refuseIfClosed();
    const texts = events.map(eventText);
    const at = this.parts.clock.now();
    const [revision, position] = await this.parts.writer.append(plainText(stream, 'stream'), expected, { texts, at });
    if (position === undefined) return { outcome: 'conflict', actualRevision: revision };
    texts.forEach(({ id, type, data, metadata }, i) => {
      const back = texts.length - 1 - i;
      // Written out: a copy with more members costs V8 as much as the rest of this method.
      this.tail.add({
        id,
        type,
        data,
        metadata,
        stream,
        revision: revision - back,
        position: position - back,
        recordedAt: at,
      });
    });
    this.newest.advance(positionText(position));
    return { outcome: 'appended', revision, position: positionText(position) };
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
    const recent = (page: LogRead) => (this.closing ? undefined : this.tail.page(page));
    return follow({ head: this.newest, readAll: (page) => this.readAll(page), recent }, options, subscriber);
  }

  async head(): Promise<Position> {
    this.refuseIfClosed();
    return this.newest.position;
  }

  async retain(stream: string, retention: Retention): Promise<void> {
    this.refuseIfClosed();
    await this.parts.writer.retain(plainText(stream, 'stream'), checkedRetention(retention));
  }

  async purge(): Promise<void> {
    this.refuseIfClosed();
    await this.parts.writer.purge();
  }

  onAppended(listener: (position: Position) => void): () => void {
    return this.newest.onAdvance(listener);
  }

  wake(): void {
    this.newest.rouse();
  }

  async check(): Promise<void> {
    this.refuseIfClosed();
    await this.parts.writer.check();
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    clearInterval(this.sweeping);
    this.newest.end();
    const { writer, reader, lock } = this.parts;
    await reader.close();
    await writer.close();
    lock.release();
  }

  private refuseIfClosed(): void {
    if (this.closing) throw codedError('store-closed');
  }
}
