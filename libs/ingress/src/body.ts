import type { IncomingMessage } from 'node:http';
import { codingOf, unpacked } from '@app/soap';
import type { IngressSettings } from './settings';

/** Why a body was not read: the HTTP status, and a sentence for whoever looks at the box. */
export interface BodyRefused {
  readonly status: 400 | 413 | 415;
  readonly reason: 'too-large' | 'encoding-unknown' | 'encoding-broken' | 'aborted';
  readonly detail: string;
}

/** The body of a request, decompressed, never larger than allowed before or after decompression. */
export async function readBody(request: IncomingMessage, settings: IngressSettings): Promise<Buffer | BodyRefused> {
  const raw = await collect(request, settings.maximumBody);
  if (!Buffer.isBuffer(raw)) return raw;
  // What is not compressed does not have to wait for anything.
  const coding = codingOf(request.headers['content-encoding']);
  return coding === '' ? raw : decompress(raw, coding, settings.maximumDecompressedBody);
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

async function decompress(raw: Buffer, coding: string, limit: number): Promise<Buffer | BodyRefused> {
  const body = await unpacked(raw, coding, limit);
  if (Buffer.isBuffer(body)) return body;
  if (body === 'too-large') return tooLarge(limit);
  if (body === 'broken') return { status: 400, reason: 'encoding-broken', detail: `The body is not valid ${coding}.` };
  const detail = 'The Content-Encoding is not known; send gzip, deflate or none.';
  return { status: 415, reason: 'encoding-unknown', detail };
}

function tooLarge(limit: number): BodyRefused {
  return { status: 413, reason: 'too-large', detail: `The body is larger than ${limit} bytes.` };
}
