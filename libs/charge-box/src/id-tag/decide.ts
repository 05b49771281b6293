import type { IdTagDetails, IdTagEvent } from './events';

/** What is remembered of an idTag: its details while it exists. */
export type IdTagState = IdTagDetails | undefined;

export const initialIdTag: IdTagState = undefined;

export function evolveIdTag(_state: IdTagState, event: IdTagEvent): IdTagState {
  switch (event.type) {
    case 'IdTagSaved': {
      const { at: _at, ...details } = event.data;
      return details;
    }
    case 'IdTagRemoved':
      return undefined;
  }
}

export type IdTagMessage =
  | { readonly kind: 'save'; readonly details: IdTagDetails; readonly expected: 'new' | 'any'; readonly at: string }
  | { readonly kind: 'remove'; readonly idTag: string; readonly at: string };

export type IdTagDecision =
  | { readonly outcome: 'done'; readonly events: readonly IdTagEvent[] }
  | { readonly outcome: 'refused'; readonly reason: string };

/** Saves or removes a tag. The same again changes nothing. */
export function decideIdTag(message: IdTagMessage, state: IdTagState): IdTagDecision {
  if (message.kind === 'remove') {
    if (state === undefined) return { outcome: 'refused', reason: 'There is no such idTag.' };
    return { outcome: 'done', events: [{ type: 'IdTagRemoved', data: { idTag: state.idTag, at: message.at } }] };
  }
  const { details, expected, at } = message;
  if (state !== undefined && expected === 'new') return { outcome: 'refused', reason: 'The idTag exists already.' };
  if (state !== undefined && isSame(state, details)) return { outcome: 'done', events: [] };
  return { outcome: 'done', events: [{ type: 'IdTagSaved', data: { ...details, at } }] };
}

function isSame(one: IdTagDetails, other: IdTagDetails): boolean {
  const names = ['idTag', 'parentIdTag', 'expiryDate', 'blocked', 'concurrentTransactions', 'note'] as const;
  return names.every((name) => one[name] === other[name]);
}
