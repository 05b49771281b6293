/** How charge boxes are called. Times in milliseconds, sizes in bytes. */
export interface EgressSettings {
  /** Longest time until a connection is up, TLS included. */
  readonly connectTimeout: number;
  /** How long an idle connection is kept for the next request. */
  readonly keepAliveTimeout: number;
  /** Largest answer, as it comes and decompressed. */
  readonly maximumAnswer: number;
  /** Authorities that sign certificates of charge boxes, as PEM, in place of those that Node.js knows. */
  readonly certificateAuthorities?: string;
}

export const egressDefaults: EgressSettings = {
  connectTimeout: 10_000,
  keepAliveTimeout: 30_000,
  maximumAnswer: 1024 * 1024,
};
