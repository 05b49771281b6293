import type streams from '@eventstore/db-client/generated/streams_pb';
import type { LoggedEvent } from './log';

type Wanted = (event: LoggedEvent) => boolean;

/** What a filter lets through; `undefined` without a filter. */
export function wantedBy(options: streams.ReadReq.Options): Wanted | undefined {
  const filter = options.getFilter();
  if (filter === undefined) return undefined;
  const onType = filter.getEventType();
  const expression = onType ?? filter.getStreamIdentifier();
  if (expression === undefined) return () => true;
  const prefixes = expression.getPrefixList();
  const regex = new RegExp(expression.getRegex());
  const matches = (text: string) =>
    prefixes.length > 0 ? prefixes.some((prefix) => text.startsWith(prefix)) : regex.test(text);
  return onType ? ({ type }) => matches(type) : ({ stream }) => matches(stream);
}

const defaultWindow = 32;

/** Events that are looked at between two checkpoints; never without a filter. */
export function checkpointEvery(options: streams.ReadReq.Options): number {
  const filter = options.getFilter();
  if (filter === undefined) return Infinity;
  const window = filter.hasMax() ? filter.getMax() : defaultWindow;
  return Math.max(1, filter.getCheckpointintervalmultiplier() * window);
}
