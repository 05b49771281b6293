import type { ServerWritableStream } from '@grpc/grpc-js';
import type streams from '@eventstore/db-client/generated/streams_pb';
import { streamDeleted } from './faults';
import { wantedBy } from './filter';
import type { DoubleLog, LoggedEvent, PageRequest } from './log';
import { nameOf, readEvent, streamNotFound } from './messages';

export type Reading = ServerWritableStream<streams.ReadReq, streams.ReadResp>;
export type ReadOptions = streams.ReadReq.Options;

/** A page of a stream or of everything, from a place on, which is included. Links are not resolved: nobody makes any here. */
export function readPage(log: DoubleLog, call: Reading, options: ReadOptions, slowness = 0): void {
  const stream = options.getStream();
  if (stream === undefined) return send(call, pageOfAll(log, options), slowness);
  const name = nameOf(stream.getStreamIdentifier());
  const page = log.page(name, requestOf(options));
  if (page === 'deleted') return void call.emit('error', streamDeleted(name));
  if (page === 'missing') call.write(streamNotFound(stream.getStreamIdentifier()));
  send(call, page === 'missing' ? [] : page, slowness);
}

function pageOfAll(log: DoubleLog, options: ReadOptions): readonly LoggedEvent[] {
  const wanted = wantedBy(options);
  const request = requestOf(options);
  if (wanted === undefined) return log.pageOfAll(request);
  const found: LoggedEvent[] = [];
  for (let from: number | 'start' | 'end' | undefined = request.from; from !== undefined;) {
    const page: readonly LoggedEvent[] = log.pageOfAll({ ...request, from, count: 1_000 });
    found.push(...page.filter(wanted).slice(0, request.count - found.length));
    const last = page.at(-1);
    const isLast = last === undefined || page.length < 1_000 || found.length >= request.count;
    from = isLast ? undefined : last.position + (request.backwards ? -1 : 1);
  }
  return found;
}

/** Waits whenever the client reads no further: a page must not pile up here. */
function send(call: Reading, events: readonly LoggedEvent[], slowness: number): void {
  let place = 0;
  const go = () => {
    for (;;) {
      const event = events[place];
      if (event === undefined) return void call.end();
      if (call.cancelled || call.destroyed) return;
      place += 1;
      const isTaken = call.write(readEvent(event));
      if (slowness > 0) return void setTimeout(go, slowness);
      if (!isTaken) return void call.once('drain', go);
    }
  };
  go();
}

function requestOf(options: ReadOptions): PageRequest {
  return {
    from: options.hasStream() ? revisionIn(options) : positionIn(options),
    backwards: Number(options.getReadDirection()) === 1,
    count: Number(options.getCount()),
  };
}

export function revisionIn(options: ReadOptions): number | 'start' | 'end' {
  const stream = options.getStream();
  if (stream?.hasEnd()) return 'end';
  return stream?.hasRevision() ? Number(stream.getRevision()) : 'start';
}

export function positionIn(options: ReadOptions): number | 'start' | 'end' {
  const all = options.getAll();
  if (all?.hasEnd()) return 'end';
  const position = all?.getPosition();
  return position === undefined ? 'start' : Number(position.getCommitPosition());
}
