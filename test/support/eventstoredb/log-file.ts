import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { DoubleLog, LoggedEvent } from './log';

type Line = Pick<LoggedEvent, 'id' | 'stream' | 'type' | 'contentType' | 'created'> & {
  readonly data: string;
  readonly metadata: string;
};

/** Keeps a log in a file, a line an event, so that a double can be ended and begun again with what it knew. */
export function keepIn(file: string, log: DoubleLog): void {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  for (const line of lines) {
    const { data, metadata, ...event } = JSON.parse(line) as Line;
    log.restore({ ...event, data: Buffer.from(data, 'base64'), metadata: Buffer.from(metadata, 'base64') });
  }
  log.forgetRecentIds();
  let kept = log.all.length;
  log.onAppend(() => {
    const fresh = log.all.slice(kept);
    kept = log.all.length;
    if (fresh.length > 0) appendFileSync(file, fresh.map(lineOf).join(''));
  });
}

function lineOf({ id, stream, type, contentType, created, data, metadata }: LoggedEvent): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const line: Line = { id, stream, type, contentType, created, data: base64(data), metadata: base64(metadata) };
  return `${JSON.stringify(line)}\n`;
}
