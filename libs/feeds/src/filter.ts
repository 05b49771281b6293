import type { Item } from './item';

/** Which part of a feed is wanted. Only fields that never change, so that no row leaves what it belonged to. */
export interface FeedFilter {
  readonly identity?: string | undefined;
  readonly connectorId?: number | undefined;
  readonly transactionId?: number | undefined;
  /** Key of one row. */
  readonly id?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly type?: readonly string[] | undefined;
}

/** A filter as one text, whatever the order of its parts. */
export function filterText(filter: FeedFilter): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.sort(([one], [other]) => (one < other ? -1 : 1)));
}

export function matches(item: Item, filter: FeedFilter): boolean {
  if (filter.id !== undefined && filter.id !== item.key) return false;
  // What is gone has no fields left; who never saw it will not mind.
  if (item.kind === 'removed') return true;
  return hasFields(item, filter);
}

function hasFields(item: Item, { identity, connectorId, transactionId, command, type }: FeedFilter): boolean {
  const is = <Value>(wanted: Value | undefined, field: (facts: Item['facts']) => Value | undefined) =>
    wanted === undefined || wanted === field(item.facts);
  const isIn = (wanted: readonly string[] | undefined, field: (facts: Item['facts']) => string | undefined) =>
    wanted === undefined || wanted.includes(field(item.facts) ?? '');
  return (
    is(identity, (facts) => facts.identity) &&
    is(connectorId, (facts) => facts.connectorId) &&
    is(transactionId, (facts) => facts.transactionId) &&
    isIn(command, (facts) => facts.operation) &&
    isIn(type, (facts) => facts.type)
  );
}
