import { codedError, systemClock } from '@app/kernel';
import type {
  Appended,
  Clock,
  LogPage,
  Position,
  StreamPage,
  SubscribeOptions,
  Subscriber,
  Subscription,
} from '@app/kernel';
import { Head } from '../head';
import { positionText } from '../position';
import { failureOf } from '../sqlite/failure';
import { openReadable } from '../sqlite/file';
import { LogReader } from '../sqlite/log-reader';
import type { PageText } from '../sqlite/messages';
import { follow } from '../subscription';
import { logQuery, streamQuery } from './query';
import type { LogRead, StreamRead } from './query';
import { eventsOf, pageOf, Reader } from './reader';
import type { EmbeddedStore } from './store';
import { startThread } from './thread';

export interface FollowerOptions {
  readonly file: string;
  readonly clock?: Clock;
  /** Reads in a thread of its own, ahead of who reads page after page: for those who go through much of the log. */
  readonly ownThread?: boolean;
}

const pollInterval = 50;

/** Reads a file that another thread or process may be writing to. Reads take place in the calling thread unless it asks for another. */
export function openFollower({ file, clock = systemClock, ownThread = false }: FollowerOptions): EmbeddedStore {
  return reported(file, () => {
    const db = openReadable(file);
    const thread = ownThread ? new Reader(startThread('reader-worker', { file })) : undefined;
    const release = async () => {
      await thread?.close();
      db.close();
    };
    return new Follower(file, { reader: new LogReader(db), thread, release }, clock);
  });
}

interface OpenFile {
  readonly reader: LogReader;
  readonly thread: Reader | undefined;
  release(): Promise<void>;
}

class Follower implements EmbeddedStore {
  readonly shared = true;
  private readonly newest: Head;
  private readonly polling: NodeJS.Timeout;
  private closed = false;

  constructor(
    private readonly file: string,
    private readonly opened: OpenFile,
    private readonly clock: Clock,
  ) {
    this.newest = new Head(positionText(opened.reader.head()));
    this.polling = setInterval(() => {
      if (this.newest.watched) this.wake();
    }, pollInterval);
  }

  async append(): Promise<Appended> {
    return this.refuse();
  }

  async readStream(stream: string, options: StreamRead): Promise<StreamPage> {
    const { thread } = this.opened;
    if (thread !== undefined && !this.closed) return thread.readStream(streamQuery(stream, options, this.clock.now()));
    return this.page((reader) => reader.readStream(streamQuery(stream, options, this.clock.now())));
  }

  async readAll(options: LogRead): Promise<LogPage> {
    const { thread } = this.opened;
    if (thread !== undefined && !this.closed) return thread.readAll(logQuery(options, this.clock.now()));
    // Who goes from page to page would leave the thread no moment for anything else, such as to be told to stop.
    await new Promise(setImmediate);
    return this.page((reader) => reader.readAll(logQuery(options, this.clock.now())));
  }

  subscribe(options: SubscribeOptions, subscriber: Subscriber): Subscription {
    return follow({ head: this.newest, readAll: (page) => this.readAll(page) }, options, subscriber);
  }

  async head(): Promise<Position> {
    return positionText(this.read((reader) => reader.head()));
  }

  async retain(): Promise<void> {
    this.refuse();
  }

  async check(): Promise<void> {
    this.refuse();
  }

  onAppended(listener: (position: Position) => void): () => void {
    return this.newest.onAdvance(listener);
  }

  wake(): void {
    try {
      if (!this.closed) this.newest.advance(positionText(this.opened.reader.head()));
    } catch {
      // Those who wait read for themselves, and get the error.
      this.newest.rouse();
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.polling);
    await this.opened.release();
    this.newest.end();
  }

  private page<Page>(read: (reader: LogReader) => PageText): Page {
    const { parts, rest } = this.read(read);
    return pageOf(parts.flatMap(eventsOf), rest);
  }

  private read<Result>(read: (reader: LogReader) => Result): Result {
    if (this.closed) throw codedError('store-closed');
    return reported(this.file, () => read(this.opened.reader));
  }

  private refuse(): never {
    if (this.closed) throw codedError('store-closed');
    throw codedError('store-unwritable', `${this.file} was opened for reading only`);
  }
}

function reported<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const { code, detail } = failureOf(error, file);
    throw codedError(code, detail, error);
  }
}
