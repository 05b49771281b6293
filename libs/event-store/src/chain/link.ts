import type { EventToAppend } from '@app/kernel';
import { createHash, createHmac, hash } from 'node:crypto';

// A link says of an event what it is and what came before it in its stream, so that only who has the key can make one:
// `<mode>.<key>.<mac>`. Mode `c` is chained to the event before; mode `s` stands alone, for streams whose end nobody knew when it was appended.

export type Mode = 'c' | 's';

/** Makes links. */
export interface ChainKey {
  /** Tells keys apart, and gives nothing of them away. */
  readonly name: string;
  readonly secret: string;
  /** The key as HMAC wants it before the text, and before the hash of that. */
  readonly inner: string;
  readonly outer: Buffer;
}

/** What a link vouches for. Neither position nor time of recording: the store gives them, and another store others. */
export interface Linked {
  readonly mode: Mode;
  readonly stream: string;
  /** For mode `c` alone. */
  readonly revision: number;
  /** Link of the event before; empty when there is none, or none with a link. */
  readonly former: string;
  readonly event: EventToAppend;
}

const macLength = 22;

/** A key of any text; its length is the caller's care. */
export function chainKey(text: string): ChainKey {
  const secret = createHash('sha256').update(`ocpp-central-system chain ${text}`).digest('base64url');
  const name = createHmac('sha256', secret).update('name').digest('base64url').slice(0, 6);
  return { name, secret, inner: padded(secret, 0x36), outer: Buffer.from(padded(secret, 0x5c).padEnd(blockSize + 32)) };
}

const blockSize = 64;

/** The key as HMAC pads it. It is ASCII, and so is this. */
function padded(secret: string, pad: number): string {
  return String.fromCharCode(
    ...Array.from(Buffer.alloc(blockSize).fill(secret, 0, secret.length), (byte) => byte ^ pad),
  );
}

/** HMAC-SHA-256 out of two hashes in one go each: half the time of `createHmac`, which a spec compares. */
function mac({ inner, outer }: ChainKey, text: string): string {
  hash('sha256', inner + text, 'buffer').copy(outer, blockSize);
  return hash('sha256', outer, 'base64url').slice(0, macLength);
}

/** Throws for an event that JSON cannot carry. */
export function linkOf(key: ChainKey, { mode, stream, revision, former, event }: Linked): string {
  // A copy costs as much as a hash.
  const metadata = event.metadata.chain === undefined ? event.metadata : unlinked(event.metadata);
  const place = mode === 'c' ? [former, stream, revision] : [stream];
  const text = JSON.stringify([mode, ...place, event.id, event.type, event.data, metadata]);
  return `${mode}.${key.name}.${mac(key, text)}`;
}

function unlinked({ chain: _own, ...metadata }: EventToAppend['metadata']): EventToAppend['metadata'] {
  return metadata;
}

/** The parts of a link, `undefined` when it is none. */
export function partsOf(link: unknown): { readonly mode: Mode; readonly key: string } | undefined {
  const [, mode, key] = /^([cs])\.([\w-]{6})\.[\w-]{22}$/.exec(typeof link === 'string' ? link : '') ?? [];
  return mode === undefined || key === undefined ? undefined : { mode: mode as Mode, key };
}
