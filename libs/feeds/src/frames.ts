import type { Item } from './item';

export type FeedFormat = 'sse' | 'ndjson';

/** What is said besides the items of a feed. */
export type Notice =
  | { readonly event: 'reset'; readonly data: { readonly reason: string } }
  | { readonly event: 'caught-up'; readonly data: { readonly position: string } };

interface Framing {
  item(item: Item, id: string): string;
  notice(notice: Notice, id: string | undefined): string;
  /** A sign of life. It moves the resume position of its reader where nothing of the log concerned it. */
  beat(at: string, id: string | undefined): string;
}

const idLine = (id: string | undefined): string => (id === undefined ? '' : `id: ${id}\n`);

/** How a feed is written: Server-Sent Events (HTML Living Standard, 9.2), or a line of JSON for each message. */
export const framings: Readonly<Record<FeedFormat, Framing>> = {
  sse: {
    item: ({ kind, data }, id) => `id: ${id}\nevent: ${kind}\ndata: ${data}\n\n`,
    notice: ({ event, data }, id) => `${idLine(id)}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    // An event without data is none: its id counts all the same.
    beat: (at, id) => `: ${at}\n${idLine(id)}\n`,
  },
  ndjson: {
    item: ({ kind, data }, id) => `{"event":"${kind}","id":"${id}","data":${data}}\n`,
    notice: ({ event, data }, id) => `${JSON.stringify({ event, id, data })}\n`,
    beat: (at, id) => `${JSON.stringify({ heartbeat: at, id })}\n`,
  },
};
