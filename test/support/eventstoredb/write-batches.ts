import type { ServerDuplexStream, ServiceError } from '@grpc/grpc-js';
import type statuses from '@eventstore/db-client/generated/status_pb';
import type streams from '@eventstore/db-client/generated/streams_pb';
import {
  batchAnswer,
  conflictDetails,
  deletedDetails,
  deniedDetails,
  expectedOfBatch,
  noDetails,
  statusOf,
  tooLargeDetails,
} from './batches';
import { hits } from './faults';
import type { AppendResult, ProposedEvent } from './log';
import { eventOf, nameOf } from './messages';
import type { Node } from './node';
import { refusalOfWrite } from './node';
import { refusalOfSize } from './writes';

type Batching = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

interface Pending {
  readonly options: streams.BatchAppendReq.Options;
  readonly events: ProposedEvent[];
}

/** BatchAppend: appends of several streams on one call, each told apart by its correlation id. */
export function batchAppend(node: Node, call: Batching): void {
  const pending = new Map<string, Pending>();
  call.on('error', () => undefined);
  call.on('data', (message: streams.BatchAppendReq) => {
    if (node.faults.silent) return;
    // As servers do that end the shared stream with no error, after which the client never answers an append again.
    if (node.faults.endBatches) return void call.end();
    take(node, call, pending, message);
  });
  call.on('end', () => call.end());
}

function take(node: Node, call: Batching, pending: Map<string, Pending>, message: streams.BatchAppendReq): void {
  const id = message.getCorrelationId()?.getString() ?? '';
  const options = message.getOptions();
  const batch = pending.get(id) ?? (options && { options, events: [] });
  if (batch === undefined) return;
  pending.set(id, batch);
  batch.events.push(...message.getProposedMessagesList().map(eventOf));
  if (!message.getIsFinal()) return;
  pending.delete(id);
  const refused = refusalOfWrite(node, call.metadata) ?? refusalOfSize(node, batch.events);
  const result = refused === undefined ? landed(node, batch) : refusalStatus(refused);
  if (result !== undefined) call.write(batchAnswer(message.getCorrelationId(), batch.options, result));
}

function landed(
  { log, faults }: Node,
  { options, events }: Pending,
): statuses.Status | Extract<AppendResult, { kind: 'appended' }> | undefined {
  const expected = expectedOfBatch(options);
  const result = log.append(nameOf(options.getStreamIdentifier()), expected, events);
  if (result.kind === 'deleted') return statusOf(9, 'deleted', deletedDetails());
  if (result.kind === 'wrong-version')
    return statusOf(9, 'WrongExpectedVersion', conflictDetails(expected, result.actual));
  return hits(faults, 'keepAnswers') ? undefined : result;
}

/** Batches have few errors with details; all others reach the client as text that it does not recognise. */
function refusalStatus({ code, message, metadata }: ServiceError): statuses.Status {
  const [exception] = metadata.get('exception');
  const [most] = metadata.get('maximum-append-size');
  if (exception === 'access-denied') return statusOf(code, message, deniedDetails());
  return statusOf(code, message, most === undefined ? noDetails() : tooLargeDetails(Number(most)));
}
