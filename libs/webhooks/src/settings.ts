/** How webhooks are told. Times in milliseconds. */
export interface WebhookLimits {
  /** Attempts at a delivery before it goes to the dead letters. */
  readonly attempts: number;
  /** For one attempt, from the name of the receiver to the end of its answer. */
  readonly timeout: number;
  /** Pause after the first attempt; it doubles with each. */
  readonly retryAfter: number;
  /** Longest pause, also of those that receivers ask for. */
  readonly longestRetry: number;
  /** Deliveries of one webhook at a time, each of another box. */
  readonly parallel: number;
  /** Boxes of one webhook whose events may wait; with more, the log is read no further. */
  readonly behind: number;
  /** Events of one box that are kept in memory. */
  readonly keptEvents: number;
  /** Characters of all events that are kept in memory, for all webhooks; one alone has half of it. */
  readonly keptCharacters: number;
  /** Dead letters of one webhook that are kept; the oldest go first. */
  readonly deadLetters: number;
  readonly webhooks: number;
  /** Between two notes of how far a webhook is told: so much may be told again after a kill. */
  readonly noteEvery: number;
}

export const webhookDefaults: WebhookLimits = {
  attempts: 15,
  timeout: 10_000,
  retryAfter: 5_000,
  longestRetry: 3_600_000,
  parallel: 8,
  behind: 500,
  keptEvents: 16,
  keptCharacters: 16 * 1_048_576,
  deadLetters: 1_000,
  webhooks: 100,
  noteEvery: 1_000,
};
