import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { failureOf } from './failure';
import { openReadable } from './file';
import { LogReader } from './log-reader';
import { receive } from './mail';
import type { ReaderReply, ReaderRequest } from './messages';

/** The thread that reads: pages of single streams, which somebody waits for, go before pages of the whole log. */
class ReaderThread {
  private readonly urgent: ReaderRequest[] = [];
  private readonly patient: ReaderRequest[] = [];
  private opened: LogReader | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly file: string,
  ) {}

  run(): void {
    this.port.on('message', (request: ReaderRequest) => this.work(request));
  }

  private work(first: ReaderRequest): void {
    this.sort(first);
    for (let next = this.next(); next; next = this.next()) this.port.postMessage(this.answer(next));
  }

  private next(): ReaderRequest | undefined {
    for (let late = receive<ReaderRequest>(this.port); late; late = receive<ReaderRequest>(this.port)) this.sort(late);
    return this.urgent.shift() ?? this.patient.shift();
  }

  private sort(request: ReaderRequest): void {
    (request.kind === 'stream' ? this.urgent : this.patient).push(request);
  }

  private answer(request: ReaderRequest): ReaderReply {
    const { ticket } = request;
    try {
      const page =
        request.kind === 'stream' ? this.reader().readStream(request.query) : this.reader().readAll(request.query);
      return { ticket, page };
    } catch (error) {
      return { ticket, failure: failureOf(error, this.file) };
    }
  }

  /** Opened by the first read, when the writer has made sure that there is a file. */
  private reader(): LogReader {
    this.opened ??= new LogReader(openReadable(this.file));
    return this.opened;
  }
}

if (parentPort) new ReaderThread(parentPort, (workerData as { file: string }).file).run();
