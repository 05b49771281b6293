import { EventStoreDbDouble } from './double';
import type { DoubleOptions } from './double';
import { DoubleLog } from './log';

/** Doubles that share one log and name each other in their gossip: one leads, the others send writes to it. */
export class DoubleCluster {
  readonly log: DoubleLog;
  readonly nodes: readonly EventStoreDbDouble[];

  constructor(size = 3, options: Omit<DoubleOptions, 'port' | 'log'> = {}) {
    this.log = new DoubleLog(options.now);
    this.nodes = Array.from({ length: size }, () => new EventStoreDbDouble({ ...options, log: this.log }));
    const [first] = this.nodes;
    if (first !== undefined) this.elect(first);
  }

  async start(): Promise<this> {
    for (const node of this.nodes) await node.start();
    return this;
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
  }

  elect(leader: EventStoreDbDouble): void {
    for (const node of this.nodes) node.members = { all: this.nodes, leader };
  }

  /** Waits with writes, as between two leaders, then follows another. */
  async electAfter(milliseconds: number, leader: EventStoreDbDouble): Promise<void> {
    for (const { faults } of this.nodes) faults.election = 'no-leader';
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.elect(leader);
    for (const { faults } of this.nodes) delete faults.election;
  }

  get connectionString(): string {
    return `esdb://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}?tls=false`;
  }
}
