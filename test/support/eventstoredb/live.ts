import { tooSlow } from './faults';
import { checkpointEvery, wantedBy } from './filter';
import type { LoggedEvent } from './log';
import { caughtUp, checkpoint, confirmation, fellBehind, nameOf, readEvent } from './messages';
import type { Node } from './node';
import type { Reading, ReadOptions } from './reads';
import { positionIn, revisionIn } from './reads';

/** Events that a live subscription of 23.10 and older keeps for a reader that is behind. */
const buffered = 32;
/** Milliseconds of grace: here server and reader share a thread, so that a burst would look like a slow reader. */
const grace = 100;
const greatest = '18446744073709551615';

/** A subscription: what is stored after a place, then what is appended, no faster than the client reads. */
export class LiveSubscription {
  private readonly wanted: (event: LoggedEvent) => boolean;
  private readonly every: number;
  /** Index in the log of all of the next event to look at. */
  private next: number;
  private scanned = 0;
  private isLive = false;
  private blockedSince: number | undefined;

  constructor(
    private readonly node: Node,
    private readonly call: Reading,
    options: ReadOptions,
  ) {
    const filter = wantedBy(options) ?? (() => true);
    const stream = options.getStream();
    this.every = checkpointEvery(options);
    if (stream === undefined) {
      this.wanted = filter;
      this.next = this.placeAfter(positionIn(options));
      return;
    }
    const name = nameOf(stream.getStreamIdentifier());
    const after = revisionIn(options);
    this.wanted = (event) => event.stream === name && (typeof after !== 'number' || event.revision > after);
    this.next = after === 'end' ? node.log.all.length : 0;
  }

  start(): void {
    const leave = this.node.log.onAppend(() => this.news());
    const over = () => leave();
    this.call.on('cancelled', over).on('close', over).on('error', over).on('finish', over);
    this.call.on('drain', () => {
      this.blockedSince = undefined;
      this.pump();
    });
    this.write(confirmation('double'));
    this.pump();
  }

  end(): void {
    this.call.end();
  }

  dropAsTooSlow(): void {
    this.call.emit('error', tooSlow());
  }

  private news(): void {
    if (this.isTooSlow()) {
      if (this.node.version === '23.10') return this.dropAsTooSlow();
      // Newer servers go back to reading the log.
      this.isLive = false;
      this.write(fellBehind());
      return;
    }
    this.pump();
  }

  private isTooSlow(): boolean {
    const waiting = this.node.log.all.length - this.next;
    return this.isLive && waiting > buffered && Date.now() - (this.blockedSince ?? Infinity) > grace;
  }

  private pump(): void {
    const { log, faults } = this.node;
    while (this.blockedSince === undefined && !this.isOver()) {
      if (faults.stalled) return;
      const event = log.all[this.next];
      if (event === undefined) break;
      this.next += 1;
      this.look(event);
    }
    if (this.next < log.all.length || this.isLive || this.isOver()) return;
    this.isLive = true;
    this.write(caughtUp());
  }

  private look(event: LoggedEvent): void {
    this.scanned += 1;
    this.lie();
    if (this.wanted(event)) this.write(readEvent(event));
    if (this.scanned < this.every) return;
    this.scanned = 0;
    this.write(checkpoint(event.position));
  }

  /** As servers of the lines 24.10 and 25.0 did before they were mended. */
  private lie(): void {
    const { wrongCheckpoint } = this.node.faults;
    if (wrongCheckpoint === undefined || this.every === Infinity) return;
    const end = this.node.log.all.at(-1)?.position ?? 0;
    this.write(checkpoint(wrongCheckpoint === 'greatest' ? greatest : end));
  }

  private write(message: Parameters<Reading['write']>[0]): void {
    if (!this.call.write(message)) this.blockedSince ??= Date.now();
  }

  private isOver(): boolean {
    return this.call.cancelled || this.call.destroyed || this.call.writableEnded;
  }

  /** Subscriptions begin after the place that they name. */
  private placeAfter(from: number | 'start' | 'end'): number {
    if (typeof from === 'string') return from === 'end' ? this.node.log.all.length : 0;
    return this.node.log.placeOf(from + 1);
  }
}
