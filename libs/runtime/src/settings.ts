import type { PeerAddress, Policy, VendorRegistry } from '@app/charge-box';

/** How the runtime behaves; made from the configuration of the service. */
export interface RuntimeSettings {
  readonly policy: Policy;
  readonly idTagPolicy: 'known' | 'open';
  readonly vendors: VendorRegistry;
  /** Most charge boxes kept in memory; the least recently used goes first. */
  readonly cachedChargeBoxes: number;
  /** Most unregistered identities whose boots are recorded. */
  readonly maximumCandidates: number;
  /** Heartbeats kept for each charge box. */
  readonly keptHeartbeats: number;
  /** Seconds for an answer, in both directions. */
  readonly responseDeadline: number;
  readonly outbound: OutboundSettings;
}

/** How operations go out to charge boxes. */
export interface OutboundSettings {
  /** Port and path of boxes that say no address; without it they are not called. */
  readonly peer?: PeerAddress;
  /** Boxes called at a time. */
  readonly concurrent: number;
}

/** Events after which a snapshot is due, and estimated bytes of them. */
export const snapshotEvery = { events: 200, bytes: 256 * 1024 } as const;

/** Transaction ids reserved at a time; a restart skips at most so many. */
export const transactionIdBlock = 1_000;
