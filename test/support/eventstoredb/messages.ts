import { status } from '@grpc/grpc-js';
import gossip from '@eventstore/db-client/generated/gossip_pb';
import features from '@eventstore/db-client/generated/serverfeatures_pb';
import shared from '@eventstore/db-client/generated/shared_pb';
import streams from '@eventstore/db-client/generated/streams_pb';
import type { ServiceError } from '@grpc/grpc-js';
import { refusal } from './faults';
import type { AppendResult, Expected, LoggedEvent, ProposedEvent } from './log';

// The messages of the protocol, made and read, batches aside.

export const nameOf = (identifier?: shared.StreamIdentifier): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();

export function method(name: string, list: string[]): features.SupportedMethod {
  const supported = new features.SupportedMethod();
  supported.setServiceName('event_store.client.streams.streams');
  supported.setMethodName(name);
  supported.setFeaturesList(list);
  return supported;
}

export function expectedOf(
  options: streams.AppendReq.Options | streams.DeleteReq.Options | streams.TombstoneReq.Options,
): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'exists' : Number(options.getRevision());
}

export function eventOf(
  message: streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage,
): ProposedEvent {
  const metadata = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') ?? '',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

export const sizeOf = ({ type, data, metadata }: ProposedEvent): number => type.length + data.length + metadata.length;

export function answerOf(result: Exclude<AppendResult, { kind: 'deleted' }>, expected: Expected): streams.AppendResp {
  const answer = new streams.AppendResp();
  if (result.kind === 'appended') {
    const success = new streams.AppendResp.Success();
    success.setCurrentRevision(String(result.revision));
    if (result.position === undefined) success.setNoPosition(new shared.Empty());
    else success.setPosition(placed(new streams.AppendResp.Position(), result.position));
    answer.setSuccess(success);
    return answer;
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (result.actual < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(result.actual));
  if (typeof expected === 'number') wrong.setExpectedRevision(String(expected));
  else if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty());
  else if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else wrong.setExpectedStreamExists(new shared.Empty());
  answer.setWrongExpectedVersion(wrong);
  return answer;
}

/** Deletes say a conflict as an error, where appends say it in the answer. */
export const wrongVersion = (stream: string, expected: Expected, actual: number): ServiceError =>
  refusal(status.FAILED_PRECONDITION, `Append failed due to WrongExpectedVersion. Stream: ${stream}`, {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': String(typeof expected === 'number' ? expected : -1),
    'actual-version': String(actual),
  });

interface Places {
  setCommitPosition(value: string): unknown;
  setPreparePosition(value: string): unknown;
}

export function placed<Message extends Places>(message: Message, position: number | string): Message {
  message.setCommitPosition(String(position));
  message.setPreparePosition(String(position));
  return message;
}

export function readEvent(event: LoggedEvent): streams.ReadResp {
  const recorded = placed(new streams.ReadResp.ReadEvent.RecordedEvent(), event.position);
  const id = new shared.UUID();
  id.setString(event.id);
  recorded.setId(id);
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(event.stream).toString('base64'));
  recorded.setStreamIdentifier(identifier);
  // The last revision there is, which a number cannot hold.
  recorded.setStreamRevision(event.type === '$streamDeleted' ? '9223372036854775807' : String(event.revision));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  const metadata = recorded.getMetadataMap();
  metadata.set('type', event.type);
  metadata.set('content-type', event.contentType);
  metadata.set('created', String(BigInt(event.created) * 10_000n));
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(String(event.position));
  const answer = new streams.ReadResp();
  answer.setEvent(read);
  return answer;
}

export function streamNotFound(identifier: shared.StreamIdentifier | undefined): streams.ReadResp {
  const missing = new streams.ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier);
  const answer = new streams.ReadResp();
  answer.setStreamNotFound(missing);
  return answer;
}

export function confirmation(id: string): streams.ReadResp {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation();
  confirmed.setSubscriptionId(id);
  const answer = new streams.ReadResp();
  answer.setConfirmation(confirmed);
  return answer;
}

export function checkpoint(position: number | string): streams.ReadResp {
  const answer = new streams.ReadResp();
  answer.setCheckpoint(placed(new streams.ReadResp.Checkpoint(), position));
  return answer;
}

export function caughtUp(): streams.ReadResp {
  const answer = new streams.ReadResp();
  answer.setCaughtUp(new streams.ReadResp.CaughtUp());
  return answer;
}

export function fellBehind(): streams.ReadResp {
  const answer = new streams.ReadResp();
  answer.setFellBehind(new streams.ReadResp.FellBehind());
  return answer;
}

interface Member {
  readonly port: number;
  readonly isAlive: boolean;
  readonly isLeader: boolean;
}

export function clusterOf(members: readonly Member[]): gossip.ClusterInfo {
  const info = new gossip.ClusterInfo();
  const { LEADER, FOLLOWER } = gossip.MemberInfo.VNodeState;
  info.setMembersList(
    members.map(({ port, isAlive, isLeader }) => {
      const member = new gossip.MemberInfo();
      const place = new gossip.EndPoint();
      place.setAddress('127.0.0.1');
      place.setPort(port);
      member.setHttpEndPoint(place);
      member.setIsAlive(isAlive);
      member.setState(isLeader ? LEADER : FOLLOWER);
      return member;
    }),
  );
  return info;
}
