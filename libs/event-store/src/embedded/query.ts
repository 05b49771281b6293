import type { Direction, EventFilter, Position } from '@app/kernel';
import { checkedLimit, checkedRevision } from '../limits';
import { positionNumber } from '../position';
import type { LogQuery, StreamQuery } from '../sqlite/messages';

export interface StreamRead {
  readonly from?: number;
  readonly direction?: Direction;
  readonly limit: number;
}

export interface LogRead {
  readonly from?: Position;
  readonly direction?: Direction;
  readonly limit: number;
  readonly filter?: EventFilter;
}

export function streamQuery(stream: string, { from, direction, limit }: StreamRead, now: number): StreamQuery {
  return { stream, from: checkedRevision(from), backward: direction === 'backward', limit: checkedLimit(limit), now };
}

export function logQuery({ from, direction, limit, filter }: LogRead, now: number): LogQuery {
  return {
    from: from === undefined ? undefined : positionNumber(from),
    backward: direction === 'backward',
    limit: checkedLimit(limit),
    types: filter?.types,
    prefixes: filter?.streamPrefixes,
    now,
  };
}
