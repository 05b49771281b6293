/** A row of a projection from outside. */
export interface OwnRow {
  readonly key: string;
  readonly row: object;
}

/** How a projection from outside is doing. */
export interface OwnProjectionRow {
  /** Name of its file. */
  readonly file: string;
  /** Absent as long as the file could not be read. */
  readonly name?: string;
  readonly version?: number;
  readonly columns?: readonly string[];
  /** `building` until its rows have shown everything once; `stopped` when it does not go on. */
  readonly state: 'loading' | 'building' | 'running' | 'stopped';
  /** Up to where its rows show the log. */
  readonly position: string;
  /** Counted up to 100 000. */
  readonly rows: number;
  /** Seconds since its rows last showed everything; 0 while they do. */
  readonly lag: number;
  /** Events at which it failed. */
  readonly skipped: number;
  readonly fault?: string;
}
