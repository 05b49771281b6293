import type { ReplaceTexts } from '@app/soap';
import { createTextReplacer } from '@app/soap';
import type { CapturedExchange } from '../captured';

/** A request as it is sent again. */
export interface ReplayedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const replaceTexts: ReplaceTexts = createTextReplacer();
const utf8 = /charset\s*=\s*"?utf-?8"?/i;

/** The request of an exchange; `undefined` where its text was not kept. Transactions have other ids where it goes: `ids` says which. */
export function requestOf(
  { headers, request, masked }: CapturedExchange,
  ids: ReadonlyMap<string, string>,
): ReplayedRequest | undefined {
  const { 'content-encoding': _coding, 'accept-encoding': _accepted, ...sent } = headers;
  if ('withheld' in request) return undefined;
  if ('base64' in request) return { headers: sent, body: Buffer.from(request.base64, 'base64') };
  // A text in clear is what was sent, byte by byte; another one was decoded, and is UTF-8 from now on.
  const type = sent['content-type'] ?? '';
  const isDecoded = masked && !utf8.test(type);
  const retyped = isDecoded ? { ...sent, 'content-type': withUtf8(type) } : sent;
  return { headers: retyped, body: Buffer.from(withIds(request.text, ids)) };
}

function withUtf8(type: string): string {
  const bare = type.replace(/;\s*charset\s*=\s*("[^"]*"|[^;]*)/i, '').trim();
  return `${bare === '' ? 'application/soap+xml' : bare}; charset=utf-8`;
}

function withIds(text: string, ids: ReadonlyMap<string, string>): string {
  if (ids.size === 0) return text;
  const replaced = replaceTexts(text, undefined, {
    isMeant: (local) => local.toLowerCase() === 'transactionid',
    replace: (id) => ids.get(id) ?? id,
  });
  return 'text' in replaced ? replaced.text : text;
}
