import shared from '@eventstore/db-client/generated/shared_pb';
import statuses from '@eventstore/db-client/generated/status_pb';
import streams from '@eventstore/db-client/generated/streams_pb';
import type { AppendResult, Expected } from './log';
import { placed } from './messages';

// The messages of batches: several appends on one stream of messages, each with an id of its own.

export function expectedOfBatch(options: streams.BatchAppendReq.Options): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'exists' : Number(options.getStreamPosition());
}

interface Details {
  readonly typeName: string;
  readonly message: { serializeBinary(): Uint8Array };
}

export function batchAnswer(
  id: shared.UUID | undefined,
  options: streams.BatchAppendReq.Options,
  result: statuses.Status | Extract<AppendResult, { kind: 'appended' }>,
): streams.BatchAppendResp {
  const answer = new streams.BatchAppendResp();
  answer.setCorrelationId(id);
  answer.setStreamIdentifier(options.getStreamIdentifier());
  if (result instanceof statuses.Status) {
    answer.setError(result);
    return answer;
  }
  const success = new streams.BatchAppendResp.Success();
  success.setCurrentRevision(String(result.revision));
  if (result.position === undefined) success.setNoPosition(new shared.Empty());
  else success.setPosition(placed(new shared.AllStreamPosition(), result.position));
  answer.setSuccess(success);
  return answer;
}

export function conflictDetails(expected: Expected, actual: number): Details {
  const message = new shared.WrongExpectedVersion();
  if (actual < 0) message.setCurrentNoStream(new shared.Empty());
  else message.setCurrentStreamRevision(String(actual));
  if (typeof expected === 'number') message.setExpectedStreamPosition(String(expected));
  else if (expected === 'no-stream') message.setExpectedNoStream(new shared.Empty());
  else if (expected === 'any') message.setExpectedAny(new shared.Empty());
  else message.setExpectedStreamExists(new shared.Empty());
  return { typeName: 'event_store.client.WrongExpectedVersion', message };
}

export function tooLargeDetails(most: number): Details {
  const message = new shared.MaximumAppendSizeExceeded();
  message.setMaxappendsize(most);
  return { typeName: 'event_store.client.MaximumAppendSizeExceeded', message };
}

export const deletedDetails = (): Details => ({
  typeName: 'event_store.client.StreamDeleted',
  message: new shared.StreamDeleted(),
});

export const deniedDetails = (): Details => ({
  typeName: 'event_store.client.AccessDenied',
  message: new shared.AccessDenied(),
});

/** What is said with no details that clients know. */
export const noDetails = (): Details => ({ typeName: 'google.protobuf.Empty', message: new shared.Empty() });

/** By hand: the package that has the class for `Any` is none of ours. */
export function statusOf(code: number, said: string, { typeName, message }: Details): statuses.Status {
  const any = Buffer.concat([
    field(1, Buffer.from(`type.googleapis.com/${typeName}`)),
    field(2, message.serializeBinary()),
  ]);
  return statuses.Status.deserializeBinary(
    Buffer.concat([Buffer.from([8, code]), field(2, Buffer.from(said)), field(3, any)]),
  );
}

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >>> 7)]);
}
