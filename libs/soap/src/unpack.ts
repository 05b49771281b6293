import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

/** Why a body could not be decompressed. */
export type NotUnpacked = 'unknown-coding' | 'broken' | 'too-large';

type Limit = { readonly maxOutputLength: number; readonly chunkSize: number };
const unzip = promisify(gunzip) as (bytes: Buffer, limit: Limit) => Promise<Buffer>;
const unframe = promisify(inflate) as typeof unzip;
const unframeRaw = promisify(inflateRaw) as typeof unzip;

const codings: Readonly<Record<string, typeof unzip | undefined>> = {
  '': async (bytes) => bytes,
  identity: async (bytes) => bytes,
  gzip: unzip,
  'x-gzip': unzip,
  deflate: inflateEither,
};

/** The name of a `Content-Encoding` as it is compared. */
export const codingOf = (header: string | undefined): string => (header ?? '').trim().toLowerCase();

/** A body as it was before its sender compressed it; never more than so many bytes. */
export async function unpacked(bytes: Buffer, coding: string, maxOutputLength: number): Promise<Buffer | NotUnpacked> {
  const unpack = Object.hasOwn(codings, coding) ? codings[coding] : undefined;
  if (unpack === undefined) return 'unknown-coding';
  try {
    return await unpack(bytes, { maxOutputLength, chunkSize: chunkSizeFor(bytes) });
  } catch (error) {
    return isTooLong(error) ? 'too-large' : 'broken';
  }
}

// Each chunk is a turn of the few threads for it; one that is much too large is memory held for nothing.
function chunkSizeFor({ length }: Buffer): number {
  return Math.min(256 * 1024, Math.max(16 * 1024, 16 * length));
}

// OCPP 1.5, 8.6: `deflate` means the zlib format; some senders leave out its frame.
async function inflateEither(bytes: Buffer, limit: Limit): Promise<Buffer> {
  try {
    return await unframe(bytes, limit);
  } catch (error) {
    if (isTooLong(error)) throw error;
    return unframeRaw(bytes, limit);
  }
}

const isTooLong = (error: unknown): boolean =>
  error instanceof RangeError || (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
