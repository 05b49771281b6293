import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import type gossip from '@eventstore/db-client/generated/gossip_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import features from '@eventstore/db-client/generated/serverfeatures_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import streams from '@eventstore/db-client/generated/streams_pb';
import type { LoggedEvent, ProposedEvent } from './log';
import { DoubleLog } from './log';
import { answerOf, clusterOf, deleted, eventOf, expectedOf, method, nameOf, readEvent } from './messages';

// A double of an EventStoreDB server: speaks its protocol over real gRPC, on the stubs that the client package brings, with the semantics
// that appends and reads have there, and faults on request. It is no database: nothing is kept, nothing is replicated, nobody is authorised.

/** What goes wrong, until it is taken back. Each is a behaviour that servers have shown. */
export interface Faults {
  /** Calls are taken and never answered. */
  silent?: boolean;
  /** Appends land, and their answer is lost. */
  loseAnswers?: number;
  /** So many calls are refused with this gRPC status. */
  refuse?: { code: status; message?: string; times: number };
  /** So many appends are refused by a follower. */
  notLeader?: number;
  /** Live subscriptions stay open and say nothing more. */
  stalled?: boolean;
}

export interface DoubleOptions {
  readonly now?: () => number;
  readonly port?: number;
  /** A log that outlives the double, as a disk outlives a server. */
  readonly log?: DoubleLog;
}

export class EventStoreDbDouble {
  readonly faults: Faults = {};
  readonly log: DoubleLog;
  private readonly live = new Set<ServerWritableStream<streams.ReadReq, streams.ReadResp>>();
  private readonly server = new Server({ 'grpc.max_receive_message_length': 32 * 1_048_576 });
  port = 0;
  calls = 0;

  constructor(private readonly options: DoubleOptions = {}) {
    this.log = options.log ?? new DoubleLog(options.now ?? Date.now);
  }

  async start(): Promise<this> {
    this.server.addService(StreamsService, {
      read: (call: Reading) => this.guarded(call, () => this.read(call)),
      append: (call: Appending, done: sendUnaryData<streams.AppendResp>) => this.append(call, done),
      batchAppend: (call: Batching) => this.batchAppend(call),
      delete: (
        call: ServerUnaryCall<streams.DeleteReq, streams.DeleteResp>,
        done: sendUnaryData<streams.DeleteResp>,
      ) => {
        this.log.delete(nameOf(call.request.getOptions()?.getStreamIdentifier()), 'soft');
        done(null, new streams.DeleteResp());
      },
      tombstone: (
        call: ServerUnaryCall<streams.TombstoneReq, streams.TombstoneResp>,
        done: sendUnaryData<streams.TombstoneResp>,
      ) => {
        this.log.delete(nameOf(call.request.getOptions()?.getStreamIdentifier()), 'tombstone');
        done(null, new streams.TombstoneResp());
      },
    });
    this.server.addService(ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, done: sendUnaryData<features.SupportedMethods>) => {
        if (this.faults.silent) return;
        const methods = new features.SupportedMethods();
        methods.setEventStoreServerVersion('23.10.8');
        methods.setMethodsList([method('read', ['position', 'events']), method('batchappend', ['deadline_duration'])]);
        done(null, methods);
      },
    });
    this.server.addService(GossipService, {
      read: (_call: unknown, done: sendUnaryData<gossip.ClusterInfo>) => done(null, clusterOf(this.port)),
    });
    this.port = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync(`127.0.0.1:${this.options.port ?? 0}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    return this;
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Live subscriptions. */
  get subscriptions(): number {
    return this.live.size;
  }

  /** Ends every live subscription: gracefully, or as for a reader that is too slow. */
  drop(how: 'end' | 'too-slow'): void {
    for (const call of [...this.live]) {
      if (how === 'end') call.end();
      else
        call.destroy(
          Object.assign(new Error('Consumer too slow to handle event while live. Client resubscription required.'), {
            code: status.ABORTED,
          }),
        );
    }
  }

  /** Dies at once, as a machine does. */
  async stop(): Promise<void> {
    this.server.forceShutdown();
    this.live.clear();
  }

  private guarded(call: Reading, work: () => void): void {
    this.calls += 1;
    if (this.faults.silent) return;
    const refused = this.refusal();
    if (refused === undefined) return work();
    call.destroy(refused as never);
  }

  private refusal(): { readonly code: status; readonly message: string; readonly metadata: Metadata } | undefined {
    const { refuse } = this.faults;
    if (refuse === undefined || refuse.times <= 0) return undefined;
    refuse.times -= 1;
    return Object.assign(new Error(refuse.message ?? 'refused'), { code: refuse.code, metadata: new Metadata() });
  }

  private append(call: Appending, done: sendUnaryData<streams.AppendResp>): void {
    this.calls += 1;
    let options: streams.AppendReq.Options | undefined;
    const events: ProposedEvent[] = [];
    call.on('data', (message: streams.AppendReq) => {
      options = message.getOptions() ?? options;
      const proposed = message.getProposedMessage();
      if (proposed) events.push(eventOf(proposed));
    });
    call.on('end', () => {
      if (this.faults.silent || options === undefined) return;
      const refused = this.refusal() ?? this.notLeader();
      if (refused !== undefined) return done(refused);
      const result = this.log.append(nameOf(options.getStreamIdentifier()), expectedOf(options), events);
      if (result.kind === 'appended' && (this.faults.loseAnswers ?? 0) > 0) {
        this.faults.loseAnswers = (this.faults.loseAnswers ?? 0) - 1;
        return done({ code: status.UNAVAILABLE, message: 'The connection broke.', metadata: new Metadata() });
      }
      if (result.kind === 'deleted') return done(deleted(nameOf(options.getStreamIdentifier())));
      done(null, answerOf(result, expectedOf(options)));
    });
  }

  private notLeader(): object | undefined {
    if ((this.faults.notLeader ?? 0) <= 0) return undefined;
    this.faults.notLeader = (this.faults.notLeader ?? 0) - 1;
    const metadata = new Metadata();
    metadata.set('exception', 'not-leader');
    metadata.set('leader-endpoint-host', '127.0.0.1');
    metadata.set('leader-endpoint-port', String(this.port));
    return { code: status.NOT_FOUND, message: 'Leader info available', metadata };
  }

  /** As servers do that end the shared stream with no error, after which the client never answers an append again. */
  private batchAppend(call: Batching): void {
    this.calls += 1;
    call.on('data', () => call.end());
  }

  private read(call: Reading): void {
    const options = call.request.getOptions();
    if (options === undefined) return void call.end();
    if (options.hasStream()) return this.readStream(call, options);
    if (options.hasSubscription()) return this.subscribe(call, options);
    const position = options.getAll()?.getPosition();
    const from = position ? Number(position.getCommitPosition()) : options.getAll()?.hasEnd() ? Infinity : -1;
    const count = Number(options.getCount());
    const { all } = this.log;
    const found = isBackwards(options)
      ? all
          .filter((event) => event.position <= from)
          .slice(-count)
          .reverse()
      : all.filter((event) => event.position >= from).slice(0, count);
    for (const event of found) call.write(readEvent(event));
    call.end();
  }

  private readStream(call: Reading, options: streams.ReadReq.Options): void {
    const stream = options.getStream();
    const name = nameOf(stream?.getStreamIdentifier());
    const events = this.log.stream(name);
    if (events === 'deleted') return void call.destroy(deleted(name) as never);
    if (events === undefined) {
      const answer = new streams.ReadResp();
      const missing = new streams.ReadResp.StreamNotFound();
      missing.setStreamIdentifier(stream?.getStreamIdentifier());
      answer.setStreamNotFound(missing);
      call.write(answer);
      return void call.end();
    }
    for (const event of pageOf(events, options)) call.write(readEvent(event));
    call.end();
  }

  private subscribe(call: Reading, options: streams.ReadReq.Options): void {
    const all = options.getAll();
    const expression = options.getFilter()?.getEventType()?.getRegex();
    const wanted = (event: LoggedEvent) =>
      expression === undefined || expression === '' || new RegExp(expression).test(event.type);
    const start = all?.getPosition();
    let sent = start ? Number(start.getCommitPosition()) : all?.hasEnd() ? (this.log.all.at(-1)?.position ?? 0) : 0;
    const confirmation = new streams.ReadResp();
    const confirmed = new streams.ReadResp.SubscriptionConfirmation();
    confirmed.setSubscriptionId('double');
    confirmation.setConfirmation(confirmed);
    call.write(confirmation);
    const flush = () => {
      if (this.faults.stalled) return;
      for (const event of this.log.all) {
        if (event.position <= sent) continue;
        sent = event.position;
        if (wanted(event)) call.write(readEvent(event));
      }
    };
    const leave = this.log.onAppend(flush);
    this.live.add(call);
    const over = () => {
      leave();
      this.live.delete(call);
    };
    call.on('cancelled', over).on('close', over).on('error', over).on('finish', over);
    flush();
  }
}

type Reading = ServerWritableStream<streams.ReadReq, streams.ReadResp>;
type Appending = ServerReadableStream<streams.AppendReq, streams.AppendResp>;
type Batching = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

function pageOf(events: readonly LoggedEvent[], options: streams.ReadReq.Options): readonly LoggedEvent[] {
  const count = Number(options.getCount());
  const stream = options.getStream();
  const from = stream?.hasEnd() ? Infinity : stream?.hasStart() ? 0 : Number(stream?.getRevision());
  return isBackwards(options)
    ? events
        .filter(({ revision }) => revision <= from)
        .slice(-count)
        .reverse()
    : events.filter(({ revision }) => revision >= from).slice(0, count);
}

function isBackwards(options: streams.ReadReq.Options): boolean {
  return options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
}
