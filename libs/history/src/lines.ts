import { createReadStream } from 'node:fs';

const lineFeed = 10;

/**
 * The lines of a file of UTF-8, or of its first `size` bytes. Only a line feed ends one: `node:readline` also splits, from some version on, at
 * characters that JSON carries as they are (U+2028, U+2029).
 */
export async function* linesOf(file: string, size?: number): AsyncGenerator<string> {
  if (size === 0) return;
  const chunks = createReadStream(file, size === undefined ? {} : { end: size - 1 }) as AsyncIterable<Buffer>;
  let pending: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      const part = chunk.subarray(from, end);
      yield (pending.length === 0 ? part : Buffer.concat([...pending, part])).toString('utf8');
      pending = [];
      from = end + 1;
    }
    if (from < chunk.length) pending.push(chunk.subarray(from));
  }
  if (pending.length > 0) yield Buffer.concat(pending).toString('utf8');
}
