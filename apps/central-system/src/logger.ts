import pino from 'pino';
import type { Logger } from 'pino';

/** JSON lines on standard output. Errors are cut down to what helps, and fields keep hostile text inside JSON strings. */
export function createLogger(level: string): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' });
}
