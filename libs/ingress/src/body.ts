import type { IncomingMessage } from 'node:http';
import { Semaphore } from '@app/kernel';
import { codingOf, unpacked } from '@app/soap';
import type { BodyShare } from './body-room';
import type { IngressSettings } from './settings';

/** Why a body was not read: the HTTP status, and a sentence for whoever looks at the box. */
export interface BodyRefused {
  readonly status: 400 | 413 | 415 | 503;
  readonly reason: 'too-large' | 'encoding-unknown' | 'encoding-broken' | 'aborted' | 'no-room';
  readonly detail: string;
}

// More at once would take turns on the few threads for it: all would end late, each with a large body in its hands.
const unpackedAtOnce = 4;
const unpacking = new Semaphore(unpackedAtOnce);

/** The body of a request, decompressed, never larger than allowed before or after decompression, nor than there is room for. */
export function readBody(
  request: IncomingMessage,
  settings: IngressSettings,
  share: BodyShare,
): Promise<Buffer | BodyRefused> {
  const raw = collect(request, settings.maximumBody, share);
  const coding = codingOf(request.headers['content-encoding']);
  // What is not compressed does not have to wait for anything.
  return coding === '' ? raw : unpackedBody(request, { raw, coding }, settings, share);
}

interface PackedBody {
  readonly raw: Promise<Buffer | BodyRefused>;
  readonly coding: string;
}

async function unpackedBody(
  request: IncomingMessage,
  packed: PackedBody,
  settings: IngressSettings,
  share: BodyShare,
): Promise<Buffer | BodyRefused> {
  const { coding } = packed;
  const raw = await packed.raw;
  if (!Buffer.isBuffer(raw)) return raw;
  const leave = await unpacking.enter();
  try {
    if (request.socket.destroyed) return aborted;
    const body = await decompress(raw, coding, settings.maximumDecompressedBody);
    return Buffer.isBuffer(body) && !share.take(body.length) ? noRoom : body;
  } finally {
    leave();
  }
}

const aborted: BodyRefused = {
  status: 400,
  reason: 'aborted',
  detail: 'The connection ended before the whole body had arrived.',
};
const noRoom: BodyRefused = { status: 503, reason: 'no-room', detail: 'Too many large bodies are arriving.' };

function collect(request: IncomingMessage, limit: number, share: BodyShare): Promise<Buffer | BodyRefused> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(tooLarge(limit));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      const hasRoom = size > limit || share.take(chunk.length);
      if (size <= limit && hasRoom) return void chunks.push(chunk);
      request.pause();
      chunks.length = 0;
      resolve(hasRoom ? tooLarge(limit) : noRoom);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
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
