/** One request of a charge box and what it was answered, as both went over the wire. */
export interface Exchange {
  readonly requestId: string;
  /** Time of receipt, ISO 8601 in UTC. */
  readonly at: string;
  readonly milliseconds: number;
  readonly remoteAddress?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** After decompression. */
  readonly body: Buffer;
  readonly chargeBoxIdentity?: string;
  readonly operation?: string;
  readonly fault?: string;
  /** Names of the deviations that the request showed. */
  readonly quirks: readonly string[];
  readonly status: number;
  readonly answer: string;
}

/** Sees exchanges go by. It never holds them up, and never throws. */
export interface Witness {
  /** Whether it takes exchanges that are odd, or those that are not: most are not worth being told of. */
  wants(isOdd: boolean): boolean;
  take(exchange: Exchange): void;
}
