import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { accessDenied, duringElection, hits, notAuthenticated, notLeader, refusalAskedFor } from './faults';
import type { Faults } from './faults';
import type { DoubleLog } from './log';

export type ServerVersion = '23.10' | '24.10';

/** What calls need to know of the node that they reached. */
export interface Node {
  readonly log: DoubleLog;
  readonly faults: Faults;
  readonly version: ServerVersion;
  readonly maxAppendSize: number;
  /** Passwords by name. Without them nobody is asked. */
  readonly users: Readonly<Record<string, string>> | undefined;
  readonly port: number;
  /** Where the leader of the cluster is reached; the port of this node if it leads. */
  leaderPort(): number;
}

const host = '127.0.0.1';

export function refusalOfRead(node: Node, metadata: Metadata): ServiceError | undefined {
  return unauthorised(node, metadata) ?? refusalAskedFor(node.faults);
}

export function refusalOfWrite(node: Node, metadata: Metadata): ServiceError | undefined {
  return refusalOfRead(node, metadata) ?? refusalOfLeaderless(node, metadata);
}

function refusalOfLeaderless(node: Node, metadata: Metadata): ServiceError | undefined {
  if (node.faults.election !== undefined) return duringElection(node.faults.election);
  const isElsewhere = metadata.get('requires-leader').includes('true') && node.leaderPort() !== node.port;
  // Without that wish a follower hands the write on.
  return isElsewhere || hits(node.faults, 'notLeader') ? notLeader(host, node.leaderPort()) : undefined;
}

function unauthorised({ users }: Node, metadata: Metadata): ServiceError | undefined {
  if (users === undefined) return undefined;
  const [header] = metadata.get('authorization');
  if (header === undefined) return accessDenied();
  const [name = '', password] = Buffer.from(String(header).replace('Basic ', ''), 'base64').toString().split(/:(.*)/s);
  return Object.hasOwn(users, name) && users[name] === password ? undefined : notAuthenticated();
}
