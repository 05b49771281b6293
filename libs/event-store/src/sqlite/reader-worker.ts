import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { failureOf } from './failure';
import { openReadable } from './file';
import type { LogPageText } from './log-reader';
import { LogReader } from './log-reader';
import { receive } from './mail';
import type { LogQuery, PageText, ReaderReply, ReaderRequest } from './messages';

/**
 * The thread that reads: pages of single streams, which somebody waits for, go before pages of the whole log. Who reads the log from page to
 * page finds the next one read already.
 */
class ReaderThread {
  private readonly urgent: ReaderRequest[] = [];
  private readonly patient: ReaderRequest[] = [];
  private opened: LogReader | undefined;
  private following: LogQuery | undefined;
  private ahead: { readonly key: string; readonly page: LogPageText } | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly file: string,
  ) {}

  run(): void {
    this.port.on('message', (request: ReaderRequest) => this.work(request));
  }

  private work(first: ReaderRequest): void {
    this.sort(first);
    for (let next = this.next(); next; next = this.next()) this.answer(next);
    this.readAhead();
  }

  private next(): ReaderRequest | undefined {
    for (let late = receive<ReaderRequest>(this.port); late; late = receive<ReaderRequest>(this.port)) this.sort(late);
    return this.urgent.shift() ?? this.patient.shift();
  }

  private sort(request: ReaderRequest): void {
    (request.kind === 'stream' ? this.urgent : this.patient).push(request);
  }

  private answer(request: ReaderRequest): void {
    const { ticket } = request;
    try {
      const { parts, rest } =
        request.kind === 'stream' ? this.reader().readStream(request.query) : this.readLog(request.query);
      for (const part of parts) this.say({ ticket, part });
      this.say({ ticket, rest });
    } catch (error) {
      this.say({ ticket, failure: failureOf(error, this.file) });
    }
  }

  private say(reply: ReaderReply): void {
    this.port.postMessage(reply);
  }

  private readLog(query: LogQuery): PageText {
    const known = this.ahead?.key === keyOf(query) ? this.ahead.page : undefined;
    this.ahead = undefined;
    const page = known ?? this.reader().readAll(query);
    this.following = page.endOfLog || query.backward ? undefined : { ...query, from: page.next };
    return page;
  }

  private readAhead(): void {
    const query = this.following;
    this.following = undefined;
    if (query === undefined) return;
    try {
      const page = this.reader().readAll(query);
      // The last page may have grown when it is asked for.
      if (!page.endOfLog) this.ahead = { key: keyOf(query), page };
    } catch {
      // Who asks for the page gets the error.
    }
  }

  /** Opened by the first read, when the writer has made sure that there is a file. */
  private reader(): LogReader {
    this.opened ??= new LogReader(openReadable(this.file));
    return this.opened;
  }
}

/** What makes two queries the same one, whenever they are asked. */
function keyOf({ now: _now, ...query }: LogQuery): string {
  return JSON.stringify(query);
}

if (parentPort) new ReaderThread(parentPort, (workerData as { file: string }).file).run();
