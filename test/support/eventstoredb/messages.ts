import { Metadata, status } from '@grpc/grpc-js';
import gossip from '@eventstore/db-client/generated/gossip_pb';
import features from '@eventstore/db-client/generated/serverfeatures_pb';
import shared from '@eventstore/db-client/generated/shared_pb';
import streams from '@eventstore/db-client/generated/streams_pb';
import type { AppendResult, Expected, LoggedEvent, ProposedEvent } from './log';

// The messages of the protocol, made and read.

export const nameOf = (identifier?: shared.StreamIdentifier): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();

export function method(name: string, list: string[]): features.SupportedMethod {
  const supported = new features.SupportedMethod();
  supported.setServiceName('event_store.client.streams.streams');
  supported.setMethodName(name);
  supported.setFeaturesList(list);
  return supported;
}

export function deleted(stream: string): object {
  const metadata = new Metadata();
  metadata.set('exception', 'stream-deleted');
  metadata.set('stream-name', stream);
  return Object.assign(new Error(`Event stream '${stream}' is deleted.`), {
    code: status.FAILED_PRECONDITION,
    metadata,
  });
}

export function expectedOf(options: streams.AppendReq.Options): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'exists' : Number(options.getRevision());
}

export function eventOf(message: streams.AppendReq.ProposedMessage): ProposedEvent {
  const metadata = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') ?? '',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

export function answerOf(result: Exclude<AppendResult, { kind: 'deleted' }>, expected: Expected): streams.AppendResp {
  const answer = new streams.AppendResp();
  if (result.kind === 'appended') {
    const success = new streams.AppendResp.Success();
    success.setCurrentRevision(String(result.revision));
    const position = new streams.AppendResp.Position();
    position.setCommitPosition(String(result.position));
    position.setPreparePosition(String(result.position));
    success.setPosition(position);
    answer.setSuccess(success);
    return answer;
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (result.actual < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(result.actual));
  if (typeof expected === 'number') wrong.setExpectedRevision(String(expected));
  else if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty());
  else wrong.setExpectedStreamExists(new shared.Empty());
  answer.setWrongExpectedVersion(wrong);
  return answer;
}

export function readEvent(event: LoggedEvent): streams.ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  id.setString(event.id);
  recorded.setId(id);
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(event.stream).toString('base64'));
  recorded.setStreamIdentifier(identifier);
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(String(event.position));
  recorded.setPreparePosition(String(event.position));
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

export function clusterOf(port: number): gossip.ClusterInfo {
  const member = new gossip.MemberInfo();
  const place = new gossip.EndPoint();
  place.setAddress('127.0.0.1');
  place.setPort(port);
  member.setHttpEndPoint(place);
  member.setIsAlive(true);
  member.setState(gossip.MemberInfo.VNodeState.LEADER);
  const info = new gossip.ClusterInfo();
  info.setMembersList([member]);
  return info;
}
