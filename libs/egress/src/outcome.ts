/** An operation that was not sent: the charge box knows nothing of it. */
export interface NotSent {
  readonly kind: 'not-sent';
  readonly reason:
    'connection-refused' | 'connection-failed' | 'connection-timeout' | 'name-unresolved' | 'address-refused';
  readonly detail: string;
}

/** An operation that was sent, or may have been; what the charge box did with it is unknown. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly detail: string;
}

/** An operation whose answer is not the one that was asked for. */
export interface Failed {
  readonly kind: 'failed';
  readonly reason:
    | 'fault'
    | 'http-status'
    | 'redirected'
    | 'not-soap'
    | 'not-xml'
    | 'wrong-response'
    | 'invalid'
    | 'empty'
    | 'too-large';
  readonly detail: string;
  /** Name of the OCPP fault. */
  readonly fault?: string;
  /** HTTP status. */
  readonly status?: number;
}

export interface Answered {
  readonly kind: 'answered';
  readonly response: object;
}

/** What became of an operation; the same shape as the outcome of a call in the domain. */
export type SentOutcome = Answered | Failed | NotSent | NoAnswer;

/** An answer as the reader of SOAP sees it. */
export type AnswerRead =
  | {
      readonly kind: 'response';
      readonly response: object;
      readonly relatesTo?: string;
      readonly quirks: readonly unknown[];
    }
  | { readonly kind: 'fault'; readonly fault?: string; readonly code?: string; readonly detail: string }
  | {
      readonly kind: 'unreadable';
      readonly reason: 'not-xml' | 'not-soap' | 'wrong-response' | 'invalid' | 'empty';
      readonly detail: string;
    };

/** Reads the answer of a charge box to one operation. Total: it never throws. */
export type ReadAnswer = (
  source: string | Buffer,
  of: { readonly operation: string; readonly contentType?: string },
) => AnswerRead;
