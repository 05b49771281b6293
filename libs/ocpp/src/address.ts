/** What no box has, whatever it says: everybody's address, no name at all, and the anonymous address of WS-Addressing. */
const nobody: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', 'localhost', 'www.w3.org']);

/** The host of a text, in lower case, if that is an address at all: boxes send URLs without host, names of themselves, and worse. */
export function hostOfAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 2_048) return undefined;
  const form = /^https?:\/\/(\[[0-9a-f:.]+\]|[^:/?#@\s[\]]+)(?::\d{1,5})?(?:[/?#]\S*)?$/i;
  const host = form.exec(text)?.[1]?.toLowerCase();
  return host === undefined || nobody.has(host) ? undefined : host;
}

/** Whether a text is an address at all. What may be called is decided elsewhere. */
export function isAddress(text: string | undefined): text is string {
  return hostOfAddress(text) !== undefined;
}
