import type { Exchange } from '@app/kernel';

/** They say how a message is to be read, and what sent it. No others: they may hold what opens doors. */
const worthKeeping = ['content-type', 'content-encoding', 'soapaction', 'user-agent', 'accept-encoding'] as const;
const longest = 200;

export function headersWorthKeeping(headers: Exchange['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    worthKeeping.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, String(value).slice(0, longest)]];
    }),
  );
}
