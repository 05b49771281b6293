import type { Exchange } from '@app/kernel';
import type { CaptureSettings } from './captured';

/** What the two sides of the thread that keeps captures say to each other. */

export interface CaptureStart {
  readonly file: string;
  readonly settings: CaptureSettings;
}

/** An exchange on its way into the file. The body is handed over, not copied again. */
export interface TakenExchange extends Omit<Exchange, 'body' | 'headers'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Everything of a box, or every message in clear that has an idTag in it. */
export type Forgettable = { readonly identity: string } | { readonly idTag: string };

export type CaptureRequest =
  | { readonly kind: 'take'; readonly exchanges: readonly TakenExchange[] }
  | { readonly kind: 'forget'; readonly ticket: number; readonly what: Forgettable }
  | { readonly kind: 'close' };

export type CaptureReply =
  | { readonly kind: 'kept'; readonly count: number }
  | { readonly kind: 'failed'; readonly count: number; readonly reason: string }
  | { readonly kind: 'forgotten'; readonly ticket: number; readonly count: number }
  | { readonly kind: 'not-forgotten'; readonly ticket: number; readonly reason: string };
