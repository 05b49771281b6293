/** Why an exchange is worth a look. */
export type Oddity = 'faults' | 'quirks';

/** One exchange, without its texts. */
export interface CapturedRow {
  readonly id: number;
  /** Time of receipt. */
  readonly at: string;
  readonly milliseconds: number;
  readonly requestId: string;
  readonly identity?: string;
  readonly operation?: string;
  readonly remoteAddress?: string;
  readonly status: number;
  readonly fault?: string;
  readonly quirks: readonly string[];
  /** idTags are pseudonyms. */
  readonly masked: boolean;
}

/** A text that is kept, or what can be said of it where it is not. */
export type KeptText =
  | { readonly text: string }
  | { readonly base64: string }
  | {
      readonly withheld: {
        readonly bytes: number;
        /** Keyed hash: equal for equal texts of one file. */
        readonly digest: string;
        readonly reason: string;
      };
    };

export interface CapturedExchange extends CapturedRow {
  /** Of the request: those that say how it is to be read, and by whom it was sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly request: KeptText;
  readonly response: KeptText;
}

export interface CaptureFilter {
  readonly identity?: string;
  readonly operation?: string;
  readonly from?: string;
  readonly to?: string;
  readonly only?: Oddity;
}

/** How long and how much is kept, and how. */
export interface CaptureSettings {
  readonly mode: 'off' | 'odd' | 'all';
  readonly milliseconds: number;
  readonly bytes: number;
  readonly idTags: 'masked' | 'clear';
}
