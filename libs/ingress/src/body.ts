import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { IngressSettings } from './settings';

/** Why a body was not read: the HTTP status, and a sentence for whoever looks at the box. */
export interface BodyRefused {
  readonly status: 400 | 413 | 415;
  readonly reason: 'too-large' | 'encoding-unknown' | 'encoding-broken' | 'aborted';
  readonly detail: string;
}

const unpack = { gunzip: promisify(gunzip), inflate: promisify(inflate), inflateRaw: promisify(inflateRaw) };

/** The body of a request, decompressed, never larger than allowed before or after decompression. */
export async function readBody(request: IncomingMessage, settings: IngressSettings): Promise<Buffer | BodyRefused> {
  const raw = await collect(request, settings.maximumBody);
  if (!Buffer.isBuffer(raw)) return raw;
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return raw;
  return decompress(raw, encoding, settings.maximumDecompressedBody);
}

function collect(request: IncomingMessage, limit: number): Promise<Buffer | BodyRefused> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(tooLarge(limit));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) return void chunks.push(chunk);
      request.pause();
      resolve(tooLarge(limit));
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const aborted: BodyRefused = {
      status: 400,
      reason: 'aborted',
      detail: 'The connection ended before the whole body had arrived.',
    };
    request.on('error', () => resolve(aborted));
    request.on('close', () => resolve(aborted));
  });
}

async function decompress(raw: Buffer, encoding: string, maxOutputLength: number): Promise<Buffer | BodyRefused> {
  try {
    if (encoding === 'gzip' || encoding === 'x-gzip') return await unpack.gunzip(raw, { maxOutputLength });
    if (encoding === 'deflate') return await inflateEither(raw, maxOutputLength);
  } catch (error) {
    if (isTooLong(error)) return tooLarge(maxOutputLength);
    const detail = `The body is not valid ${encoding}.`;
    return { status: 400, reason: 'encoding-broken', detail };
  }
  const detail = 'The Content-Encoding is not known; send gzip, deflate or none.';
  return { status: 415, reason: 'encoding-unknown', detail };
}

// OCPP 1.5, 8.6: `deflate` means the zlib format; some senders leave out its frame.
async function inflateEither(raw: Buffer, maxOutputLength: number): Promise<Buffer> {
  try {
    return await unpack.inflate(raw, { maxOutputLength });
  } catch (error) {
    if (isTooLong(error)) throw error;
    return unpack.inflateRaw(raw, { maxOutputLength });
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof RangeError || (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
}

function tooLarge(limit: number): BodyRefused {
  return { status: 413, reason: 'too-large', detail: `The body is larger than ${limit} bytes.` };
}
