import type { sendUnaryData, ServerReadableStream, ServerUnaryCall, ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb';
import { hits, refusal, streamDeleted, tooLarge } from './faults';
import type { ProposedEvent } from './log';
import { answerOf, eventOf, expectedOf, nameOf, placed, sizeOf, wrongVersion } from './messages';
import type { Node } from './node';
import { refusalOfWrite } from './node';

// Append, Delete and Tombstone, one call each.

type Appending = ServerReadableStream<streams.AppendReq, streams.AppendResp>;
type Deletion<Request extends streams.DeleteReq | streams.TombstoneReq> = ServerUnaryCall<Request, never>;

export function append(node: Node, call: Appending, done: sendUnaryData<streams.AppendResp>): void {
  let options: streams.AppendReq.Options | undefined;
  const events: ProposedEvent[] = [];
  call.on('error', () => undefined);
  call.on('data', (message: streams.AppendReq) => {
    options = message.getOptions() ?? options;
    const proposed = message.getProposedMessage();
    if (proposed) events.push(eventOf(proposed));
  });
  call.on('end', () => {
    if (node.faults.silent || options === undefined) return;
    const refused = refusalOfWrite(node, call.metadata) ?? refusalOfSize(node, events);
    if (refused !== undefined) return done(refused);
    land(node, options, events, done);
  });
}

export function refusalOfSize({ maxAppendSize }: Node, events: readonly ProposedEvent[]) {
  const size = events.reduce((sum, event) => sum + sizeOf(event), 0);
  return size > maxAppendSize ? tooLarge(maxAppendSize) : undefined;
}

function land(
  { log, faults }: Node,
  options: streams.AppendReq.Options,
  events: readonly ProposedEvent[],
  done: sendUnaryData<streams.AppendResp>,
): void {
  const stream = nameOf(options.getStreamIdentifier());
  const expected = expectedOf(options);
  const result = log.append(stream, expected, events);
  if (result.kind === 'deleted') return done(streamDeleted(stream));
  if (result.kind === 'appended') {
    if (hits(faults, 'keepAnswers')) return;
    if (hits(faults, 'loseAnswers')) return done(refusal(status.UNAVAILABLE, 'The connection broke.'));
    if (hits(faults, 'conflictAfterLanding'))
      return done(null, answerOf({ kind: 'wrong-version', actual: result.revision }, expected));
  }
  done(null, answerOf(result, expected));
}

export function remove(node: Node, call: Deletion<streams.DeleteReq>, done: sendUnaryData<streams.DeleteResp>): void {
  const position = deleted(node, call, 'delete');
  if (position === undefined) return;
  if (typeof position !== 'number') return done(position);
  const answer = new streams.DeleteResp();
  answer.setPosition(placed(new streams.DeleteResp.Position(), position));
  done(null, answer);
}

export function tombstone(
  node: Node,
  call: Deletion<streams.TombstoneReq>,
  done: sendUnaryData<streams.TombstoneResp>,
): void {
  const position = deleted(node, call, 'tombstone');
  if (position === undefined) return;
  if (typeof position !== 'number') return done(position);
  const answer = new streams.TombstoneResp();
  answer.setPosition(placed(new streams.TombstoneResp.Position(), position));
  done(null, answer);
}

/** The position of the deletion, or why it was refused; nothing when there is to be no answer. */
function deleted(
  node: Node,
  call: Deletion<streams.DeleteReq | streams.TombstoneReq>,
  how: 'delete' | 'tombstone',
): number | ServiceError | undefined {
  if (node.faults.silent) return undefined;
  const options = call.request.getOptions();
  if (options === undefined) return refusal(status.INVALID_ARGUMENT, 'options are missing');
  const refused = refusalOfWrite(node, call.metadata);
  if (refused !== undefined) return refused;
  const stream = nameOf(options.getStreamIdentifier());
  const expected = expectedOf(options);
  const result = node.log[how](stream, expected);
  if (result.kind === 'deleted') return streamDeleted(stream);
  return result.kind === 'wrong-version' ? wrongVersion(stream, expected, result.actual) : (result.position ?? 0);
}
