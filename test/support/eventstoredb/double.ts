import type { sendUnaryData } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import type gossip from '@eventstore/db-client/generated/gossip_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import features from '@eventstore/db-client/generated/serverfeatures_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type streams from '@eventstore/db-client/generated/streams_pb';
import { accessDenied } from './faults';
import type { Faults } from './faults';
import { LiveSubscription } from './live';
import { DoubleLog } from './log';
import { clusterOf, method } from './messages';
import type { Node, ServerVersion } from './node';
import { refusalOfRead } from './node';
import type { Reading } from './reads';
import { readPage } from './reads';
import { batchAppend } from './write-batches';
import { append, remove, tombstone } from './writes';

// A double of an EventStoreDB server. It speaks the protocol over real gRPC, on the stubs that the client package brings: Streams (Read with
// every option that the client sends, Append, BatchAppend, Delete, Tombstone, metadata of streams), ServerFeatures and Gossip, with the
// semantics that appends, reads and subscriptions have on a server of the line 23.10 or 24.10, and with faults on request.
//
// It is no database: nothing is written to disk, replicated, scavenged or authorised (a password is compared, no more). It has no persistent
// subscriptions, projections, users and operations, resolves no links, and its positions are made up. What passes on it has been shown to
// survive the protocol, not to run on a server; for that there is ESDB_TEST_CONNECTION (docs/eventstoredb.md).

export interface DoubleOptions {
  readonly now?: () => number;
  readonly port?: number;
  /** A log that outlives the double, as a disk outlives a server; or one that several share, as a cluster does. */
  readonly log?: DoubleLog;
  readonly version?: ServerVersion;
  /** Bytes of one append, 1 MiB by default. */
  readonly maxAppendSize?: number;
  /** Passwords by name. Without them everybody may do everything. */
  readonly users?: Readonly<Record<string, string>>;
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** The nodes that stand in for each other. */
export interface Members {
  readonly all: readonly EventStoreDbDouble[];
  readonly leader: EventStoreDbDouble;
}

export class EventStoreDbDouble implements Node {
  readonly faults: Faults = {};
  readonly log: DoubleLog;
  readonly version: ServerVersion;
  readonly maxAppendSize: number;
  readonly users: Readonly<Record<string, string>> | undefined;
  port: number;
  /** Reads and writes that reached it. */
  calls = 0;
  isRunning = false;
  members: Members = { all: [this], leader: this };
  private readonly live = new Map<Reading, LiveSubscription>();
  /** Reads that have not ended, subscriptions among them. */
  private readonly open = new Set<Reading>();
  private server: Server | undefined;

  constructor(private readonly options: DoubleOptions = {}) {
    this.log = options.log ?? new DoubleLog(options.now);
    this.version = options.version ?? '23.10';
    this.maxAppendSize = options.maxAppendSize ?? 1_048_576;
    this.users = options.users;
    this.port = options.port ?? 0;
  }

  /** Listens; after a stop on the same port, with the same log. */
  async start(): Promise<this> {
    const server = new Server({
      'grpc.max_receive_message_length': 32 * 1_048_576,
      'grpc.max_concurrent_streams': 100,
    });
    server.addService(StreamsService, this.streams());
    server.addService(ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, done: sendUnaryData<features.SupportedMethods>) => this.features(done),
    });
    server.addService(GossipService, {
      read: (_call: unknown, done: sendUnaryData<gossip.ClusterInfo>) => this.gossip(done),
    });
    this.port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.port}`, this.credentials(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    this.server = server;
    this.isRunning = true;
    return this;
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=${this.options.tls !== undefined}`;
  }

  get subscriptions(): number {
    return this.live.size;
  }

  get openReads(): number {
    return this.open.size;
  }

  leaderPort(): number {
    return this.members.leader.port;
  }

  /** Ends every live subscription: gracefully, or as for a reader that is too slow. */
  drop(how: 'end' | 'too-slow'): void {
    for (const subscription of [...this.live.values()]) {
      if (how === 'end') subscription.end();
      else subscription.dropAsTooSlow();
    }
  }

  /** Dies at once, as a machine does. */
  async stop(): Promise<void> {
    this.isRunning = false;
    this.server?.forceShutdown();
    this.server = undefined;
    this.live.clear();
    this.open.clear();
    if (this.members.all.length === 1) this.log.forgetRecentIds();
  }

  private streams(): UntypedServiceImplementation {
    return {
      read: (call: Reading) => this.read(call),
      append: (call: Parameters<typeof append>[1], done: sendUnaryData<streams.AppendResp>) => {
        this.calls += 1;
        append(this, call, done);
      },
      batchAppend: (call: Parameters<typeof batchAppend>[1]) => {
        this.calls += 1;
        batchAppend(this, call);
      },
      delete: (call: ServerUnaryCall<streams.DeleteReq, never>, done: sendUnaryData<streams.DeleteResp>) =>
        remove(this, call, done),
      tombstone: (call: ServerUnaryCall<streams.TombstoneReq, never>, done: sendUnaryData<streams.TombstoneResp>) =>
        tombstone(this, call, done),
    };
  }

  private read(call: Reading): void {
    this.calls += 1;
    this.open.add(call);
    const over = () => {
      this.open.delete(call);
      this.live.delete(call);
    };
    call.on('cancelled', over).on('close', over).on('error', over).on('finish', over);
    if (this.faults.silent) return;
    const refused = refusalOfRead(this, call.metadata);
    if (refused !== undefined) return void call.emit('error', refused);
    const options = call.request.getOptions();
    if (options === undefined) return void call.end();
    if (!options.hasSubscription()) return readPage(this.log, call, options, this.faults.slowPages);
    const subscription = new LiveSubscription(this, call, options);
    this.live.set(call, subscription);
    subscription.start();
  }

  private features(done: sendUnaryData<features.SupportedMethods>): void {
    if (this.faults.silent || this.faults.features === 'silent') return;
    if (this.faults.features === 'denied') return done(accessDenied());
    const methods = new features.SupportedMethods();
    methods.setEventStoreServerVersion(this.version === '23.10' ? '23.10.8' : '24.10.6');
    methods.setMethodsList([method('read', ['position', 'events']), method('batchappend', ['deadline_duration'])]);
    done(null, methods);
  }

  private gossip(done: sendUnaryData<gossip.ClusterInfo>): void {
    if (this.faults.silent) return;
    const { all, leader } = this.members;
    done(null, clusterOf(all.map((node) => ({ port: node.port, isAlive: node.isRunning, isLeader: node === leader }))));
  }

  private credentials(): ServerCredentials {
    const { tls } = this.options;
    if (tls === undefined) return ServerCredentials.createInsecure();
    return ServerCredentials.createSsl(null, [
      { cert_chain: Buffer.from(tls.certificate), private_key: Buffer.from(tls.key) },
    ]);
  }
}
